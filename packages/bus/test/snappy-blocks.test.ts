import fc from 'fast-check';
import { compressSync, uncompressSync } from 'snappy';
import { describe, expect, it } from 'vitest';
import { uncompressSnappy } from '../src/wire/snappy-blocks.ts';

const HEADER = Buffer.from('82534e41505059000000000100000001', 'hex');
const uncompress = (block: Buffer) => uncompressSync(block, { asBuffer: true }) as Buffer;
const never = () => expect.fail('a block was opened');

/** The framing of snappy-java around these blocks. */
function framed(blocks: readonly Buffer[]): Buffer {
  const parts = blocks.flatMap((block) => {
    const length = Buffer.alloc(4);
    length.writeInt32BE(block.length);
    return [length, block];
  });
  return Buffer.concat([HEADER, ...parts]);
}

describe('snappy', () => {
  it('is opened bare, and in the framing of snappy-java in any number of blocks', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 5000 }), { maxLength: 8 }), (pieces) => {
        const whole = Buffer.concat(pieces);
        const bytes = framed(pieces.map((piece) => compressSync(piece)));
        expect(uncompressSnappy(bytes, whole.length, uncompress).equals(whole)).toBe(true);
        const bare = compressSync(whole);
        expect(uncompressSnappy(bare, whole.length, uncompress).equals(whole)).toBe(true);
      }),
    );
  });

  it('is not opened at all when its blocks together say more than the limit', () => {
    const block = compressSync(Buffer.alloc(1000));
    const three = framed([block, block, block]);
    expect(uncompressSnappy(three, 3000, uncompress).length).toBe(3000);
    expect(() => uncompressSnappy(three, 2999, never)).toThrow(RangeError);
    // A bare block that says 4 GiB - 1, which is the most that a block can say.
    const greedy = Buffer.from('ffffffff0f00', 'hex');
    expect(() => uncompressSnappy(greedy, 2 ** 26, never)).toThrow(RangeError);
  });

  it('is refused when a block has no length or another than it says', () => {
    const block = compressSync(Buffer.from('text'));
    const cut = framed([block, block]).subarray(0, -1);
    const endless = Buffer.alloc(6, 0xff);
    const backwards = framed([block]);
    backwards.writeInt32BE(-block.length, HEADER.length);
    for (const bytes of [cut, endless, backwards, framed([endless]), Buffer.alloc(0)])
      expect(() => uncompressSnappy(bytes, 2 ** 26, never)).toThrow(RangeError);
  });
});
