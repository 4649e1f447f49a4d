import type { BatchEvent, DatasetTopics } from '@sealstream/contracts';
import { auditEventOf, StagePauses, type WatchedStage, watchedStages } from '@sealstream/service';

import { FlowLatencies, type Latency } from './flow-latencies.ts';

/** A pause that its service did not repeat for so long is over: the process is gone. */
export const PAUSE_SILENCE_MS = 90_000;

/** What mask said of groups since this service started. */
export interface GroupCounts {
  readonly groups: number;
  /** Records that wait now, as far as partitions have said. */
  readonly waiting: number;
  readonly suppressed: Readonly<Record<string, number>>;
  readonly published: number;
}

interface Counted {
  readonly masked: string;
  groups: number;
  published: number;
  readonly waiting: Map<number, number>;
  readonly suppressed: Map<string, number>;
  readonly undeclared: Map<string, number>;
}

/** Reasons and classes are words of ours; more of them than this come from somebody else. */
const NAMES_MAX = 100;

/**
 * What services say of the flow on their audit topics, as far as the console shows it.
 *
 * Promises: the service is the one whose topic it is, never what the payload says; memory is bounded by
 * the policy's datasets and their partitions. Pure; time is passed in.
 */
export class FlowEvents {
  readonly #startedMs: number;
  readonly #pauses: StagePauses;
  readonly #latencies = new FlowLatencies();
  readonly #counted: ReadonlyMap<string, Counted>;

  /** @param startedMs events before it tell of pauses alone */
  constructor(flow: ReadonlyMap<string, DatasetTopics>, startedMs: number) {
    this.#startedMs = startedMs;
    this.#pauses = new StagePauses(watchedStages(flow), PAUSE_SILENCE_MS);
    this.#counted = new Map(Array.from(flow, ([name, { masked }]) => [name, nothing(masked)]));
  }

  take(service: string, value: Buffer | null, atMs: number): void {
    const event = auditEventOf(value);
    if (event === null) return;
    this.#pauses.take(service, event, atMs);
    if (event.type !== 'batch' || event.stage !== service || atMs < this.#startedMs) return;
    const counted = this.#counted.get(event.dataset);
    if (counted === undefined) return;
    this.#latencies.take(event, atMs);
    if (service === 'ingest') add(counted.undeclared, event.undeclared);
    if (service === 'mask') countGroups(counted, event);
  }

  pauses(
    stage: Pick<WatchedStage, 'dataset' | 'stage'>,
    nowMs: number,
  ): { readonly partition: number; readonly code: string }[] {
    return [...this.#pauses.of(stage, nowMs)]
      .map(([partition, { code }]) => ({ partition, code }))
      .toSorted((a, b) => a.partition - b.partition);
  }

  latency(
    { dataset, stage }: Pick<WatchedStage, 'dataset' | 'stage'>,
    nowMs: number,
  ): Latency | null {
    return this.#latencies.of(dataset, stage, nowMs);
  }

  groups(dataset: string): GroupCounts {
    const { groups, published, suppressed, waiting } = this.#counted.get(dataset) ?? nothing('');
    return {
      groups,
      waiting: [...waiting.values()].reduce((sum, count) => sum + count, 0),
      suppressed: Object.fromEntries(suppressed),
      published,
    };
  }

  /** Accepted records with a field that the policy does not name and that looks personal, by class. */
  undeclared(dataset: string): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#counted.get(dataset)?.undeclared ?? []);
  }
}

function nothing(masked: string): Counted {
  return {
    masked,
    groups: 0,
    published: 0,
    waiting: new Map(),
    suppressed: new Map(),
    undeclared: new Map(),
  };
}

function add(to: Map<string, number>, counts: Readonly<Record<string, number>> = {}): void {
  for (const [name, count] of Object.entries(counts))
    if (to.has(name) || to.size < NAMES_MAX) to.set(name, (to.get(name) ?? 0) + count);
}

function countGroups(counted: Counted, event: BatchEvent): void {
  const { groups, outputs, partition, suppressed, waiting } = event;
  if (groups === undefined) return;
  counted.groups += groups;
  counted.published += outputs[counted.masked]?.records ?? 0;
  if (waiting !== undefined) counted.waiting.set(partition, waiting);
  add(counted.suppressed, suppressed);
}
