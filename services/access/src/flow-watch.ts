import { setTimeout as sleep } from 'node:timers/promises';

import { type Bus, errorWord } from '@sealstream/bus';
import {
  auditTopic,
  type DatasetTopics,
  type Logger,
  SealstreamError,
} from '@sealstream/contracts';
import type { Dataset } from '@sealstream/policy';
import {
  openRejects,
  sampleStages,
  StageLags,
  TopicFeed,
  type WatchedStage,
  watchedStages,
} from '@sealstream/service';

import { FlowEvents, type GroupCounts, PAUSE_SILENCE_MS } from './flow-events.ts';
import { FlowRates } from './flow-rates.ts';
import { type FlowState, perTopic } from './flow-state.ts';
import { kafkaAnswer } from './kafka-answer.ts';

/** While somebody looks; else a tenth as often, so that nobody's watching costs the brokers little. */
const SAMPLE_MS = 1000;
const IDLE_MS = 10_000;
const LOOKED_MS = 60_000;
/** Figures that are older are none. */
const OLD_MS = 3000;
const STAGES = ['ingest', 'mask', 'encrypt'] as const;

export interface FlowWatchOptions {
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly logger: Logger;
  readonly datasets: ReadonlyMap<string, Dataset>;
}

/** Milliseconds since 1970 that never go backwards. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * How the flow stands, asked of Kafka and of the audit topics as long as the process runs.
 *
 * Promises: figures that are told are at most 3 s old; nothing waits for it, and it never throws out of
 * its own loop; memory is bounded by the datasets and their partitions.
 */
export class FlowWatch {
  readonly #options: FlowWatchOptions;
  readonly #flow: ReadonlyMap<string, DatasetTopics>;
  readonly #stages: readonly WatchedStage[];
  readonly #lags: StageLags;
  readonly #rates = new FlowRates();
  readonly #events: FlowEvents;
  readonly #members = new Map<string, number | null>();
  readonly #rejected = new Map<string, number>();
  readonly #startedMs = now();
  readonly #stopping = new AbortController();
  readonly #listeners = new Set<(state: FlowState | null) => void>();
  #feed: TopicFeed | null = null;
  #sampledMs = Number.NEGATIVE_INFINITY;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #wake: () => void = () => undefined;
  #running: Promise<void> = Promise.resolve();

  private constructor(options: FlowWatchOptions) {
    this.#options = options;
    this.#flow = new Map(Array.from(options.datasets, ([name, { topics }]) => [name, topics]));
    this.#stages = watchedStages(this.#flow);
    this.#lags = new StageLags(this.#stages);
    this.#events = new FlowEvents(this.#flow, this.#startedMs);
  }

  /** @throws SealstreamError TOPIC_MISSING when an audit topic is not there */
  static async open(options: FlowWatchOptions): Promise<FlowWatch> {
    const watch = new FlowWatch(options);
    const { bus, logger } = options;
    const services = new Map<string, string>(STAGES.map((name) => [auditTopic(name), name]));
    watch.#feed = await TopicFeed.open({
      bus,
      logger,
      topics: [...services.keys()],
      from: { atMs: Math.floor(watch.#startedMs - PAUSE_SILENCE_MS) },
      onRecord: (topic, { timestamp, value }) =>
        watch.#events.take(services.get(topic) ?? '', value, Number(timestamp)),
    });
    watch.#running = watch.#follow();
    return watch;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    await Promise.all([this.#running, this.#feed?.stop()]);
  }

  /**
   * How it stands now.
   *
   * @throws SealstreamError KAFKA_UNREACHABLE while there are no figures of the last 3 s
   */
  async state(): Promise<FlowState> {
    this.#look();
    if (!this.#isFresh()) {
      const next = Promise.withResolvers<FlowState | null>();
      const stop = this.listen(next.resolve);
      await kafkaAnswer(next.promise).finally(stop);
    }
    if (!this.#isFresh()) throw new SealstreamError('KAFKA_UNREACHABLE', { place: 'flow' });
    return this.#told();
  }

  /**
   * Calls back with every new state, each second, and with null while Kafka cannot be asked.
   *
   * @returns what ends it
   */
  listen(onState: (state: FlowState | null) => void): () => void {
    this.#listeners.add(onState);
    this.#look();
    return () => void this.#listeners.delete(onState);
  }

  groups(dataset: string): GroupCounts {
    return this.#events.groups(dataset);
  }

  /** Since the process started; see FlowEvents. */
  undeclared(dataset: string): Readonly<Record<string, number>> {
    return this.#events.undeclared(dataset);
  }

  /** Resolves once everything that services have said was taken. @throws KAFKA_UNREACHABLE */
  async caughtUp(withinMs: number): Promise<void> {
    await this.#feed?.caughtUp(withinMs);
  }

  #isFresh(): boolean {
    return now() - this.#sampledMs <= OLD_MS;
  }

  #look(): void {
    const wasIdle = now() - this.#lookedMs > LOOKED_MS;
    this.#lookedMs = now();
    if (wasIdle) this.#wake();
  }

  async #follow(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      const isTaken = await this.#sample();
      const state = isTaken && this.#listeners.size > 0 ? this.#told() : null;
      for (const tell of this.#listeners) tell(state);
      const isWatched = this.#listeners.size > 0 || now() - this.#lookedMs < LOOKED_MS;
      const rest = Promise.withResolvers<void>();
      this.#wake = rest.resolve;
      const timer = new AbortController();
      const until = AbortSignal.any([signal, timer.signal]);
      const waited = sleep(isWatched ? SAMPLE_MS : IDLE_MS, undefined, { signal: until });
      await Promise.race([rest.promise, waited.catch(() => undefined)]);
      timer.abort();
    }
  }

  /** Asks once how everything stands; false when Kafka could not say. */
  async #sample(): Promise<boolean> {
    try {
      await kafkaAnswer(this.#sampleAll(), OLD_MS);
      this.#sampledMs = now();
      return true;
    } catch (error) {
      this.#options.logger.debug({ code: errorWord(error) }, 'flow cannot be asked');
      return false;
    }
  }

  async #sampleAll(): Promise<void> {
    const { bus, logger } = this.#options;
    for (const [dataset, topics] of this.#flow) await this.#sampleTopics(dataset, topics);
    const liveness = {
      members: (dataset: string, stage: string, members: number | null) =>
        void this.#members.set(`${stage}/${dataset}`, members),
    };
    await sampleStages({ bus, logger, now, stages: this.#stages, lag: this.#lags, liveness });
  }

  async #sampleTopics(dataset: string, topics: DatasetTopics): Promise<void> {
    const { bus, datasets } = this.#options;
    for (const { name, partitions } of await bus.admin.topics(Object.values(topics))) {
      const ids = partitions.map(({ partition }) => partition);
      const ends = await bus.admin.offsets(name, ids, 'latest');
      this.#rates.sample(name, Number(ends.reduce((sum, end) => sum + end, 0n)), now());
      const rules = datasets.get(dataset);
      if (name !== topics.rejected || rules === undefined) continue;
      const open = await openRejects(bus, rules).catch((error: unknown) => {
        // Rejects that grew too old are an alert of their own, and no reason to show nothing.
        if (error instanceof SealstreamError) return [];
        throw error;
      });
      const behind = open.reduce((sum, { offset, partition }) => {
        const end = ends[ids.indexOf(partition)] ?? offset;
        return sum + (end > offset ? end - offset : 0n);
      }, 0n);
      this.#rejected.set(dataset, Number(behind));
    }
  }

  #told(): FlowState {
    const nowMs = now();
    const datasets = Array.from(this.#flow, ([name, topics]) => ({
      name,
      topics: { ...topics },
      rates: perTopic((topic) => this.#rates.perSecond(topics[topic])),
      stages: STAGES.map((stage) => {
        const lag = this.#lags.of({ dataset: name, stage }, nowMs);
        return {
          name: stage,
          lagRecords: lag?.records ?? null,
          lagSeconds: lag === null ? null : Math.round(lag.ageMs / 100) / 10,
          members: this.#members.get(`${stage}/${name}`) ?? null,
          latencyMs: this.#events.latency({ dataset: name, stage }, nowMs),
          paused: this.#events.pauses({ dataset: name, stage }, nowMs),
        };
      }),
      rejectedTotal: this.#rejected.get(name) ?? null,
    }));
    return { at: new Date(nowMs).toISOString(), datasets };
  }
}
