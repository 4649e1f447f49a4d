import { gunzipSync, zstdDecompressSync } from 'node:zlib';
import { SealstreamError } from '@sealstream/contracts';

/** The most that one fetched batch may become when decompressed. */
export const MAX_BATCH_BYTES = 64 * 1024 * 1024;

/**
 * The records of a compressed batch, at most MAX_BATCH_BYTES of them.
 *
 * `codec` is the low three bits of the batch's attributes. What cannot be opened is an error: the
 * partition stops, nothing is passed over.
 */
export function decompress(codec: number, bytes: Buffer): Buffer {
  try {
    if (codec === 1) return gunzipSync(bytes, { maxOutputLength: MAX_BATCH_BYTES });
    if (codec === 4) return zstdDecompressSync(bytes, { maxOutputLength: MAX_BATCH_BYTES });
  } catch {
    throw new SealstreamError('BATCH_UNREADABLE', { codec });
  }
  throw new SealstreamError('BATCH_UNREADABLE', { codec });
}
