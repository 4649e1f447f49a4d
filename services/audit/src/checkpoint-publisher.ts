import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, errorWord } from '@sealstream/bus';
import { CHECKPOINT_TOPIC, type Logger } from '@sealstream/contracts';
import type { Health } from '@sealstream/service';

const RETRY_MS = 1000;
/** What /readyz calls it. */
const WAIT = 'checkpoint on Kafka';

export interface PublisherOptions {
  readonly bus: Pick<Bus, 'append'>;
  /** The log's origin: the key of its checkpoints. */
  readonly origin: string;
  readonly logger: Logger;
  readonly health: Health;
}

/**
 * Brings the newest checkpoint to audit.checkpoints. Kafka being away never holds up the log: then
 * the newest one waits, and those between are skipped, since each covers all before it.
 */
export class CheckpointPublisher {
  readonly #options: PublisherOptions;
  readonly #stopped = new AbortController();
  #newest: string | null = null;
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;

  constructor(options: PublisherOptions) {
    this.#options = options;
  }

  /** Takes a new checkpoint; returns at once. */
  offer(note: string): void {
    this.#newest = note;
    if (!this.#isSending) this.#sending = this.#send();
  }

  /** Waits for the newest one to be written, at most so long. */
  async stop(withinMs: number): Promise<void> {
    const late = sleep(withinMs, undefined, { signal: this.#stopped.signal });
    await Promise.race([this.#sending, late.catch(() => undefined)]);
    this.#stopped.abort();
    await this.#sending;
  }

  async #send(): Promise<void> {
    const { bus, health, logger, origin } = this.#options;
    this.#isSending = true;
    while (this.#newest !== null && !this.#stopped.signal.aborted) {
      const note = this.#newest;
      this.#newest = null;
      try {
        const record = { key: Buffer.from(origin), value: Buffer.from(note) };
        await bus.append(CHECKPOINT_TOPIC, 0, [record]);
        health.met(WAIT);
      } catch (error) {
        this.#newest ??= note;
        health.waitFor(WAIT, errorWord(error));
        logger.warn({ topic: CHECKPOINT_TOPIC, code: errorWord(error) }, 'checkpoint sent again');
        await sleep(RETRY_MS, undefined, { signal: this.#stopped.signal }).catch(() => undefined);
      }
    }
    this.#isSending = false;
  }
}
