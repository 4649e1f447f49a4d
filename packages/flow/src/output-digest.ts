import { createHash, type Hash } from 'node:crypto';

interface DigestedRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers?: readonly (readonly [string, Buffer | null])[];
}

const SCRATCH_BYTES = 256 * 1024;

/** One for all batches: digests are made synchronously, one after the other. */
const scratch = Buffer.allocUnsafe(SCRATCH_BYTES);

/**
 * SHA-256 over records in order: each as key, value, header count, and each header's name and
 * value; every part as its length in int32 BE (-1 for null) and its bytes. Hex.
 *
 * Anybody who reads the topic can compute it again and compare it with the audit event.
 */
export function outputDigest(records: readonly DigestedRecord[]): string {
  const hash = createHash('sha256');
  let at = 0;
  for (const record of records) {
    at = put(hash, at, record.key);
    at = put(hash, at, record.value);
    const headers = record.headers ?? [];
    at = room(hash, at, 4);
    at = scratch.writeInt32BE(headers.length, at);
    for (const [name, value] of headers) {
      at = put(hash, at, nameBytes(name));
      at = put(hash, at, value);
    }
  }
  return hash.update(scratch.subarray(0, at)).digest('hex');
}

const names = new Map<string, Buffer>();
/** Far more than a flow has; past it a producer is inventing names. */
const MOST_NAMES = 100;

/** A header's name in UTF-8; the few that a flow has are kept. */
function nameBytes(name: string): Buffer {
  const known = names.get(name);
  if (known !== undefined) return known;
  const bytes = Buffer.from(name);
  if (names.size < MOST_NAMES) names.set(name, bytes);
  return bytes;
}

function room(hash: Hash, at: number, sizeBytes: number): number {
  if (at + sizeBytes <= SCRATCH_BYTES) return at;
  hash.update(scratch.subarray(0, at));
  return 0;
}

function put(hash: Hash, start: number, bytes: Buffer | null): number {
  const sizeBytes = bytes?.length ?? 0;
  let at = room(hash, start, 4);
  at = scratch.writeInt32BE(bytes === null ? -1 : sizeBytes, at);
  if (bytes === null) return at;
  if (sizeBytes > SCRATCH_BYTES / 4) {
    hash.update(scratch.subarray(0, at)).update(bytes);
    return 0;
  }
  at = room(hash, at, sizeBytes);
  scratch.set(bytes, at);
  return at + sizeBytes;
}
