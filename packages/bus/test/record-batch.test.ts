import { randomBytes } from 'node:crypto';
import { emptyParts } from '@sealstream/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Header, OutRecord } from '../src/records.ts';
import { decodeRecordBatches } from '../src/wire/record-batch-decoder.ts';
import { encodeRecordBatch } from '../src/wire/record-batch-encoder.ts';
import { RecordBatchWriter } from '../src/wire/record-batch-writer.ts';

const plain = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };
const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));
const nullable = fc.option(bytes, { nil: null });
const header = fc.tuple(
  fc.oneof(fc.constantFrom('constructor', 'toString', '1', '__proto__', ''), fc.string()),
  nullable,
) as fc.Arbitrary<Header>;
const record = fc.record({
  key: nullable,
  value: nullable,
  headers: fc.array(header, { maxLength: 4 }),
  timestamp: fc.bigInt({ min: 0n, max: 1n << 50n }),
});

/** A batch of one transaction, as the broker would store it at an offset. */
function stored(value: string, baseOffset: bigint, producerId: bigint): Buffer {
  const batch = encodeRecordBatch(
    [{ key: null, value: Buffer.from(value) }],
    { producerId, producerEpoch: 0, baseSequence: 0, transactional: true },
    0n,
  );
  batch.writeBigInt64BE(baseOffset, 0);
  return batch;
}

/** The marker that ends a transaction; type 0 aborts, 1 commits. */
function marker(type: 0 | 1, baseOffset: bigint, producerId: bigint): Buffer {
  const key = Buffer.from([0, 0, 0, type]);
  const batch = encodeRecordBatch(
    [{ key, value: Buffer.alloc(6) }],
    { producerId, producerEpoch: 0, baseSequence: -1, transactional: true },
    0n,
  );
  batch.writeInt16BE(batch.readInt16BE(21) | 0x20, 21);
  return resealed(batch, baseOffset);
}

function resealed(batch: Buffer, baseOffset: bigint): Buffer {
  // A control batch is made by changing the attributes, so its checksum is made anew.
  const copy = Buffer.from(batch);
  copy.writeUInt32BE(crc(copy.subarray(21)), 17);
  copy.writeBigInt64BE(baseOffset, 0);
  return copy;
}

function crc(data: Buffer): number {
  let value = 0xffffffff;
  for (const byte of data) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit += 1) value = (value >>> 1) ^ (value & 1 ? 0x82f63b78 : 0);
  }
  return (value ^ 0xffffffff) >>> 0;
}

const texts = (range: { records: Iterable<{ value: Buffer | null }> }) =>
  [...range.records].map(({ value }) => value?.toString());

describe('a record batch', () => {
  it('comes back with the same keys, values, headers in order and timestamps', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
        const decoded = decodeRecordBatches(encodeRecordBatch(records, plain, 0n), 0n, []);
        expect(decoded.nextOffset).toBe(BigInt(records.length));
        expect(
          [...decoded.records].map(({ key, value, headers, timestamp }) => ({
            key,
            value,
            headers,
            timestamp,
          })),
        ).toEqual(records);
      }),
    );
  });

  it('over a limit is cut into batches within it, and names what fits in none', () => {
    fc.assert(
      fc.property(
        fc.array(record, { minLength: 1, maxLength: 40 }),
        fc.integer({ min: 70, max: 2000 }),
        (records, limit) => {
          const writer = new RecordBatchWriter().reset(limit, 0);
          for (const [index, one] of records.entries()) writer.push(one, index);
          const batches = writer.pieces().map((piece) => Buffer.from(piece.finish(plain)));
          const written = batches.flatMap((batch) => [
            ...decodeRecordBatches(batch, 0n, []).records,
          ]);
          const fitting = records.filter((_, index) => !writer.oversized.includes(index));
          expect(written).toMatchObject(fitting);
          for (const batch of batches) expect(batch.length).toBeLessThanOrEqual(limit);
          for (const index of writer.oversized)
            expect(encodeRecordBatch([records[index]], plain, 0n).length).toBeGreaterThan(
              limit - 20,
            );
        },
      ),
    );
  });

  it('is the same bytes when its records are passed on as ranges', () => {
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (records) => {
        const batch = encodeRecordBatch(records, plain, 0n);
        const { records: columns } = decodeRecordBatches(batch, 0n, []);
        const writer = new RecordBatchWriter().reset(1e9, 0);
        const parts = emptyParts();
        for (let index = 0; index < columns.length; index += 1) {
          columns.read(index, parts);
          writer.add(parts);
        }
        expect(writer.finish(plain).equals(batch)).toBe(true);
        expect(writer.sizeBytes).toBe(columns.sizeBytes);
      }),
    );
  });

  it('has a digest that differs when any part of any record differs', () => {
    const one = { key: Buffer.from('k'), value: randomBytes(300_000), timestamp: 5n };
    const digestOf = (records: readonly OutRecord[]) => {
      const writer = new RecordBatchWriter().reset(1e9, 0);
      for (const each of records) writer.push(each);
      return writer.digest();
    };
    const same = digestOf([one, one]);
    expect(digestOf([one, one])).toBe(same);
    const flipped = Buffer.from(one.value);
    flipped[299_999] ^= 1;
    const others = [
      [one],
      [one, { ...one, key: null }],
      [one, { ...one, value: flipped }],
      [one, { ...one, headers: [['h', null]] as const }],
      [one, { ...one, headers: [['h', Buffer.alloc(0)]] as const }],
      [one, { ...one, timestamp: 6n }],
      [{ ...one, key: Buffer.alloc(0) }, one],
    ];
    expect(new Set([same, ...others.map(digestOf)]).size).toBe(8);
  });

  it('that says more records than its bytes can hold is refused before room is made for them', () => {
    const batch = encodeRecordBatch([{ key: null, value: Buffer.from('abc') }], plain, 0n);
    batch.writeInt32BE(0x7fffffff, 57);
    expect(() => decodeRecordBatches(resealed(batch, 0n), 0n, [])).toThrow(/BATCH_UNREADABLE/);
  });

  it('is refused when any byte after its checksum was changed', () => {
    const batch = encodeRecordBatch([{ key: null, value: Buffer.from('abc') }], plain, 0n);
    for (let at = 21; at < batch.length; at += 1) {
      const bad = Buffer.from(batch);
      bad[at] ^= 0x01;
      expect(() => decodeRecordBatches(bad, 0n, [])).toThrow(/BATCH_UNREADABLE/);
    }
  });

  it('that was cut by the broker is left for the next fetch', () => {
    const first = stored('a', 0n, 1n);
    const second = stored('b', 1n, 1n);
    const cut = Buffer.concat([first, second.subarray(0, second.length - 1)]);
    expect(decodeRecordBatches(cut, 0n, []).nextOffset).toBe(1n);
  });
});

describe('the filter of committed reads', () => {
  it('drops every aborted transaction, also when the list is not sorted', () => {
    const log = Buffer.concat([
      stored('aborted 1', 0n, 1n),
      marker(0, 1n, 1n),
      stored('aborted 2', 2n, 2n),
      stored('good', 3n, 3n),
      marker(0, 4n, 2n),
      marker(1, 5n, 3n),
      stored('aborted 3', 6n, 1n),
      marker(0, 7n, 1n),
    ]);
    const aborted = [
      { producerId: 1n, firstOffset: 6n },
      { producerId: 2n, firstOffset: 2n },
      { producerId: 1n, firstOffset: 0n },
    ];
    expect(texts(decodeRecordBatches(log, 0n, aborted))).toEqual(['good']);
    expect(decodeRecordBatches(log, 0n, aborted).nextOffset).toBe(8n);
  });

  it('keeps what the same producer committed after an abort', () => {
    const log = Buffer.concat([
      stored('aborted', 0n, 1n),
      marker(0, 1n, 1n),
      stored('good', 2n, 1n),
      marker(1, 3n, 1n),
    ]);
    expect(texts(decodeRecordBatches(log, 0n, [{ producerId: 1n, firstOffset: 0n }]))).toEqual([
      'good',
    ]);
  });

  it('takes a record whose key is four zero bytes for a record, not for a marker', () => {
    const zero = encodeRecordBatch(
      [{ key: Buffer.alloc(4), value: Buffer.from('data') }],
      { producerId: 1n, producerEpoch: 0, baseSequence: 0, transactional: true },
      0n,
    );
    const next = stored('also aborted', 1n, 1n);
    const log = Buffer.concat([zero, next, marker(0, 2n, 1n)]);
    expect(texts(decodeRecordBatches(log, 0n, [{ producerId: 1n, firstOffset: 0n }]))).toEqual([]);
    expect(texts(decodeRecordBatches(log, 0n, []))).toEqual(['data', 'also aborted']);
  });
});
