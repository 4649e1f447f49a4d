import { type Condition, type Rule, seconds } from './condition.ts';

export interface ThroughputTimes {
  /** Records per second, over windowMs, from which on a topic is expected to go on. */
  readonly rate: number;
  readonly windowMs: number;
  /** No record for so long is bad. */
  readonly silenceMs: number;
}

/** One topic of the flow. */
export interface WatchedTopic {
  readonly dataset: string;
  readonly topic: string;
  /** The service whose audit events count it. */
  readonly service: string;
}

/** Counts that fall into the same piece of time share an entry. */
const GRAIN_MS = 250;

/**
 * Rule throughput-stopped: a topic that carried at least `rate` records a second over the window
 * before its last record, and none for silenceMs, is bad.
 *
 * The window ends at the last record, so the baseline does not fade while nothing comes. A watcher
 * that has just started has an empty window and counts what it did not see as nothing: it can be
 * too quiet in its first seconds, never too loud. While the alert is active one stray record does
 * not make silence normal: the flow has to last.
 */
export class Throughput implements Rule {
  readonly #times: ThroughputTimes;
  readonly #flows = new Map<string, TopicFlow>();

  constructor(topics: readonly WatchedTopic[], times: ThroughputTimes) {
    this.#times = times;
    for (const watched of topics)
      this.#flows.set(watched.topic, new TopicFlow(watched, times.windowMs));
  }

  /** Records that reached the topic, and where its source goes on after them. */
  count(topic: string, records: number, atMs: number, nextSource: string): void {
    this.#flows.get(topic)?.count(records, atMs, nextSource);
  }

  /** Records a second over the window that ends now. */
  rates(nowMs: number): { readonly watched: WatchedTopic; readonly perSecond: number }[] {
    return [...this.#flows.values()].map((flow) => ({
      watched: flow.watched,
      perSecond: (flow.recordsSince(nowMs - this.#times.windowMs) * 1000) / this.#times.windowMs,
    }));
  }

  conditions(nowMs: number, isActive: (id: string) => boolean): Condition[] {
    return [...this.#flows.values()].map((flow) => this.#condition(flow, nowMs, isActive));
  }

  #condition(flow: TopicFlow, nowMs: number, isActive: (id: string) => boolean): Condition {
    const { rate, silenceMs, windowMs } = this.#times;
    const { dataset, service, topic } = flow.watched;
    const id = `throughput-stopped/${dataset}/${topic}`;
    const isSilent = flow.lastMs === null || nowMs - flow.lastMs >= silenceMs;
    const isExpected = isActive(id) || flow.baseline * 1000 >= rate * windowMs;
    const perSecond = (flow.baseline * 1000) / windowMs;
    return {
      id,
      rule: 'throughput-stopped',
      dataset,
      topic,
      service,
      signal: isSilent && isExpected ? 'bad' : 'good',
      expected: `records to go on: ${perSecond.toFixed(1)}/s over ${seconds(windowMs)} before`,
      seen:
        flow.lastMs === null
          ? 'no record since this watcher started'
          : `last record ${seconds(nowMs - flow.lastMs)} ago`,
      ...(flow.lastMs === null ? {} : { sinceMs: flow.lastMs }),
      ...(flow.nextSource === null ? {} : { firstOffset: flow.nextSource }),
    };
  }
}

/** Counts of one topic over the window before its last record. */
class TopicFlow {
  readonly watched: WatchedTopic;
  readonly #windowMs: number;
  #entries: { atMs: number; records: number }[] = [];
  lastMs: number | null = null;
  nextSource: string | null = null;

  constructor(watched: WatchedTopic, windowMs: number) {
    this.watched = watched;
    this.#windowMs = windowMs;
  }

  /** Records in the window that ends at the last one. */
  get baseline(): number {
    return this.lastMs === null ? 0 : this.recordsSince(this.lastMs - this.#windowMs);
  }

  recordsSince(fromMs: number): number {
    let sum = 0;
    for (const { atMs, records } of this.#entries) if (atMs > fromMs) sum += records;
    return sum;
  }

  count(records: number, atMs: number, nextSource: string): void {
    if (records <= 0) return;
    const last = this.#entries.at(-1);
    // Topics are read side by side, so times of different partitions may cross a little.
    const nowMs = Math.max(atMs, this.lastMs ?? atMs);
    if (last !== undefined && nowMs - last.atMs < GRAIN_MS) last.records += records;
    else this.#entries.push({ atMs: nowMs, records });
    this.lastMs = nowMs;
    this.nextSource = nextSource;
    const from = nowMs - this.#windowMs;
    const keep = this.#entries.findIndex(({ atMs }) => atMs > from);
    if (keep > 0) this.#entries = this.#entries.slice(keep);
  }
}
