import { readdirSync, readFileSync } from 'node:fs';

/** Linux's USER_HZ: what /proc/PID/stat counts in, whatever the kernel's own tick. */
const TICKS_PER_SECOND = 100;

/** What a process has used since its start, all threads together. */
export interface ProcessTimes {
  readonly atMs: number;
  /** User and system, in steps of 10 ms. */
  readonly cpuSeconds: number;
  /** How often a thread of it went to sleep, which is how often one woke up. */
  readonly sleeps: number;
}

/** Of a process of ours, by Linux's /proc (proc_pid_stat(5), proc_pid_status(5)). */
export function processTimes(pid: number): ProcessTimes {
  // The second field is the program's name in brackets, which may hold spaces.
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1)?.split(' ') ?? [];
  const ticks = Number(fields[11]) + Number(fields[12]);
  let sleeps = 0;
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const status = readFileSync(`/proc/${pid}/task/${thread}/status`, 'utf8');
    sleeps += Number(/^voluntary_ctxt_switches:\s*(\d+)$/m.exec(status)?.[1]);
  }
  return { atMs: performance.now(), cpuSeconds: ticks / TICKS_PER_SECOND, sleeps };
}

export interface Load {
  /** Share of one core, in per cent. */
  readonly cpuPercent: number;
  readonly wakeUpsPerSecond: number;
}

/** What a process used between two looks at it. */
export function loadBetween(before: ProcessTimes, after: ProcessTimes): Load {
  const seconds = (after.atMs - before.atMs) / 1000;
  return {
    cpuPercent: (100 * (after.cpuSeconds - before.cpuSeconds)) / seconds,
    wakeUpsPerSecond: (after.sleeps - before.sleeps) / seconds,
  };
}
