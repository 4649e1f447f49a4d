import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { type Bus, openBus, type StageBatch } from '../src/index.ts';
import { logger } from './quiet-logger.ts';
import { connect, passOn, readAll, until } from './workers.ts';

const brokers = inject('stack').kafkaBrokers;
const namePrefix = `mine-${randomBytes(4).toString('hex')}.`;
let plain: Bus;
let mine: Bus;

beforeAll(async () => {
  plain = await connect(brokers);
  const options = { brokers: brokers.split(','), clientId: 'mine', logger };
  mine = await openBus({ ...options, namePrefix });
});
afterAll(() => Promise.all([plain.stop(), mine.stop()]));

test('a bus with a prefix knows its own topics alone, by the names without it', async () => {
  expect(await mine.admin.createTopic('in', 2, 1, {})).toBe(true);
  expect(await mine.admin.createTopic('out', 2, 1, {})).toBe(true);
  // Brokers learn of a new topic a moment later.
  await until(async () => (await mine.admin.partitionCount('out')) === 2);
  const names = (await mine.admin.topics(null)).map(({ name }) => name);
  expect(names.sort()).toEqual(['in', 'out']);
  expect(await plain.admin.partitionCount('in')).toBe(0);
  expect(await plain.admin.partitionCount(`${namePrefix}in`)).toBe(2);
  expect((await mine.admin.settings('in')).get('cleanup.policy')).toBe('delete');
});

test('a stage reads, writes and commits under the prefix, and its transform sees no trace of it', async () => {
  const seen: StageBatch[] = [];
  const committed: string[] = [];
  await mine.append('in', 1, [{ key: null, value: Buffer.from('hello') }]);
  const stage = await mine.stage({
    name: 'copy',
    groupId: 'copiers',
    source: 'in',
    outputs: ['out'],
    lingerMs: 1,
    transform: (batch, out) => {
      seen.push(batch);
      passOn('out')(batch, out);
    },
    observer: {
      onCommitted: ({ topic }, outputs) => {
        committed.push(topic, ...outputs.map((output) => output.topic));
      },
    },
  });
  await until(async () => committed.length > 0);
  expect((await mine.admin.members('copiers')).length).toBe(1);
  expect((await plain.admin.members(`${namePrefix}copiers`)).length).toBe(1);
  await stage.stop();
  expect(seen.map(({ topic }) => topic)).toEqual(['in']);
  expect(committed).toEqual(['in', 'out']);
  const out = await readAll(plain, `${namePrefix}out`, 2);
  expect(out.flat().map(({ value }) => value?.toString())).toEqual(['hello']);
  expect((await mine.admin.committed('copiers', 'in', 1)).offset).toBe(1n);
  expect((await plain.admin.committed('copiers', 'in', 1)).offset).toBe(-1n);
  await mine.admin.deleteTopic('in');
  await until(async () => (await plain.admin.partitionCount(`${namePrefix}in`)) === 0);
});
