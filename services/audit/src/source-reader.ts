import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, errorWord, type ReadStart } from '@sealstream/bus';
import { type Logger, SealstreamError } from '@sealstream/contracts';
import { sourceName, type SourceState } from '@sealstream/audit-log';
import type { Health } from '@sealstream/service';
import type { Work } from './events-to-log.ts';
import { resume } from './source-state.ts';

const RETRY_MS = 1000;
/** Many events come a second, few at a time: they are taken together. */
const REST_MS = 100;

export interface SourceReaderOptions {
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly topics: readonly string[];
  /** Where the log says that reading stopped. */
  readonly state: SourceState;
  /** Takes records in order; `room` resolves when it can take more. */
  readonly recorder: { add(work: Work): void; room(): Promise<void> };
  readonly logger: Logger;
  readonly health: Health;
  readonly lookMs: number;
}

/**
 * Reads every partition of the topics without a group, from where the log says, and hands each
 * record to the recorder once. Topics that are not there yet are waited for by name; new partitions
 * are found; a position that Kafka no longer has is told to the log before reading goes on.
 */
export class SourceReader {
  readonly #options: SourceReaderOptions;
  readonly #positions: Map<string, bigint>;
  readonly #topicIds: Map<string, string>;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(options: SourceReaderOptions) {
    this.#options = options;
    this.#positions = new Map(options.state.positions);
    this.#topicIds = new Map(options.state.topicIds);
    for (const topic of options.topics) options.health.waitFor(waitOf(topic), 'starting');
  }

  start(): void {
    this.#running = this.#run();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { health, logger, lookMs } = this.#options;
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      try {
        const found = await this.#look();
        if (found.length === 0) await pause(lookMs, signal);
        else await this.#read(await this.#starts(found), keyOf(found));
        health.met('kafka');
      } catch (error) {
        // The next round looks where each partition stands, so a lost offset is mended there.
        const isLost = error instanceof SealstreamError && error.code === 'OFFSETS_LOST';
        if (!isLost) health.waitFor('kafka', errorWord(error));
        logger.warn({ code: errorWord(error) }, 'reading of audit events begins again');
        await pause(RETRY_MS, signal);
      }
    }
  }

  /** The partitions that are there; says which topics are not. */
  async #look(): Promise<FoundPartition[]> {
    const { bus, health, topics } = this.#options;
    const present = new Map(
      (await bus.admin.topics(topics)).map((topic) => [topic.name, topic] as const),
    );
    const found: FoundPartition[] = [];
    for (const topic of topics) {
      const metadata = present.get(topic);
      if (metadata === undefined || metadata.partitions.length === 0) {
        health.waitFor(waitOf(topic), 'TOPIC_MISSING');
        continue;
      }
      health.met(waitOf(topic));
      const topicId = metadata.id.toString('hex');
      found.push(...metadata.partitions.map(({ partition }) => ({ topic, topicId, partition })));
    }
    return found;
  }

  /** Where each partition is read on; what is lost by that is told to the log first. */
  async #starts(found: readonly FoundPartition[]): Promise<ReadStart[]> {
    const { bus, recorder } = this.#options;
    const state = { positions: this.#positions, topicIds: new Map(this.#topicIds) };
    const starts: ReadStart[] = [];
    let isNew = false;
    for (const { partition, topic, topicId } of found) {
      const earliest = await bus.admin.offset(topic, partition, 'earliest');
      const latest = await bus.admin.offset(topic, partition, 'latest');
      const { lost, next } = resume(state, { topic, topicId, partition, earliest, latest });
      if (lost !== null) recorder.add({ kind: 'lost', lost });
      this.#positions.set(sourceName(topic, partition), next);
      if (this.#topicIds.get(topic) !== topicId) {
        this.#topicIds.set(topic, topicId);
        recorder.add({ kind: 'topic', topic, topicId });
        isNew = true;
      }
      starts.push({ topic, partition, offset: next });
    }
    // A heartbeat keeps the ids: without one, a topic made anew soon would look like this one.
    if (isNew) recorder.add({ kind: 'heartbeat' });
    return starts;
  }

  /** Reads until asked to stop or until other partitions are there than these. */
  async #read(starts: readonly ReadStart[], key: string): Promise<void> {
    const { bus, recorder } = this.#options;
    const changed = new AbortController();
    const signal = AbortSignal.any([this.#stopping.signal, changed.signal]);
    const watching = this.#watch(key, signal).finally(() => changed.abort());
    try {
      for await (const chunk of bus.read({ starts, signal, restMs: REST_MS })) {
        await recorder.room();
        recorder.add({ kind: 'chunk', chunk });
        this.#positions.set(sourceName(chunk.topic, chunk.partition), chunk.nextOffset);
      }
    } finally {
      changed.abort();
      await watching;
    }
  }

  /** Resolves when the partitions are no longer those of the key. */
  async #watch(key: string, signal: AbortSignal): Promise<void> {
    const { health, lookMs } = this.#options;
    for (;;) {
      await pause(lookMs, signal);
      if (signal.aborted) return;
      try {
        const found = await this.#look();
        health.met('kafka');
        if (keyOf(found) !== key) return;
      } catch (error) {
        health.waitFor('kafka', errorWord(error));
      }
    }
  }
}

interface FoundPartition {
  readonly topic: string;
  readonly topicId: string;
  readonly partition: number;
}

function keyOf(found: readonly FoundPartition[]): string {
  return found.map(({ partition, topicId }) => `${topicId}/${partition}`).join(' ');
}

/** What /readyz calls a topic that is waited for. */
function waitOf(topic: string): string {
  return `topic ${topic}`;
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
