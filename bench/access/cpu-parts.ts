import { processTimes } from '../ground/process-times.ts';

const PARTS = ['access', 'redis', 'kafka'] as const;

/** CPU seconds of each since it was started. */
export type CpuOfParts = Readonly<Record<(typeof PARTS)[number], number>>;

/** CPU time of the processes that a reveal goes through. */
export class CpuParts {
  readonly #pids: Readonly<Partial<Record<string, number>>>;

  constructor(pids: Readonly<Partial<Record<string, number>>>) {
    this.#pids = pids;
  }

  now(): CpuOfParts {
    const [access, redis, kafka] = PARTS.map((name) => {
      const pid = this.#pids[name];
      return pid === undefined ? 0 : processTimes(pid).cpuSeconds;
    });
    return { access, redis, kafka };
  }

  since(before: CpuOfParts): CpuOfParts {
    const now = this.now();
    return {
      access: now.access - before.access,
      redis: now.redis - before.redis,
      kafka: now.kafka - before.kafka,
    };
  }
}
