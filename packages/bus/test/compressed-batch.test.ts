import { randomBytes } from 'node:crypto';
import { crc32c } from '@node-rs/crc32';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OutRecord } from '../src/records.ts';
import { compressBatch } from '../src/wire/compressed-batch.ts';
import { type Compression, COMPRESSIONS } from '../src/wire/compression.ts';
import { decodeRecordBatches } from '../src/wire/record-batch-decoder.ts';
import { encodeRecordBatch } from '../src/wire/record-batch-encoder.ts';

const CODECS = COMPRESSIONS.filter((name) => name !== 'none');
const ATTRIBUTES_AT = 21;
const producer = { producerId: 7n, producerEpoch: 3, baseSequence: 5, transactional: true };

const text = fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 9 }), fc.nat(60));
const bytes = text.map(([piece, times]) => Buffer.alloc(piece.length * times, piece));
const nullable = fc.option(bytes, { nil: null });
const record = fc.record({
  key: nullable,
  value: nullable,
  headers: fc.array(fc.tuple(fc.string({ maxLength: 5 }), nullable), { maxLength: 2 }),
  timestamp: fc.bigInt({ min: 0n, max: 1n << 45n }),
}) as fc.Arbitrary<OutRecord>;

/** The batch cut to so many bytes and said to be of this codec, with length and checksum anew. */
function resealed(batch: Buffer, sizeBytes: number, name: Compression): Buffer {
  const copy = Buffer.from(batch.subarray(0, sizeBytes));
  copy.writeInt32BE(sizeBytes - 12, 8);
  const others = copy.readInt16BE(ATTRIBUTES_AT) & ~0x07;
  copy.writeInt16BE(others | COMPRESSIONS.indexOf(name), ATTRIBUTES_AT);
  copy.writeUInt32BE(crc32c(copy.subarray(ATTRIBUTES_AT)) >>> 0, 17);
  return copy;
}

const decoded = (batch: Buffer) => [...decodeRecordBatches(batch, 0n, []).records];

describe.each(CODECS)('a batch compressed with %s', (name) => {
  it('holds the same records under the same header, and is never larger', () => {
    let compressed = 0;
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 40 }), (records) => {
        const plain = encodeRecordBatch(records, producer, 0n);
        const batch = compressBatch(plain, name);
        expect(decoded(batch)).toEqual(decoded(plain));
        expect(batch.length).toBeLessThanOrEqual(plain.length);
        expect(batch.subarray(23, 61)).toEqual(plain.subarray(23, 61));
        if (batch === plain) return;
        compressed += 1;
        expect(batch.readInt32BE(8)).toBe(batch.length - 12);
        const attributes = plain.readInt16BE(ATTRIBUTES_AT) | COMPRESSIONS.indexOf(name);
        expect(batch.readInt16BE(ATTRIBUTES_AT)).toBe(attributes);
      }),
    );
    expect(compressed).toBeGreaterThan(20);
  });

  it('is left as it was when its records do not shrink', () => {
    const key = Buffer.from('key');
    const plain = encodeRecordBatch([{ key, value: randomBytes(60) }], producer, 0n);
    const before = Buffer.from(plain);
    expect(compressBatch(plain, name)).toBe(plain);
    expect(plain.equals(before)).toBe(true);
  });

  it('is refused when its records are cut or another codec is named, with a right checksum', () => {
    const value = Buffer.alloc(5000, 'value');
    const batch = compressBatch(encodeRecordBatch([{ key: null, value }], producer, 0n), name);
    expect(decoded(resealed(batch, batch.length, name)).length).toBe(1);
    const refused = [
      resealed(batch, batch.length - 1, name),
      resealed(batch, 61, name),
      ...COMPRESSIONS.filter((other) => other !== name).map((other) =>
        resealed(batch, batch.length, other),
      ),
    ];
    for (const bad of refused)
      expect(() => decodeRecordBatches(bad, 0n, [])).toThrow(/BATCH_UNREADABLE/);
  });
});

describe('a fetch of compressed batches', () => {
  it('is opened until some MiB stand there, and goes on from there without a gap', () => {
    const value = Buffer.alloc(256 * 1024, 'value');
    const batches = Array.from({ length: 60 }, (_, index) => {
      const batch = compressBatch(encodeRecordBatch([{ key: null, value }], producer, 0n), 'zstd');
      batch.writeBigInt64BE(BigInt(index), 0);
      return batch;
    });
    const fetched = Buffer.concat(batches);
    expect(fetched.length).toBeLessThan(batches.length * 1000);
    const offsets: bigint[] = [];
    for (let from = 0n; from < 60n; ) {
      const at = batches[0].length * Number(from);
      const range = decodeRecordBatches(fetched.subarray(at), from, []);
      expect(range.sizeBytes).toBeLessThan(5 * 1024 * 1024);
      expect(range.sizeBytes).toBeGreaterThanOrEqual(range.records.length * value.length);
      offsets.push(...[...range.records].map(({ offset }) => offset));
      expect(range.nextOffset).toBeGreaterThan(from);
      from = range.nextOffset;
    }
    expect(offsets).toEqual(batches.map((_, index) => BigInt(index)));
  });
});
