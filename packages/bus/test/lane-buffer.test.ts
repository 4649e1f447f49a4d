import { describe, expect, it } from 'vitest';
import { LaneBuffer } from '../src/lane-buffer.ts';
import { decodeRecordBatches } from '../src/wire/record-batch-decoder.ts';
import { encodeRecordBatch } from '../src/wire/record-batch-encoder.ts';

const plain = { producerId: -1n, producerEpoch: -1, baseSequence: -1, transactional: false };

/** A fetched range: records at these offsets, then markers up to `nextOffset`. */
function range(offsets: readonly bigint[], nextOffset: bigint) {
  const batches = offsets.map((offset) => {
    const batch = encodeRecordBatch([{ key: null, value: null, timestamp: offset }], plain, 0n);
    batch.writeBigInt64BE(offset, 0);
    return batch;
  });
  return { ...decodeRecordBatches(Buffer.concat(batches), 0n, []), nextOffset };
}

const offsetsOf = (taken: { records: Iterable<{ offset: bigint }> }) =>
  [...taken.records].map(({ offset }) => offset);

describe('the buffer of a lane', () => {
  it('gives records in order and says where the partition goes on', () => {
    const buffer = new LaneBuffer(10n);
    buffer.push(range([10n, 12n], 14n), 200);
    buffer.push(range([14n], 15n), 100);
    expect(buffer.oldestMs).toBe(10);
    const first = buffer.take(1, 1e9);
    expect(offsetsOf(first)).toEqual([10n]);
    expect(first.nextOffset).toBe(12n);
    expect(buffer.oldestMs).toBe(12);
    const rest = buffer.take(10, 1e9);
    expect(offsetsOf(rest)).toEqual([12n, 14n]);
    expect([...rest.records].map(({ timestamp }) => timestamp)).toEqual([12n, 14n]);
    expect(rest.nextOffset).toBe(15n);
    expect(buffer.sizeBytes).toBe(0);
    expect(buffer.oldestMs).toBe(null);
  });

  it('passes trailing markers once the records before them are taken', () => {
    const buffer = new LaneBuffer(0n);
    buffer.push(range([0n], 2n), 50);
    buffer.push(range([], 5n), 80);
    expect(buffer.take(10, 1e9).nextOffset).toBe(5n);
    expect(buffer.recordCount).toBe(0);
  });

  it('takes at least one record however large it is', () => {
    const buffer = new LaneBuffer(0n);
    buffer.push(range([0n, 1n], 2n), 1000);
    expect(buffer.take(10, 1).records.length).toBe(1);
    expect(buffer.take(10, 1).nextOffset).toBe(2n);
  });
});
