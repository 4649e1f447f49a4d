import fc from 'fast-check';
import { compressFrameSync, decompressFrameSync } from 'lz4-napi';
import { describe, expect, it } from 'vitest';
import { lz4FrameBound } from '../src/wire/lz4-frame.ts';

const FLAGS_AT = 4;
const SIZES_AT = 5;
const LARGEST_BLOCK = 4 * 1024 * 1024;

/** Bytes that pack well, and options that change what stands in the frame. */
const frame = fc
  .record({
    piece: fc.uint8Array({ minLength: 1, maxLength: 900 }),
    times: fc.integer({ min: 0, max: 1500 }),
    contentChecksum: fc.boolean(),
    blockChecksums: fc.boolean(),
  })
  .map(({ piece, times, ...options }) => {
    const bytes = Buffer.alloc(piece.length * times, piece);
    return { sizeBytes: bytes.length, frame: compressFrameSync(bytes, options) };
  });

/** The frame with one byte of its header changed; checksums are for whoever opens it. */
function changed(at: number, to: (byte: number) => number): Buffer {
  const bytes = compressFrameSync(Buffer.from('some text, some text'));
  bytes[at] = to(bytes[at]);
  return bytes;
}

describe('the bound of an LZ4 frame', () => {
  it('is never less than what the frame becomes, and at most a block more', () => {
    fc.assert(
      fc.property(frame, ({ sizeBytes, frame: bytes }) => {
        const bound = lz4FrameBound(bytes);
        expect(bound).toBeGreaterThanOrEqual(sizeBytes);
        expect(bound).toBeLessThanOrEqual(sizeBytes + LARGEST_BLOCK);
        expect(decompressFrameSync(bytes).length).toBe(sizeBytes);
      }),
    );
  });

  it('is that of the blocks, whatever the header says about the size of the content', () => {
    const plain = compressFrameSync(Buffer.alloc(100_000, 'content'));
    const withSize = Buffer.concat([plain.subarray(0, 6), Buffer.alloc(8, 1), plain.subarray(6)]);
    withSize[FLAGS_AT] |= 0x08;
    expect(lz4FrameBound(withSize)).toBe(lz4FrameBound(plain));
  });

  it('is not given for what Kafka does not read', () => {
    expect(lz4FrameBound(changed(FLAGS_AT, (flags) => flags))).toBeGreaterThan(0);
    const others: readonly [string, Buffer][] = [
      ['another magic', changed(0, (byte) => byte ^ 1)],
      ['another version', changed(FLAGS_AT, (flags) => flags ^ 0xc0)],
      ['blocks that need the ones before', changed(FLAGS_AT, (flags) => flags & ~0x20)],
      ['a dictionary', changed(FLAGS_AT, (flags) => flags | 0x01)],
      ['a reserved bit', changed(FLAGS_AT, (flags) => flags | 0x02)],
      ['a size of blocks that is none', changed(SIZES_AT, () => 0x30)],
      ['bytes after its end', Buffer.concat([changed(0, (byte) => byte), Buffer.alloc(1)])],
      ['nothing', Buffer.alloc(0)],
    ];
    for (const [what, bytes] of others)
      expect(() => lz4FrameBound(bytes), what).toThrow(RangeError);
  });
});
