import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Injection, READY_MS, serviceOf } from './injection.ts';

/**
 * More than a start writes to its log, less than a bundle of audit entries: a file that would grow
 * beyond is refused, as when the disk is full, after as much of it as still fitted.
 */
const LEFT_BYTES = 12 * 1024;
const LOOK_MS = 100;
const JUMP_LEAST_SECONDS = 60;
const JUMP_SPAN_SECONDS = 7200;

/** Sets the soft limit of file sizes (RLIMIT_FSIZE, which Node answers with EFBIG). */
function limitFiles(prlimit: string, pid: number, bytes: number | 'unlimited'): void {
  const args = ['--pid', String(pid), `--fsize=${bytes}:`];
  const done = spawnSync(prlimit, args, { encoding: 'utf8' });
  // A process that is gone by now needs no limit.
  if (done.status !== 0 && !/No such process/.test(done.stderr))
    throw new Error(`prlimit failed: ${done.stderr.trim()}`);
}

/**
 * No file of the audit service grows beyond a few kilobytes for a while: its own kind of a full disk,
 * which needs no root. Its supervisor goes on starting it.
 */
export const diskFull: Injection = async (victims, fault) => {
  const { prlimit } = victims.ground.tools;
  await victims.turns.take(fault.target, async () => {
    const service = serviceOf(victims, fault);
    const before = service.unasked.length;
    service.onStart = (pid) => limitFiles(prlimit, pid, LEFT_BYTES);
    try {
      // With a log of its own, so that it is the audit log that finds no room.
      await service.restart('SIGTERM');
      const isFull = () => service.unasked.length > before;
      for (const deadline = performance.now() + READY_MS; !isFull(); await sleep(LOOK_MS))
        if (performance.now() > deadline) return victims.tally.cameToNothing(fault);
      await sleep(fault.forMs);
      victims.tally.done(fault);
    } finally {
      service.onStart = () => undefined;
      if (service.process !== undefined) limitFiles(prlimit, service.process.pid, 'unlimited');
    }
  });
};

/** The time of day of one process jumps ahead, then behind; its monotonic clock goes on. */
export const clockJump: Injection = async (victims, fault) => {
  const { place, tools } = victims.ground;
  const file = join(place.tmp, `clock-${fault.target}`);
  const seconds = JUMP_LEAST_SECONDS + (fault.dice % JUMP_SPAN_SECONDS);
  const set = (offset: string) => writeFileSync(file, `${offset}\n`);
  await victims.turns.take(fault.target, async () => {
    const service = serviceOf(victims, fault);
    set('+0');
    await service.restart('SIGTERM', {
      LD_PRELOAD: tools.faketimeLibrary,
      FAKETIME_TIMESTAMP_FILE: file,
      FAKETIME_CACHE_DURATION: '1',
      FAKETIME_DONT_FAKE_MONOTONIC: '1',
    });
    try {
      await service.untilReady(READY_MS);
      set(`+${seconds}`);
      await sleep(fault.forMs / 2);
      set(`-${seconds}`);
      await sleep(fault.forMs / 2);
    } finally {
      set('+0');
    }
  });
  victims.tally.done(fault);
};
