import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { TopicPartition } from '../src/group-protocol.ts';
import { LaneSet } from '../src/lane-set.ts';

/** Work that ends when the test says so. */
class Work {
  readonly partition: number;
  isStarted = false;
  isStopped = false;
  end: () => void = () => undefined;
  readonly #done = new Promise<void>((resolve) => {
    this.end = resolve;
  });

  constructor({ partition }: TopicPartition) {
    this.partition = partition;
  }

  start(): Promise<void> {
    this.isStarted = true;
    return this.#done;
  }

  async stop(withinMs: number): Promise<void> {
    this.isStopped = true;
    await Promise.race([this.#done, sleep(withinMs)]);
  }
}

function newSet() {
  const made: Work[] = [];
  const lanes = new LaneSet((at) => {
    const work = new Work(at);
    made.push(work);
    return work;
  });
  const want = (partitions: number[], withinMs = 10_000) =>
    lanes.want(
      partitions.map((partition) => ({ topic: 'a', partition })),
      withinMs,
    );
  const held = () => lanes.held.map(({ partition }) => partition);
  return { held, lanes, made, want };
}

describe('the lanes of a stage', () => {
  it('go on where a new assignment still has them, and only the others stop', async () => {
    const { held, lanes, made, want } = newSet();
    await want([0, 1, 2]);
    const given = want([1, 2, 3]);
    expect(made.map(({ isStopped }) => isStopped)).toEqual([true, false, false, false]);
    expect(lanes.running.map(({ partition }) => partition)).toEqual([1, 2, 3]);
    // Told to the group until it has ended, so that nobody else begins before.
    expect(held()).toEqual([0, 1, 2, 3]);
    made[0].end();
    await given;
    expect(held()).toEqual([1, 2, 3]);
  });

  it('begin again on a partition that comes back only when the last work on it has ended', async () => {
    const { lanes, made, want } = newSet();
    await want([0]);
    void want([]);
    const back = want([0]);
    expect(made.length).toBe(1);
    expect(lanes.running).toEqual([]);
    made[0].end();
    await back;
    expect(made.length).toBe(2);
    expect(made[1].isStarted).toBe(true);
    expect(lanes.running).toEqual([made[1]]);
  });

  it('are given up when their time is over, but not doubled while they still hang', async () => {
    const { held, made, want } = newSet();
    await want([0]);
    await want([], 20);
    expect(held()).toEqual([]);
    await want([0]);
    expect(made.length).toBe(1);
    made[0].end();
    await sleep(0);
    expect(made.length).toBe(2);
    expect(held()).toEqual([0]);
  });

  it('that ended by themselves are seen until they are given up, and are not begun again', async () => {
    const { lanes, made, want } = newSet();
    await want([0]);
    made[0].end();
    await sleep(0);
    await want([0]);
    expect(lanes.running).toEqual([made[0]]);
    await want([]);
    expect(lanes.running).toEqual([]);
    await want([0]);
    expect(made.length).toBe(2);
  });
});
