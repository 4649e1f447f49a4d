import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '@sealstream/bus';
import { type Logger, stageGroup } from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';
import { errorFields } from '@sealstream/service';

/** Shown as the reason why ingest does not run. */
const BEHIND = 'DOWNSTREAM_BEHIND';
const BRANCHES = ['mask', 'encrypt'] as const;
const READ_MS = 5000;

interface DownstreamAgeOptions {
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly dataset: Dataset;
  /** The age of the oldest unread accepted record from which on nothing more is accepted. */
  readonly limitMs: number;
  readonly everyMs: number;
  readonly stage: { pause(code: string): void; resume(code: string): void };
  readonly logger: Logger;
}

/**
 * Holds ingest back while mask or encrypt is so far behind that accepted records could reach the end
 * of their retention unread: then raw, which keeps what is unread, is the better place to wait.
 */
export class DownstreamAge {
  readonly #options: DownstreamAgeOptions;
  readonly #timer: NodeJS.Timeout;
  #running: Promise<void> = Promise.resolve();
  #isBehind = false;

  constructor(options: DownstreamAgeOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#running = this.#running.then(() => this.#look());
    }, options.everyMs).unref();
  }

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#running;
  }

  async #look(): Promise<void> {
    const { limitMs, logger, stage } = this.#options;
    try {
      const ageMs = await this.#oldestAgeMs();
      if (ageMs > limitMs && !this.#isBehind) {
        logger.error({ code: BEHIND, ageMs }, 'a branch is too far behind: accepting stops');
      }
      this.#isBehind = ageMs > limitMs;
      if (this.#isBehind) stage.pause(BEHIND);
      else stage.resume(BEHIND);
    } catch (error) {
      logger.warn(errorFields(error), 'the age of unread accepted records is not known');
    }
  }

  async #oldestAgeMs(): Promise<number> {
    const { bus, dataset } = this.#options;
    const topic = dataset.topics.accepted;
    const partitions = await bus.admin.partitionCount(topic);
    let oldestMs = Date.now();
    for (const branch of BRANCHES) {
      const group = stageGroup(branch, dataset.name);
      for (let partition = 0; partition < partitions; partition += 1) {
        const { offset } = await bus.admin.committed(group, topic, partition);
        const timestamp = await this.#timestampAt(topic, partition, offset);
        if (timestamp !== null) oldestMs = Math.min(oldestMs, Number(timestamp));
      }
    }
    return Date.now() - oldestMs;
  }

  /** When the first record at or after an offset was accepted; null when there is none. */
  async #timestampAt(topic: string, partition: number, committed: bigint): Promise<bigint | null> {
    const { bus } = this.#options;
    const [start, end] = await Promise.all([
      bus.admin.offset(topic, partition, 'earliest'),
      bus.admin.offset(topic, partition, 'latest'),
    ]);
    const offset = committed < start ? start : committed;
    if (offset >= end) return null;
    const giveUp = new AbortController();
    const late = sleep(READ_MS, undefined, { signal: giveUp.signal }).then(
      () => giveUp.abort(),
      () => undefined,
    );
    const starts = [{ topic, partition, offset }];
    try {
      for await (const { records } of bus.read({ starts, until: 'end', signal: giveUp.signal })) {
        if (records.length > 0) return records[0].timestamp;
      }
      return null;
    } finally {
      giveUp.abort();
      await late;
    }
  }
}
