import { REJECT_HEADER, RejectNote, SealstreamError, SOURCE_HEADER } from '@sealstream/contracts';
import { type KeySource, RecordCipher } from '@sealstream/crypto';
import type { SealedRecord } from './accepted.ts';
import { decodeEnvelope, encodeEnvelope, type Envelope } from './envelope.ts';
import { coordinateOf, decodeSourceMark, markBytes, type SourceMark } from './source-mark.ts';

const EMPTY = Buffer.alloc(0);

/** Why a record is rejected, without any value. */
export interface RejectReason {
  readonly stage: RejectNote['stage'];
  readonly code: string;
  readonly byte?: number | undefined;
  readonly path?: string | undefined;
  /** Name of the raw topic that the coordinate belongs to. */
  readonly topic: string;
}

/**
 * Records of rejected.D: the original sealed to the public half of the dataset's key pair, so that
 * whoever rejects need not be able to read what was rejected; the reason stands beside it in clear
 * and is bound to it.
 */
export class RejectedCodec {
  readonly #cipher: RecordCipher;

  constructor(dataset: string) {
    this.#cipher = new RecordCipher('rejected', dataset, 'rejected');
  }

  seal(
    keys: KeySource,
    mark: Buffer,
    key: Buffer | null,
    envelope: Envelope,
    reason: RejectReason,
  ): SealedRecord {
    const { incarnation, partition, offset, attempt } = decodeSourceMark(mark);
    const note: RejectNote = {
      v: 1,
      stage: reason.stage,
      code: reason.code,
      attempt,
      ...(reason.path === undefined ? {} : { path: reason.path }),
      ...(reason.byte === undefined ? {} : { byte: reason.byte }),
      source: {
        topic: reason.topic,
        incarnation: incarnation.toString('hex'),
        partition,
        offset: offset.toString(),
      },
    };
    const noteBytes = Buffer.from(JSON.stringify(note));
    const binding = { source: coordinateOf(mark), key, headers: bound(mark, noteBytes) };
    const value = this.#cipher.sealToPublic(keys, binding, encodeEnvelope(envelope));
    return {
      key,
      value,
      headers: [
        [SOURCE_HEADER, mark],
        [REJECT_HEADER, noteBytes],
      ],
    };
  }

  /** The reason, readable without any key. Throws RECORD_NOT_AUTHENTIC when there is none. */
  note(record: SealedRecord): RejectNote {
    return parseNote(noteBytesOf(record));
  }

  /** Needs the private half. */
  open(
    keys: KeySource,
    record: SealedRecord,
  ): { mark: SourceMark; note: RejectNote; envelope: Envelope } {
    const mark = markBytes(record.headers);
    const noteBytes = noteBytesOf(record);
    const binding = {
      source: coordinateOf(mark),
      key: record.key,
      headers: bound(mark, noteBytes),
    };
    const plain = this.#cipher.openSealed(keys, binding, record.value ?? EMPTY);
    const note = parseNote(noteBytes);
    return { mark: decodeSourceMark(mark), note, envelope: decodeEnvelope(plain) };
  }
}

/** The mark's length tells where the note begins, so the two cannot be shifted into each other. */
function bound(mark: Buffer, note: Buffer): Buffer {
  return Buffer.concat([Buffer.from([mark.length]), mark, note]);
}

function noteBytesOf(record: SealedRecord): Buffer {
  const found = record.headers.find(([name]) => name === REJECT_HEADER)?.[1];
  if (found === undefined || found === null) {
    throw new SealstreamError('RECORD_NOT_AUTHENTIC', { header: REJECT_HEADER });
  }
  return found;
}

function parseNote(bytes: Buffer): RejectNote {
  try {
    return RejectNote.parse(JSON.parse(bytes.toString('utf8')));
  } catch {
    throw new SealstreamError('RECORD_NOT_AUTHENTIC', { header: REJECT_HEADER });
  }
}
