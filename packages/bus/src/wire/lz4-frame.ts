const MAGIC = 0x184d2204;
const HEADER_BYTES = 7;
const VERSION_BITS = 0xc0;
const VERSION_1 = 0x40;
const INDEPENDENT_BLOCKS = 0x20;
const BLOCK_CHECKSUMS = 0x10;
const CONTENT_SIZE = 0x08;
const CONTENT_CHECKSUM = 0x04;
/** A dictionary, and a bit that is reserved. */
const NOT_KAFKA = 0x03;
/** The bit of a block's length that says that its bytes stand as they are. */
const IS_PLAIN = 0x80000000;
/** A byte of a block stands for at most so many. */
const MOST_PER_BYTE = 255;

/**
 * The most bytes that an LZ4 frame can become, by the sizes of its blocks: the size of the content
 * may be absent from its header, and could lie. When all blocks but the last are full, which is how
 * writers make them, it is too much by less than a block.
 *
 * Throws a RangeError when the bytes are not one whole frame of independent blocks: Kafka's own
 * client reads no other. Checksums are left to whoever opens the frame.
 * Source: LZ4 Frame Format Description 1.6; Apache Kafka's Lz4BlockInputStream.
 */
export function lz4FrameBound(bytes: Buffer): number {
  const flags = bytes.readUInt8(4);
  const isFrame = bytes.readUInt32LE(0) === MAGIC && (flags & VERSION_BITS) === VERSION_1;
  const isForKafka = (flags & INDEPENDENT_BLOCKS) !== 0 && (flags & NOT_KAFKA) === 0;
  if (!isFrame || !isForKafka) throw new RangeError('no frame for Kafka');
  const blockBytes = largestBlock(bytes.readUInt8(5));
  const checksumBytes = (flags & BLOCK_CHECKSUMS) === 0 ? 0 : 4;
  let bound = 0;
  let at = HEADER_BYTES + ((flags & CONTENT_SIZE) === 0 ? 0 : 8);
  for (;;) {
    const length = bytes.readUInt32LE(at);
    at += 4;
    if (length === 0) break;
    const sizeBytes = length % IS_PLAIN;
    const most = length >= IS_PLAIN ? sizeBytes : sizeBytes * MOST_PER_BYTE;
    bound += Math.min(most, blockBytes);
    at += sizeBytes + checksumBytes;
  }
  at += (flags & CONTENT_CHECKSUM) === 0 ? 0 : 4;
  if (at !== bytes.length) throw new RangeError('the frame ends elsewhere');
  return bound;
}

/** Byte 5 of the header says it: 4 to 7 in bits 4 to 6 stand for 64 KiB, 256 KiB, 1 and 4 MiB. */
function largestBlock(descriptor: number): number {
  const size = (descriptor >> 4) & 0x07;
  if (size < 4) throw new RangeError('no such size of blocks');
  return 2 ** (8 + 2 * size);
}
