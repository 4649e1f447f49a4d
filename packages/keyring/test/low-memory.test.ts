import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('low-memory-process.ts', import.meta.url));

interface Outcome {
  /** `['gave', 'worked']`, or the code of the error. */
  readonly worked: unknown;
  /** The bounds that it was told. */
  readonly told: readonly number[];
  readonly wrong: number;
  readonly again: number;
  readonly size: number;
  /** Whether an arena beside it could be made. */
  readonly others: boolean;
}

/** Runs the program where so many KiB can be locked. */
function within(kib: number, ...given: number[]): Outcome {
  // Root may lock whatever the limit says, unless it gives that right away.
  const root = process.geteuid?.() === 0 ? 'setpriv --bounding-set -ipc_lock -- ' : '';
  const command = `ulimit -l ${kib} && exec ${root}"$0" -C sealstream-source "$@"`;
  const words = [PROGRAM, ...given.map(String)];
  const run = spawnSync('sh', ['-c', command, process.execPath, ...words], { encoding: 'utf8' });
  expect(run.stderr).toBe('');
  return JSON.parse(run.stdout) as Outcome;
}

describe.runIf(process.platform === 'linux')('a cache of subject keys', () => {
  test('with 8 MiB to lock keeps working far past it, with right keys, and says each bound once', () => {
    const { size, told, ...rest } = within(8192, 2000, 50, 3);
    expect(rest).toMatchObject({ worked: ['gave', 'worked'], wrong: 0, others: true });
    expect(told).toHaveLength(1);
    expect(told.at(-1)).toBeGreaterThan(20_000);
    expect(size).toBeLessThanOrEqual(told.at(-1) ?? 0);
  });

  test('with room for hardly more than two batches works on, too', () => {
    const { size, told, ...rest } = within(1200, 500, 60, 3);
    expect(rest).toMatchObject({ worked: ['gave', 'worked'], wrong: 0, others: true });
    expect(size).toBeLessThanOrEqual(told.at(-1) ?? 0);
  });

  test('that is full when a field is first seen gives up some subjects for it, and goes on', () => {
    const { size, told, ...rest } = within(1200, 1000, 40, 2);
    expect(rest).toMatchObject({ worked: ['gave', 'worked'], wrong: 0, others: true });
    // Full at first, and fuller when the late field took its share.
    expect(told).toHaveLength(2);
    expect(told.at(1)).toBeLessThan(told.at(0) ?? 0);
    expect(size).toBeLessThanOrEqual(told.at(1) ?? 0);
  });

  test('whose batches are larger than all that can be locked fails, and gives no wrong key', () => {
    const { worked, wrong } = within(1200, 20_000, 2, 2);
    expect([worked, wrong]).toEqual(['MEMORY_NOT_LOCKED', 0]);
  });

  test('that can lock not one page fails at once', () => {
    expect(within(40, 10, 1, 1).worked).toBe('MEMORY_NOT_LOCKED');
  });

  test('with enough to lock is told of no bound', () => {
    expect(within(8192, 500, 10, 2)).toMatchObject({ worked: ['gave', 'worked'], told: [] });
  });
});
