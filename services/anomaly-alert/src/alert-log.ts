import { setTimeout as sleep } from 'node:timers/promises';

import { type Bus, errorWord, type KafkaRecord } from '@sealstream/bus';
import { ALERT_TOPIC, AlertEvent, type Logger } from '@sealstream/contracts';
import { TopicFeed } from '@sealstream/service';

/** One partition, so that changes of different alerts stand in order too. */
const PARTITION = 0;
const RETRY_MS = 1000;
const MOST_WAITING = 10_000;

/**
 * The state changes of all alerts on security.alerts (compacted, key = alert id).
 *
 * Promises: changes are written in order and tried again for as long as Kafka is away; one that
 * says what the topic says already, because another watcher was first, is not written again; what
 * stands on the topic is known from the start, so a restart forgets no firing alert.
 */
export class AlertLog {
  readonly #bus: Pick<Bus, 'admin' | 'append' | 'read'>;
  readonly #logger: Logger;
  readonly #latest = new Map<string, AlertEvent>();
  readonly #waiting: AlertEvent[] = [];
  readonly #stopping = new AbortController();
  #feed: TopicFeed | null = null;
  #isWriting = false;
  #writing: Promise<void> = Promise.resolve();

  private constructor(bus: Pick<Bus, 'admin' | 'append' | 'read'>, logger: Logger) {
    this.#bus = bus;
    this.#logger = logger;
  }

  /** @throws SealstreamError TOPIC_MISSING */
  static async open(
    bus: Pick<Bus, 'admin' | 'append' | 'read'>,
    logger: Logger,
  ): Promise<AlertLog> {
    const log = new AlertLog(bus, logger);
    log.#feed = await TopicFeed.open({
      bus,
      logger,
      topics: [ALERT_TOPIC],
      from: 'earliest',
      onRecord: (_, record) => log.#take(record),
    });
    return log;
  }

  /** Alerts that an earlier or another watcher left firing. */
  firing(): AlertEvent[] {
    return [...this.#latest.values()].filter(({ state }) => state === 'firing');
  }

  /** Changes that are not yet written. */
  get waiting(): number {
    return this.#waiting.length;
  }

  publish(event: AlertEvent): void {
    // Only a Kafka that is away for days gets here; the newest changes are what counts then.
    if (this.#waiting.length >= MOST_WAITING) this.#waiting.shift();
    this.#waiting.push(event);
    if (!this.#isWriting) this.#writing = this.#write();
  }

  /** Waits for what is being written, at most so long. */
  async stop(withinMs: number): Promise<void> {
    await Promise.race([this.#writing, sleep(withinMs, undefined, { ref: false })]);
    this.#stopping.abort();
    await this.#feed?.stop();
  }

  #take({ key, value }: KafkaRecord): void {
    if (key === null) return;
    const event = parsed(value);
    if (event === null) this.#latest.delete(key.toString('utf8'));
    else this.#latest.set(event.id, event);
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    const { signal } = this.#stopping;
    let tries = 0;
    while (!signal.aborted) {
      const event = this.#waiting.shift();
      if (event === undefined) break;
      if (this.#latest.get(event.id)?.state === event.state) continue;
      try {
        const record = { key: Buffer.from(event.id), value: Buffer.from(JSON.stringify(event)) };
        await this.#bus.append(ALERT_TOPIC, PARTITION, [record]);
        this.#latest.set(event.id, event);
        tries = 0;
      } catch (error) {
        this.#waiting.unshift(event);
        const code = errorWord(error);
        const fields = { topic: ALERT_TOPIC, alert: event.id, code };
        // Once per outage is enough to know.
        if (tries === 0) this.#logger.warn(fields, 'alert not written, trying again');
        else this.#logger.debug(fields, 'alert written again');
        tries += 1;
        await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
      }
    }
    this.#isWriting = false;
  }
}

function parsed(value: Buffer | null): AlertEvent | null {
  try {
    return AlertEvent.safeParse(JSON.parse(value?.toString('utf8') ?? '')).data ?? null;
  } catch {
    return null;
  }
}
