import { type ByteRange, SealstreamError } from '@sealstream/contracts';
import { Scratch } from '@sealstream/crypto';

/** A producer's headers, in their order. */
export type Headers = readonly (readonly [string, Buffer | null])[];

/** A record as its producer made it; sealed whole it is what accepted and rejected topics hold. */
export interface Envelope {
  readonly key: Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  /** In the producer's order, repeats kept; names that are ours are not among them. */
  readonly headers: Headers;
  /** Milliseconds since 1970. */
  readonly timestamp: bigint;
  /** The index of the subject, 16 bytes; null when the dataset has none. */
  readonly subject: Buffer | null;
}

/** The same as ranges of the bytes that were opened. */
export interface EnvelopeParts {
  readonly key: ByteRange;
  readonly value: ByteRange;
  /** Where the headers begin; `count` of them. */
  readonly headers: ByteRange & { count: number };
  readonly subject: ByteRange;
  timestampMs: number;
}

const VERSION = 1;
const HAS_KEY = 1;
const HAS_VALUE = 2;
const HAS_SUBJECT = 4;
const SUBJECT_BYTES = 16;
const FIXED_BYTES = 14;
const TWO_32 = 2 ** 32;

/** Holds the plaintext of one envelope at a time: writing is synchronous. */
const scratch = new Scratch();

/**
 * The envelope's bytes: version, flags, timestamp int64, header count uint32, then each header
 * (name and value, each with an int32 length, -1 for null), the subject's index (16 bytes), the key
 * with its length, and the value to the end. Big endian; of the last three, what the flags name.
 */
export function encodeEnvelope({ key, value, headers, subject, timestamp }: Envelope): Buffer {
  const parts = { key: whole(key), value: whole(value), subject: whole(subject) };
  return Buffer.from(encodeEnvelopeParts(parts, headers, Number(timestamp)));
}

/** The same from ranges. A view that stands until the next envelope is encoded. */
export function encodeEnvelopeParts(
  { key, subject, value }: Pick<EnvelopeParts, 'key' | 'subject' | 'value'>,
  headers: Headers,
  timestampMs: number,
): Buffer {
  let total = FIXED_BYTES + (key.from < 0 ? 0 : 4 + key.to - key.from) + value.to - value.from;
  if (subject.from >= 0) total += SUBJECT_BYTES;
  for (const [name, bytes] of headers) total += 8 + Buffer.byteLength(name) + (bytes?.length ?? 0);
  const out = scratch.first(total);
  out[0] = VERSION;
  out[1] =
    (key.from < 0 ? 0 : HAS_KEY) |
    (value.from < 0 ? 0 : HAS_VALUE) |
    (subject.from < 0 ? 0 : HAS_SUBJECT);
  const high = Math.floor(timestampMs / TWO_32);
  out.writeInt32BE(high, 2);
  out.writeUInt32BE(timestampMs - high * TWO_32, 6);
  out.writeUInt32BE(headers.length, 10);
  let at = FIXED_BYTES;
  for (const [name, bytes] of headers) {
    at = putBytes(out, at, Buffer.from(name));
    at = bytes === null ? out.writeInt32BE(-1, at) : putBytes(out, at, bytes);
  }
  if (subject.from >= 0) at += subject.bytes.copy(out, at, subject.from, subject.to);
  if (key.from >= 0) {
    at = out.writeInt32BE(key.to - key.from, at);
    at += key.bytes.copy(out, at, key.from, key.to);
  }
  if (value.from >= 0) value.bytes.copy(out, at, value.from, value.to);
  return out;
}

function putBytes(out: Buffer, at: number, bytes: Buffer): number {
  const start = out.writeInt32BE(bytes.length, at);
  out.set(bytes, start);
  return start + bytes.length;
}

function whole(bytes: Buffer | null): ByteRange {
  return bytes === null ? nullRange() : { bytes, from: 0, to: bytes.length };
}

function nullRange(): ByteRange {
  return { bytes: NOTHING, from: -1, to: -1 };
}

const NOTHING = Buffer.alloc(0);

/** Parts of no envelope yet. */
export function emptyEnvelope(): EnvelopeParts {
  return {
    key: nullRange(),
    value: nullRange(),
    headers: { ...nullRange(), count: 0 },
    subject: nullRange(),
    timestampMs: 0,
  };
}

/** Puts the parts of an envelope into `parts`. Throws RECORD_NOT_AUTHENTIC when it is none. */
export function readEnvelope(bytes: Buffer, parts: EnvelopeParts): void {
  const { headers, key, subject, value } = parts;
  if (bytes.length < FIXED_BYTES || bytes[0] !== VERSION) throw notAnEnvelope();
  const flags = bytes[1];
  parts.timestampMs = bytes.readInt32BE(2) * TWO_32 + bytes.readUInt32BE(6);
  headers.bytes = bytes;
  headers.count = bytes.readUInt32BE(10);
  headers.from = FIXED_BYTES;
  let at = FIXED_BYTES;
  for (let index = 0; index < 2 * headers.count; index += 1) at = afterPart(bytes, at);
  headers.to = at;
  subject.bytes = bytes;
  subject.from = (flags & HAS_SUBJECT) === 0 ? -1 : at;
  if (subject.from >= 0) at += SUBJECT_BYTES;
  if (at > bytes.length) throw notAnEnvelope();
  subject.to = subject.from < 0 ? -1 : at;
  key.bytes = bytes;
  const hasKey = (flags & HAS_KEY) !== 0;
  key.from = hasKey ? at + 4 : -1;
  if (hasKey) at = afterPart(bytes, at);
  key.to = hasKey ? at : -1;
  value.bytes = bytes;
  value.from = (flags & HAS_VALUE) === 0 ? -1 : at;
  value.to = value.from < 0 ? -1 : bytes.length;
}

/** The place after a part: an int32 length, -1 for null, and so many bytes. */
function afterPart(bytes: Buffer, at: number): number {
  if (at + 4 > bytes.length) throw notAnEnvelope();
  const length = bytes.readInt32BE(at);
  const after = at + 4 + Math.max(0, length);
  if (after > bytes.length) throw notAnEnvelope();
  return after;
}

/** An authentic record that does not parse was sealed by a newer or broken writer. */
function notAnEnvelope(): SealstreamError {
  return new SealstreamError('RECORD_NOT_AUTHENTIC', { part: 'envelope' });
}

/** The headers of an envelope; values are views. */
export function envelopeHeaders({ headers }: EnvelopeParts): Headers {
  const { bytes, count } = headers;
  let at = headers.from;
  const take = (): Buffer | null => {
    const after = afterPart(bytes, at);
    const isNull = bytes.readInt32BE(at) < 0;
    const part = isNull ? null : bytes.subarray(at + 4, after);
    at = after;
    return part;
  };
  return Array.from({ length: count }, () => [take()?.toString('utf8') ?? '', take()] as const);
}

/** Views into the given bytes. Throws RECORD_NOT_AUTHENTIC when they are not an envelope. */
export function decodeEnvelope(bytes: Buffer): Envelope {
  const parts = emptyEnvelope();
  readEnvelope(bytes, parts);
  return envelopeOf(parts);
}

/** The same as an object; key, value and headers are views. */
export function envelopeOf(parts: EnvelopeParts): Envelope {
  return {
    key: viewOf(parts.key),
    value: viewOf(parts.value),
    headers: envelopeHeaders(parts),
    timestamp: BigInt(parts.timestampMs),
    subject: viewOf(parts.subject),
  };
}

/** The bytes of a range; null for one that stands for null. */
export function viewOf({ bytes, from, to }: ByteRange): Buffer | null {
  return from < 0 ? null : bytes.subarray(from, to);
}
