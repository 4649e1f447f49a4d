import { SealstreamError } from '@sealstream/contracts';

/** A record as its producer made it; sealed whole it is what accepted and rejected topics hold. */
export interface Envelope {
  readonly key: Buffer | null;
  /** null is a tombstone. */
  readonly value: Buffer | null;
  /** In the producer's order, repeats kept; names that are ours are not among them. */
  readonly headers: readonly (readonly [string, Buffer | null])[];
  /** Milliseconds since 1970. */
  readonly timestamp: bigint;
}

const VERSION = 1;
const HAS_KEY = 1;
const HAS_VALUE = 2;
const FIXED_BYTES = 14;

/**
 * The envelope's bytes: version, flags, timestamp int64, header count uint32, then each header
 * (name and value, each with an int32 length, -1 for null), the key with its length, and the value
 * to the end. Big endian.
 */
export function encodeEnvelope(envelope: Envelope): Buffer {
  const { key, value, headers } = envelope;
  const keyBytes = key === null ? 0 : 4 + key.length;
  let total = FIXED_BYTES + keyBytes + (value?.length ?? 0);
  for (const [name, bytes] of headers) total += 8 + Buffer.byteLength(name) + (bytes?.length ?? 0);
  const out = Buffer.allocUnsafe(total);
  out[0] = VERSION;
  out[1] = (key === null ? 0 : HAS_KEY) | (value === null ? 0 : HAS_VALUE);
  out.writeBigInt64BE(envelope.timestamp, 2);
  out.writeUInt32BE(headers.length, 10);
  let at = FIXED_BYTES;
  for (const [name, bytes] of headers) {
    at = putBytes(out, at, Buffer.from(name));
    at = bytes === null ? out.writeInt32BE(-1, at) : putBytes(out, at, bytes);
  }
  if (key !== null) at = putBytes(out, at, key);
  if (value !== null) out.set(value, at);
  return out;
}

function putBytes(out: Buffer, at: number, bytes: Buffer): number {
  const start = out.writeInt32BE(bytes.length, at);
  out.set(bytes, start);
  return start + bytes.length;
}

/** Views into the given bytes. Throws RECORD_NOT_AUTHENTIC when they are not an envelope. */
export function decodeEnvelope(bytes: Buffer): Envelope {
  try {
    if (bytes[0] !== VERSION) throw new RangeError('unknown version');
    const flags = bytes[1];
    const timestamp = bytes.readBigInt64BE(2);
    const count = bytes.readUInt32BE(10);
    let at = FIXED_BYTES;
    const take = (): Buffer | null => {
      const length = bytes.readInt32BE(at);
      at += 4;
      if (length < 0) return null;
      if (at + length > bytes.length) throw new RangeError('cut short');
      at += length;
      return bytes.subarray(at - length, at);
    };
    const headers: (readonly [string, Buffer | null])[] = [];
    for (let index = 0; index < count; index += 1) {
      headers.push([take()?.toString('utf8') ?? '', take()]);
    }
    const key = (flags & HAS_KEY) === 0 ? null : take();
    const value = (flags & HAS_VALUE) === 0 ? null : bytes.subarray(at);
    return { key, value, headers, timestamp };
  } catch {
    // An authentic record that does not parse was sealed by a newer or broken writer.
    throw new SealstreamError('RECORD_NOT_AUTHENTIC', { part: 'envelope' });
  }
}
