import { describe, expect, it } from 'vitest';
import { LaneBuffer } from '../src/lane-buffer.ts';
import type { KafkaRecord } from '../src/records.ts';

const record = (offset: bigint): KafkaRecord => ({
  offset,
  timestamp: 0n,
  key: null,
  value: null,
  headers: [],
});

describe('the buffer of a lane', () => {
  it('gives records in order and says where the partition goes on', () => {
    const buffer = new LaneBuffer(10n);
    buffer.push({ records: [record(10n), record(12n)], nextOffset: 14n }, 200);
    buffer.push({ records: [record(14n)], nextOffset: 15n }, 100);
    const first = buffer.take(1, 1e9);
    expect(first.records.map(({ offset }) => offset)).toEqual([10n]);
    expect(first.nextOffset).toBe(12n);
    const rest = buffer.take(10, 1e9);
    expect(rest.records.map(({ offset }) => offset)).toEqual([12n, 14n]);
    expect(rest.nextOffset).toBe(15n);
    expect(buffer.sizeBytes).toBe(0);
  });

  it('passes trailing markers once the records before them are taken', () => {
    const buffer = new LaneBuffer(0n);
    buffer.push({ records: [record(0n)], nextOffset: 2n }, 50);
    buffer.push({ records: [], nextOffset: 5n }, 80);
    expect(buffer.take(10, 1e9).nextOffset).toBe(5n);
    expect(buffer.recordCount).toBe(0);
  });

  it('takes at least one record however large it is', () => {
    const buffer = new LaneBuffer(0n);
    buffer.push({ records: [record(0n), record(1n)], nextOffset: 2n }, 1000);
    expect(buffer.take(10, 1).records.length).toBe(1);
  });
});
