import { crc32c } from '@node-rs/crc32';
import { type Compression, COMPRESSIONS, compress } from './compression.ts';
import { BATCH_HEADER_BYTES } from './record-batch-writer.ts';

const LENGTH_AT = 8;
/** Bytes before those that the batch's length counts. */
const UNCOUNTED_BYTES = 12;
const CRC_AT = 17;
const ATTRIBUTES_AT = 21;

/**
 * A finished, uncompressed batch (magic 2) with its records compressed: the same header but for
 * codec, length and checksum. The batch itself when there is nothing to do or it would not be smaller,
 * as with encrypted records.
 */
export function compressBatch(batch: Buffer, compression: Compression): Buffer {
  if (compression === 'none') return batch;
  const records = compress(compression, batch.subarray(BATCH_HEADER_BYTES));
  const sizeBytes = BATCH_HEADER_BYTES + records.length;
  if (sizeBytes >= batch.length) return batch;
  const compressed = Buffer.concat([batch.subarray(0, BATCH_HEADER_BYTES), records], sizeBytes);
  const attributes = compressed.readInt16BE(ATTRIBUTES_AT) | COMPRESSIONS.indexOf(compression);
  compressed.writeInt32BE(sizeBytes - UNCOUNTED_BYTES, LENGTH_AT);
  compressed.writeInt16BE(attributes, ATTRIBUTES_AT);
  compressed.writeUInt32BE(crc32c(compressed.subarray(ATTRIBUTES_AT)) >>> 0, CRC_AT);
  return compressed;
}
