import { setTimeout as sleep } from 'node:timers/promises';

import { type Bus, errorWord } from '@sealstream/bus';
import {
  auditTopic,
  formTest,
  type Logger,
  PlainEvent,
  SealstreamError,
} from '@sealstream/contracts';

/** One partition, so that the numbers of an emitter stand in order. */
const PARTITION = 0;
const MOST_WAITING = 1000;
/** Events of one append, and their bytes: half of what brokers take as they come. */
const MOST_TOGETHER = 200;
const MOST_BYTES_TOGETHER = 512 * 1024;
const RETRY_MS = 1000;
/** Brokers that start may not know the rights of a user yet. */
const REFUSED_TRIES = 5;

export interface AuditEmitterOptions {
  readonly bus: Pick<Bus, 'append'>;
  readonly service: string;
  /** Name of this process among those of the same service. */
  readonly instance: string;
  readonly logger: Logger;
  readonly heartbeatMs: number;
  readonly retryMs?: number;
}

/** What happened; time, emitter and number are added. */
export interface AuditNote {
  readonly type: PlainEvent['type'];
  /** Who did it; the service itself when absent. */
  readonly actor?: string;
  readonly dataset?: string;
  /** Names, counts and digests only. */
  readonly details?: PlainEvent['details'];
}

const isPlainEvent = formTest(PlainEvent);

/** The event, in the form that readers know. */
function inForm(event: PlainEvent): PlainEvent {
  return isPlainEvent?.(event) === true ? event : PlainEvent.parse(event);
}

interface Waiting {
  readonly bytes: Buffer;
  readonly written: PromiseWithResolvers<void>;
}

/**
 * Writes a process's plain events to audit.events.<service>.
 *
 * Promises: numbered 0, 1, 2, … within one start, and in order; those that came while others were
 * written go together; the same bytes are sent again while it is unknown whether they arrived, so a
 * reader may see an event twice but never two events under one number; a heartbeat with the last
 * number shows silence and loss at the end.
 * Number and bytes are held in memory: what a crash leaves unwritten is found by the heartbeat that
 * is missing, not recovered.
 */
export class AuditEmitter {
  readonly #options: AuditEmitterOptions;
  readonly #emitter: string;
  readonly #waiting: Waiting[] = [];
  readonly #stopped = new AbortController();
  readonly #heartbeats: NodeJS.Timeout;
  #next = 0;
  #sending: Promise<void> = Promise.resolve();
  #isSending = false;
  #hasWritten = false;

  constructor(options: AuditEmitterOptions) {
    this.#options = options;
    this.#emitter = `${options.service}/${options.instance}`;
    this.#heartbeats = setInterval(() => this.#heartbeat(), options.heartbeatMs).unref();
  }

  /**
   * Resolves once every in-sync replica has the event; waits for as long as Kafka is away.
   *
   * @throws SealstreamError KAFKA_UNREACHABLE when too many events wait already, or after stop;
   *   KAFKA_REFUSED when this user may not write them and none was written yet: a right that is taken away
   *   later is waited for; INTERNAL for one of more than 512 KiB, which would stand in the way of all others
   */
  emit(note: AuditNote): Promise<void> {
    if (this.#stopped.signal.aborted || this.#waiting.length >= MOST_WAITING)
      return Promise.reject(new SealstreamError('KAFKA_UNREACHABLE', { place: 'audit events' }));
    const event = inForm({
      v: 1,
      time: new Date().toISOString(),
      emitter: this.#emitter,
      number: this.#next,
      type: note.type,
      actor: note.actor ?? this.#emitter,
      ...(note.dataset === undefined ? {} : { dataset: note.dataset }),
      details: note.details ?? {},
    });
    const bytes = Buffer.from(JSON.stringify(event));
    if (bytes.length > MOST_BYTES_TOGETHER)
      return Promise.reject(
        new SealstreamError('INTERNAL', { place: 'audit events', sizeBytes: bytes.length }),
      );
    this.#next += 1;
    const written = Promise.withResolvers<void>();
    this.#waiting.push({ bytes, written });
    if (!this.#isSending) this.#sending = this.#send();
    return written.promise;
  }

  /** For events that nobody waits for; a failure is logged. */
  note(note: AuditNote): void {
    this.emit(note).catch((error: unknown) =>
      this.#options.logger.warn({ code: errorWord(error), type: note.type }, 'event not written'),
    );
  }

  /** Waits for what is on its way, at most so long, and ends; what is left then is given up. */
  async stop(withinMs: number): Promise<void> {
    clearInterval(this.#heartbeats);
    const given = new AbortController();
    await Promise.race([
      this.#sending,
      sleep(withinMs, undefined, { signal: given.signal }).catch(() => undefined),
    ]);
    given.abort();
    this.#stopped.abort();
  }

  /** Says its own number, which is the last one: a reader knows that none before is missing. */
  #heartbeat(): void {
    // What waits already will speak for itself, and nothing piles up while Kafka is away.
    if (this.#isSending) return;
    this.note({ type: 'heartbeat', details: { last: this.#next } });
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    while (this.#waiting.length > 0) {
      const together = this.#waiting.slice(0, this.#fitting());
      const failure = await this.#write(together.map(({ bytes }) => bytes));
      this.#waiting.splice(0, together.length);
      for (const { written } of together) {
        if (failure === undefined) written.resolve();
        else written.reject(failure);
      }
    }
    this.#isSending = false;
  }

  /** How many of those that wait go into one append. */
  #fitting(): number {
    let sizeBytes = 0;
    const tooMany = this.#waiting.findIndex(({ bytes }) => {
      sizeBytes += bytes.length;
      return sizeBytes > MOST_BYTES_TOGETHER;
    });
    return Math.min(MOST_TOGETHER, tooMany < 0 ? this.#waiting.length : tooMany);
  }

  /** What they could not be written for. */
  async #write(events: readonly Buffer[]): Promise<SealstreamError | undefined> {
    const { bus, logger, retryMs = RETRY_MS, service } = this.#options;
    const { signal } = this.#stopped;
    const key = Buffer.from(this.#emitter);
    const topic = auditTopic(service);
    const records = events.map((value) => ({ key, value }));
    for (let tries = 0; !signal.aborted; tries++) {
      try {
        await bus.append(topic, PARTITION, records);
        this.#hasWritten = true;
        return undefined;
      } catch (error) {
        const refusal = errorWord(error);
        const isForGood = !this.#hasWritten && tries >= REFUSED_TRIES;
        if (isForGood && refusal.endsWith('_AUTHORIZATION_FAILED'))
          return new SealstreamError('KAFKA_REFUSED', { topic, refusal });
        const fields = { topic, code: refusal };
        // Once per outage is enough to know.
        if (tries === 0) logger.warn(fields, 'event not written, trying again');
        else logger.debug(fields, 'event sent again');
        await sleep(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
    return new SealstreamError('KAFKA_UNREACHABLE', { place: 'audit events' });
  }
}
