import { SealstreamError } from '@sealstream/contracts';
import { KEY_ID_CHARACTERS, type WrapContext, WRAPPED_BYTES } from '@sealstream/crypto';
import { registerName } from './subject-register.ts';

/*
 * What stands in Redis for one subject, in bytes:
 *
 *   version 1, kind 1 (live), key id (12), epoch id (12), created (6, ms since 1970, big endian),
 *   wrapped key (72), key digest (32)
 *   version 1, kind 2 (tombstone), the receipt of the shred
 *   version 1, kind 3 (may live again), the receipt of the re-enrolment
 *
 * One place for all three makes "create if there is neither key nor tombstone" one step.
 */

const VERSION = 1;
const KIND_AT = 1;
const BODY_AT = 2;
const KINDS = { live: 1, tombstone: 2, reEnrolled: 3 } as const;
const CREATED_BYTES = 6;
const EPOCH_AT = BODY_AT + KEY_ID_CHARACTERS;
const CREATED_AT = EPOCH_AT + KEY_ID_CHARACTERS;
const WRAPPED_AT = CREATED_AT + CREATED_BYTES;
const DIGEST_AT = WRAPPED_AT + WRAPPED_BYTES;
const DIGEST_BYTES = 32;
const LIVE_BYTES = DIGEST_AT + DIGEST_BYTES;

/** Bytes of a subject's index. */
export const INDEX_BYTES = 16;

const ALGORITHM = 'xchacha20-poly1305';

/** A subject that has a key. The byte strings are views of what was parsed. */
export interface LiveRecord {
  readonly kind: 'live';
  readonly keyId: string;
  readonly epoch: string;
  /** Milliseconds since 1970. */
  readonly created: number;
  /** The key under its epoch's key. */
  readonly wrapped: Buffer;
  /** Check value of the key itself. */
  readonly digest: Buffer;
}

/** A subject whose key was destroyed, or who may have a new one after that. */
export interface EndedRecord {
  readonly kind: 'tombstone' | 'reEnrolled';
  /** The signed receipt, as it is given out. */
  readonly receipt: Buffer;
}

export type SubjectRecord = LiveRecord | EndedRecord;

/** What a subject's wrapped key is bound to. */
export function subjectContext(
  dataset: string,
  index: string,
  { keyId, epoch, created }: Pick<LiveRecord, 'keyId' | 'epoch' | 'created'>,
): WrapContext {
  return ['subject key', dataset, index, keyId, epoch, ALGORITHM, String(created)];
}

/** `subject/dataset/index`: what a subject's key id stands for in the registry of key ids. */
export function subjectName(dataset: string, index: string): string {
  return `${registerName(dataset)}/${index}`;
}

/** Record of a subject with a key. */
export function liveRecord(record: Omit<LiveRecord, 'kind'>): Buffer {
  const bytes = Buffer.allocUnsafe(LIVE_BYTES);
  bytes[0] = VERSION;
  bytes[KIND_AT] = KINDS.live;
  bytes.write(record.keyId, BODY_AT, 'latin1');
  bytes.write(record.epoch, EPOCH_AT, 'latin1');
  bytes.writeUIntBE(record.created, CREATED_AT, CREATED_BYTES);
  bytes.set(record.wrapped, WRAPPED_AT);
  bytes.set(record.digest, DIGEST_AT);
  return bytes;
}

/** Record of a subject without one. */
export function endedRecord(kind: EndedRecord['kind'], receipt: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from([VERSION, KINDS[kind]]), receipt]);
}

/** Reads a record. Throws KEYSET_UNREADABLE. */
export function parseRecord(bytes: Buffer): SubjectRecord {
  const kind = bytes[KIND_AT];
  if (bytes[0] === VERSION && kind === KINDS.live && bytes.length === LIVE_BYTES)
    return {
      kind: 'live',
      keyId: bytes.toString('latin1', BODY_AT, EPOCH_AT),
      epoch: bytes.toString('latin1', EPOCH_AT, CREATED_AT),
      created: bytes.readUIntBE(CREATED_AT, CREATED_BYTES),
      wrapped: bytes.subarray(WRAPPED_AT, DIGEST_AT),
      digest: bytes.subarray(DIGEST_AT),
    };
  if (bytes[0] === VERSION && (kind === KINDS.tombstone || kind === KINDS.reEnrolled)) {
    const receipt = bytes.subarray(BODY_AT);
    return { kind: kind === KINDS.tombstone ? 'tombstone' : 'reEnrolled', receipt };
  }
  throw new SealstreamError('KEYSET_UNREADABLE', { subjects: 'a record' });
}
