import { BatchEvent } from '@sealstream/contracts';
import { maskPlan } from '@sealstream/policy';
import { expect, it } from 'vitest';
import { acceptedStage } from '../src/accepted-stage.ts';
import { batchOf, type FetchedRecord, newKeys, people, resultOf } from './flow-batch.ts';

const keys = newKeys();
const dataset = people((text) => text);
const stage = acceptedStage(
  { stage: 'mask', dataset, plan: maskPlan(dataset), topic: dataset.topics.masked },
  keys,
);

const lastRecordOf = (...timestamps: readonly bigint[]) => {
  const records: Partial<FetchedRecord>[] = timestamps.map((timestamp) => ({ timestamp }));
  const { event } = resultOf(stage, batchOf(records));
  return BatchEvent.parse(event).lastRecord;
};

it("an event tells Kafka's time of the last record of its batch", () => {
  expect(lastRecordOf(5_000n, 1_700_000_000_123n)).toBe('2023-11-14T22:13:20.123Z');
});

it.each([
  ['the last millisecond that RFC 3339 can write', 253_402_300_799_999n],
  ['1970', 0n],
])('an event can be read with a record of %s', (_, timestamp) => {
  expect(lastRecordOf(timestamp)).toBe(new Date(Number(timestamp)).toISOString());
});

it.each([
  ['later than RFC 3339 can write', 253_402_300_800_000n],
  ['that no clock has', BigInt(Number.MAX_SAFE_INTEGER)],
])('an event can be read, and tells no time, with a record of a time %s', (_, timestamp) => {
  expect(lastRecordOf(timestamp)).toBeUndefined();
});

it('an event of a batch without records tells no time', () => {
  expect(lastRecordOf()).toBeUndefined();
});
