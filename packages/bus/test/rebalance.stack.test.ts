import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Bus } from '../src/index.ts';
import { expectExactlyOnce } from './exactly-once.ts';
import { Trickle } from './partition-gaps.ts';
import {
  connect,
  endAllWorkers,
  endWorker,
  type Flow,
  isDrained,
  linesOf,
  newFlow,
  startWorker,
  until,
} from './workers.ts';

/** The others' partitions stand still for less than this while one member comes or goes. */
const OTHERS_MS = 3000;
/** The least that a broker of default settings allows. */
const SESSION_MS = '6000';
/** Longer than a restart takes on a busy machine. */
const STATIC_SESSION_MS = '20000';

const brokers = inject('stack').kafkaBrokers;
let bus: Bus;

beforeAll(async () => {
  bus = await connect(brokers);
});
afterEach(endAllWorkers);
afterAll(() => bus.stop());

/** Three workers on twelve partitions that all move. */
async function threeWorkers(isStatic: boolean) {
  const flow = await newFlow(bus, brokers, 12);
  const settings = (index: number): Record<string, string> => ({
    SESSION_MS: isStatic ? STATIC_SESSION_MS : SESSION_MS,
    ...(isStatic && { INSTANCE_ID: `worker-${index}` }),
  });
  const start = (index: number) => startWorker(flow, settings(index));
  const workers = await Promise.all([0, 1, 2].map(start));
  const trickle = new Trickle(bus, flow);
  trickle.start();
  await until(() => workers.every(({ pid }) => ownedBy(trickle, pid).length === 4));
  return { flow, start, trickle, workers };
}

function ownedBy(trickle: Trickle, pid: number | undefined): number[] {
  return trickle.owners.flatMap((owner, partition) => (owner === String(pid) ? [partition] : []));
}

const generationsOf = (worker: ChildProcess) =>
  linesOf(worker).filter((line) => line.startsWith('generation'));

/** Watches what a change does to the partitions: whose they were, and how long each stood still. */
async function watched(trickle: Trickle, mine: readonly number[], change: () => Promise<void>) {
  const sinceMs = performance.now();
  await change();
  const movedMs = performance.now();
  await until(() => trickle.hasMovedSince(movedMs));
  const gaps = trickle.gapsSince(sinceMs);
  const worst = (wanted: boolean) =>
    Math.round(Math.max(...gaps.filter((_, partition) => mine.includes(partition) === wanted)));
  return { mine: worst(true), others: worst(false) };
}

async function expectNothingLost(flow: Flow, trickle: Trickle): Promise<void> {
  const written = await trickle.stop();
  await until(() => isDrained(bus, flow));
  await expectExactlyOnce(bus, flow, written);
}

describe('three static members', () => {
  it('notice nothing when one restarts within its session, and its partitions come back to it', async () => {
    const { flow, start, trickle, workers } = await threeWorkers(true);
    const before = workers.map(generationsOf);
    for (const [index, signal] of [['0', 'SIGTERM'] as const, ['1', 'SIGKILL'] as const]) {
      const old = workers[Number(index)];
      const mine = ownedBy(trickle, old.pid);
      let next = old;
      const gaps = await watched(trickle, mine, async () => {
        await endWorker(old, signal);
        next = await start(Number(index));
        await until(() => ownedBy(trickle, next.pid).length === mine.length);
      });
      expect(gaps.others).toBeLessThan(OTHERS_MS);
      expect(ownedBy(trickle, next.pid)).toEqual(mine);
      expect(generationsOf(next)).toEqual(before[0].slice(-1));
      workers[Number(index)] = next;
    }
    expect(generationsOf(workers[2])).toEqual(before[2]);
    await expectNothingLost(flow, trickle);
  });

  it('end the one whose instance id another process takes, with a code that says so', async () => {
    const flow = await newFlow(bus, brokers, 2);
    const settings = { INSTANCE_ID: 'the-same' };
    const first = await startWorker(flow, settings);
    await until(() => generationsOf(first).length > 0);
    const gone = once(first, 'exit');
    const second = await startWorker(flow, settings);
    expect(await gone).toEqual([1, null]);
    expect(linesOf(first).at(-1)).toBe('failed INSTANCE_ID_TAKEN');
    expect(second.exitCode).toBeNull();
    await endWorker(second, 'SIGTERM');
  });
});

describe('three dynamic members', () => {
  it('go on with their partitions while one restarts, and while one that was killed is waited for', async () => {
    const { flow, start, trickle, workers } = await threeWorkers(false);
    const left = ownedBy(trickle, workers[0].pid);
    let next = workers[0];
    const restart = await watched(trickle, left, async () => {
      await endWorker(workers[0], 'SIGTERM');
      next = await start(0);
      await until(() => ownedBy(trickle, next.pid).length === 4);
    });
    expect(restart.others).toBeLessThan(OTHERS_MS);
    const mine = ownedBy(trickle, next.pid);
    const kill = await watched(trickle, mine, async () => {
      await endWorker(next, 'SIGKILL');
      await until(() => ownedBy(trickle, next.pid).length === 0);
    });
    expect(kill.others).toBeLessThan(OTHERS_MS);
    expect(kill.mine).toBeGreaterThan(3000);
    await expectNothingLost(flow, trickle);
  });
});
