import type { Bus } from '@sealstream/bus';
import { ALERT_TOPIC, AlertEvent, type Logger, SealstreamError } from '@sealstream/contracts';
import type { RedisLink } from '@sealstream/redis-link';
import { TopicFeed } from '@sealstream/service';

import { type Acknowledgement, Acknowledgements } from './acknowledgements.ts';
import { KAFKA_WAIT_MS } from './kafka-answer.ts';

/** Of alerts that have resolved, so many are remembered: the newest. */
const RESOLVED_MAX = 1000;

/** An alert, and who looks after it. */
export interface ShownAlert {
  readonly event: AlertEvent;
  readonly acknowledged?: Acknowledgement | undefined;
}

export interface AlertDeskOptions {
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly logger: Logger;
  readonly redis: Pick<RedisLink, 'prefix' | 'redis' | 'writer'>;
}

/**
 * The alerts of security.alerts, and who has seen them.
 *
 * Promises: an answer holds what stood on the topic when it was asked for; an acknowledgement is of one
 * firing, so an alert that resolves and fires again is nobody's. Every alert that fires is held; of the
 * resolved the newest thousand.
 */
export class AlertDesk {
  readonly #acknowledged: Acknowledgements;
  readonly #latest = new Map<string, AlertEvent>();
  #feed: TopicFeed | null = null;

  private constructor({ redis }: AlertDeskOptions) {
    this.#acknowledged = new Acknowledgements(redis);
  }

  /** @throws SealstreamError TOPIC_MISSING */
  static async open(options: AlertDeskOptions): Promise<AlertDesk> {
    const desk = new AlertDesk(options);
    const { bus, logger } = options;
    desk.#feed = await TopicFeed.open({
      bus,
      logger,
      topics: [ALERT_TOPIC],
      from: 'earliest',
      onRecord: (_, { key, value }) => desk.#take(key, value),
    });
    return desk;
  }

  async stop(): Promise<void> {
    await this.#feed?.stop();
  }

  /**
   * All alerts: those that fire first, then the newest first.
   *
   * @throws SealstreamError KAFKA_UNREACHABLE, REDIS_UNREACHABLE, REDIS_REFUSED
   */
  async list(): Promise<ShownAlert[]> {
    await this.#feed?.caughtUp(KAFKA_WAIT_MS);
    const firing = [...this.#latest.values()].filter(isFiring);
    const acknowledged = await this.#acknowledged.of(firing.map(({ id }) => id));
    return [...this.#latest.values()]
      .toSorted((a, b) => Number(isFiring(b)) - Number(isFiring(a)) || later(a, b))
      .map((event) => shown(event, acknowledged.get(event.id)));
  }

  /**
   * Notes that somebody looks after an alert that fires; in the place of whoever did before.
   *
   * @throws SealstreamError ALERT_UNKNOWN when it does not fire; KAFKA_UNREACHABLE, REDIS_*
   */
  async acknowledge(id: string, by: string, note: string | undefined): Promise<ShownAlert> {
    await this.#feed?.caughtUp(KAFKA_WAIT_MS);
    const event = this.#latest.get(id);
    if (event?.state !== 'firing') throw new SealstreamError('ALERT_UNKNOWN');
    const kept = { firing: event.time, by, at: new Date().toISOString(), note };
    await this.#acknowledged.put(id, kept);
    return shown(event, kept);
  }

  #take(key: Buffer | null, value: Buffer | null): void {
    if (key === null) return;
    const id = key.toString('utf8');
    const event = parsed(value);
    // What changed last stands last: the oldest of the resolved are at the beginning.
    this.#latest.delete(id);
    if (event?.id !== id) return;
    this.#latest.set(id, event);
    const resolved = [...this.#latest.values()].filter((one) => !isFiring(one));
    if (resolved.length > RESOLVED_MAX) this.#latest.delete(resolved[0]?.id ?? id);
  }
}

function shown(event: AlertEvent, kept: Acknowledgement | undefined): ShownAlert {
  const isOfThis = isFiring(event) && kept?.firing === event.time;
  return isOfThis ? { event, acknowledged: kept } : { event };
}

function isFiring({ state }: AlertEvent): boolean {
  return state === 'firing';
}

function later(a: AlertEvent, b: AlertEvent): number {
  return Date.parse(b.time) - Date.parse(a.time);
}

function parsed(value: Buffer | null): AlertEvent | undefined {
  try {
    return AlertEvent.safeParse(JSON.parse(value?.toString('utf8') ?? '')).data;
  } catch {
    return undefined;
  }
}
