import { randomBytes } from 'node:crypto';

import { type Bus, openBus } from '@sealstream/bus';
import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest';

import { checkTopics, watchCompaction } from '../src/topic-check.ts';

const { kafkaBrokers } = inject('stack');
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const id = randomBytes(4).toString('hex');
const SOURCE = `source.${id}`;
const KEPT = `kept.${id}`;
const COMPACTED = `compacted.${id}`;
const needed = (topic: string, keysStay: boolean) => ({ topic, leastBytes: 0, keysStay });
let bus: Bus;

beforeAll(async () => {
  bus = await openBus({ brokers: kafkaBrokers.split(','), clientId: 'test', logger });
  await bus.admin.createTopic(SOURCE, 1, 1, {});
  await bus.admin.createTopic(KEPT, 1, 1, { 'cleanup.policy': 'delete' });
  await bus.admin.createTopic(COMPACTED, 1, 1, { 'cleanup.policy': 'compact,delete' });
  for (const topic of [SOURCE, KEPT, COMPACTED])
    await vi.waitUntil(async () => (await bus.admin.partitionCount(topic)) === 1);
});
afterAll(async () => bus.stop());

/** Notes for which codes a stage is paused. */
class Paused {
  readonly codes = new Set<string>();
  pause = (code: string) => void this.codes.add(code);
  resume = (code: string) => void this.codes.delete(code);
}

describe('an output that is compacted', () => {
  test('keeps a stage from starting when its keys do not stay, and not when they do', async () => {
    const check = (topic: string, keysStay: boolean) =>
      checkTopics(bus, SOURCE, [needed(topic, keysStay)], logger);
    await expect(check(COMPACTED, false)).rejects.toMatchObject({ code: 'TOPIC_COMPACTED' });
    await expect(check(COMPACTED, true)).resolves.toBeUndefined();
    await expect(check(KEPT, false)).resolves.toBeUndefined();
  });

  test('pauses a stage that runs when its keys do not stay, until it is compacted no more', async () => {
    const stage = new Paused();
    const topic = `later.${id}`;
    await bus.admin.createTopic(topic, 1, 1, { 'cleanup.policy': 'compact' });
    const stop = watchCompaction(bus, [needed(topic, false)], stage, logger, 50);
    await expect.poll(() => [...stage.codes]).toEqual(['TOPIC_COMPACTED']);
    await bus.admin.deleteTopic(topic);
    await expect
      .poll(() => bus.admin.createTopic(topic, 1, 1, {}).catch(() => false), {
        timeout: 10_000,
      })
      .toBe(true);
    await expect.poll(() => [...stage.codes], { timeout: 10_000 }).toEqual([]);
    stop();
  });

  test('is not looked at where its keys stay', async () => {
    const stage = new Paused();
    const other = new Paused();
    const stop = [
      watchCompaction(bus, [needed(COMPACTED, true)], stage, logger, 10),
      watchCompaction(bus, [needed(COMPACTED, false)], other, logger, 10),
    ];
    await expect.poll(() => other.codes.size).toBe(1);
    expect(stage.codes.size).toBe(0);
    for (const end of stop) end();
  });
});
