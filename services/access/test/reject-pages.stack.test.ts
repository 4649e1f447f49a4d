import { randomBytes } from 'node:crypto';

import { type Bus, openBus } from '@sealstream/bus';
import { REJECT_HEADER, type RejectNote, stageGroup } from '@sealstream/contracts';
import { type Dataset, datasetOf, parsePolicy } from '@sealstream/policy';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { RejectPages, type ShownReject } from '../src/reject-pages.ts';

const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const PARTITIONS = 3;
const EACH = 300;
const START = Date.parse('2026-01-01T00:00:00.000Z');
let bus: Bus;
let dataset: Dataset;
let pages: RejectPages;

function policy(name: string): Dataset {
  const text = `version: 1
datasets:
  ${name}:
    revision: 1
    fields:
      /name: { type: string, mask: redact }
`;
  return datasetOf(parsePolicy(text, 'sealstream.yaml'), name);
}

function record(partition: number, n: number) {
  const note: RejectNote = {
    v: 1,
    stage: n % 10 === 0 ? 'mask' : 'ingest',
    code: n % 2 === 0 ? 'RECORD_WRONG_TYPE' : 'RECORD_UNKNOWN_FIELD',
    attempt: 0,
    source: { topic: dataset.topics.raw, incarnation: '00', partition, offset: String(n) },
  };
  return {
    key: null,
    value: Buffer.from('sealed'),
    headers: [[REJECT_HEADER, Buffer.from(JSON.stringify(note))]] as const,
    // The partitions take turns, so that the newest is now here and now there.
    timestamp: BigInt(START + n * PARTITIONS + partition),
  };
}

beforeAll(async () => {
  const brokers = inject('stack').kafkaBrokers.split(',');
  bus = await openBus({ brokers, clientId: 'test', logger });
  dataset = policy(`pages-${randomBytes(4).toString('hex')}`);
  pages = new RejectPages(bus);
  await bus.admin.createTopic(dataset.topics.rejected, PARTITIONS, 1, {});
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = Array.from({ length: EACH }, (_, n) => record(partition, n));
    await bus.append(dataset.topics.rejected, partition, records);
  }
});
afterAll(() => bus.stop());

async function all(filter: { stage?: string; code?: string }, limit: number) {
  const found: ShownReject[] = [];
  for (let cursor: string | undefined, first = true; first || cursor !== undefined; first = false) {
    const page = await pages.page(dataset, filter, { cursor, limit });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    found.push(...page.items);
    cursor = page.cursor;
  }
  return found;
}

test('pages over several partitions hold every reject once, the newest first', async () => {
  const found = await all({}, 97);
  expect(found).toHaveLength(PARTITIONS * EACH);
  expect(new Set(found.map(({ id }) => id)).size).toBe(PARTITIONS * EACH);
  const times = found.map(({ at }) => Date.parse(at));
  expect(times).toEqual(times.toSorted((a, b) => b - a));
  expect(found[0]).toMatchObject({ id: `2:${EACH - 1}`, source: { partition: 2, offset: '299' } });
});

test('a filter passes over what it does not name, and loses none', async () => {
  const found = await all({ stage: 'mask', code: 'RECORD_WRONG_TYPE' }, 7);
  expect(found).toHaveLength((PARTITIONS * EACH) / 10);
  expect(new Set(found.map(({ stage }) => stage))).toEqual(new Set(['mask']));
});

test('a record of an impossible time is shown, and breaks nothing', async () => {
  const odd = policy(`odd-${randomBytes(4).toString('hex')}`);
  // As on a topic of somebody who trusts the clocks of producers.
  const anyTime = { 'message.timestamp.after.max.ms': String(2n ** 63n - 1n) };
  await bus.admin.createTopic(odd.topics.rejected, 1, 1, anyTime);
  const never = { ...record(0, 1), timestamp: 2n ** 52n };
  await bus.append(odd.topics.rejected, 0, [never, { ...record(0, 2), timestamp: 0n }]);
  const { items } = await pages.page(odd, {}, { limit: 10 });
  expect(items.map(({ at }) => at)).toEqual([
    '1970-01-01T00:00:00.000Z',
    '9999-12-31T23:59:59.999Z',
  ]);
});

test('what is written while somebody reads on page by page moves nothing', async () => {
  const first = await pages.page(dataset, {}, { limit: 10 });
  await bus.append(dataset.topics.rejected, 0, [record(0, EACH)]);
  const second = await pages.page(dataset, {}, { cursor: first.cursor, limit: 10 });
  const times = [...first.items, ...second.items].map(({ at }) => Date.parse(at));
  const newest = START + EACH * PARTITIONS - 1;
  expect(times).toEqual(Array.from({ length: 20 }, (_, n) => newest - n));
});

test('what a replay has settled, and what is no note, is told apart', async () => {
  const bare = { key: null, value: Buffer.from('x'), timestamp: BigInt(START + 10_000) };
  await bus.append(dataset.topics.rejected, 1, [bare]);
  const [newest] = (await pages.page(dataset, {}, { limit: 1 })).items;
  expect(newest).toMatchObject({ id: `1:${EACH}`, stage: 'unknown', code: 'RECORD_NOT_AUTHENTIC' });
  const group = stageGroup('replay', dataset.name);
  for (const partition of [0, 1, 2])
    await bus.admin.setCommitted(group, dataset.topics.rejected, partition, BigInt(EACH - 1));
  const { byCode, isWhole, total } = await pages.summary(dataset);
  expect([total, isWhole]).toEqual([5, true]);
  expect(byCode).toMatchObject([
    { stage: 'ingest', code: 'RECORD_UNKNOWN_FIELD', count: 3 },
    { count: 1 },
    { count: 1 },
  ]);
});
