import { createHook, executionAsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Allocations } from './fault-client.ts';

const MAKERS = ['alloc', 'allocUnsafe', 'allocUnsafeSlow', 'from', 'concat'] as const;

type Maker = (...input: unknown[]) => Buffer;

/** Counts the Buffers that are made while `work` runs. */
export async function countedAllocations(work: () => unknown): Promise<Allocations> {
  const makers = Buffer as unknown as Record<string, Maker>;
  const before = MAKERS.map((name) => makers[name]);
  let calls = 0;
  let bytes = 0;
  let depth = 0;
  for (const [index, name] of MAKERS.entries()) {
    makers[name] = (...input) => {
      depth += 1;
      try {
        const made = Reflect.apply(before[index], Buffer, input);
        // One maker may call another: what comes of it is counted once.
        if (depth === 1) {
          calls += 1;
          bytes += made.length;
        }
        return made;
      } finally {
        depth -= 1;
      }
    };
  }
  try {
    await work();
  } finally {
    for (const [index, name] of MAKERS.entries()) makers[name] = before[index];
  }
  return { calls, bytes };
}

/** Counts how many array elements are gone through by for-of and spread while `work` runs. */
export function countedArraySteps(work: () => void): number {
  const own = Array.prototype as unknown as { [Symbol.iterator]: () => Iterator<unknown> };
  const iterate = own[Symbol.iterator];
  let steps = 0;
  own[Symbol.iterator] = function counted(this: unknown[]) {
    const iterator = iterate.call(this);
    return {
      next: () => {
        steps += 1;
        return iterator.next();
      },
      [Symbol.iterator]() {
        return this;
      },
    } as Iterator<unknown>;
  };
  try {
    work();
  } finally {
    own[Symbol.iterator] = iterate;
  }
  return steps;
}

/** CPU milliseconds of the quickest of several tries, so that a busy machine counts for little. */
export function leastCpuMs(work: () => void): number {
  let least = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 8; tries += 1) {
    const before = process.cpuUsage();
    work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 1000);
  }
  return least;
}

/** Node says the same thing once in the life of a process, so they are collected from its start. */
const warnings = new Set<string>();
process.on('warning', ({ name }) => warnings.add(name));

/** Counts how often timers wake the process while it is left alone; names its warnings so far. */
export async function countedIdling(
  forMs: number,
): Promise<{ wakeUps: number; warnings: readonly string[] }> {
  const own = setTimeout(() => undefined, 0);
  let wakeUps = 0;
  const hook = createHook({
    before: () => {
      if (executionAsyncResource().constructor === own.constructor) wakeUps += 1;
    },
  }).enable();
  try {
    await sleep(forMs);
  } finally {
    hook.disable();
  }
  return { wakeUps, warnings: [...warnings] };
}
