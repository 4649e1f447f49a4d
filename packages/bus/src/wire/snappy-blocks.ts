/** What Java's clients put before their blocks: magic, then version and least version, int32 each. */
const XERIAL_MAGIC = Buffer.from('82534e4150505900', 'hex');
const XERIAL_HEADER_BYTES = 16;

/**
 * Opens snappy as Kafka's clients write it: one bare block (librdkafka and others), or the framing of
 * snappy-java, which is a header and then blocks, each after its length.
 *
 * `uncompress` opens one block. Throws when the blocks say that they become more than `limitBytes`,
 * before any is opened. Source: snappy's format_description, "Preamble"; snappy-java's
 * SnappyInputStream.
 */
export function uncompressSnappy(
  bytes: Buffer,
  limitBytes: number,
  uncompress: (block: Buffer) => Buffer,
): Buffer {
  const blocks = blocksOf(bytes);
  const sizeBytes = blocks.reduce((sum, block) => sum + uncompressedBytes(block), 0);
  if (sizeBytes > limitBytes) throw new RangeError('more than is allowed');
  return blocks.length === 1
    ? uncompress(blocks[0])
    : Buffer.concat(blocks.map(uncompress), sizeBytes);
}

function blocksOf(bytes: Buffer): Buffer[] {
  // No bare block begins like this: the magic's fifth byte would copy what was not written yet.
  if (!bytes.subarray(0, XERIAL_MAGIC.length).equals(XERIAL_MAGIC)) return [bytes];
  const blocks: Buffer[] = [];
  for (let at = XERIAL_HEADER_BYTES; at < bytes.length; ) {
    const start = at + 4;
    const end = start + bytes.readInt32BE(at);
    if (end <= start || end > bytes.length) throw new RangeError('a block is cut short');
    blocks.push(bytes.subarray(start, end));
    at = end;
  }
  return blocks;
}

/** What a block says that it becomes: a varint at its beginning, at most 32 bits. */
function uncompressedBytes(block: Buffer): number {
  let value = 0;
  for (let index = 0; index < 5 && index < block.length; index += 1) {
    const byte = block[index];
    value += (byte & 0x7f) * 2 ** (7 * index);
    if (byte < 0x80) return value;
  }
  throw new RangeError('a block says no length');
}
