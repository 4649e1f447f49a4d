import type { AuditEvent } from '@sealstream/contracts';

import type { WatchedStage } from './stage-lag.ts';

/** An event's writer says what the code is; no alert or page is to be filled by it. */
const CODE_CHARACTERS_MAX = 200;

/** One partition of a stage. */
export interface PausedAt {
  readonly dataset: string;
  readonly stage: string;
  readonly partition: number;
}

/** Why a partition is paused, and since when. */
export interface Pause {
  readonly code: string;
  readonly sinceMs: number;
  /** When the service last said so. */
  readonly toldMs: number;
}

/**
 * Which partitions of stages are paused, from what their services say on their audit topics.
 *
 * A pause begins with a `paused` event, which the service repeats while it lasts. It ends with
 * `resumed`, with a batch of that partition from whoever owns it now, or when it was not repeated
 * for silentMs: the process that said it is gone, and the next owner says what is so. Pure; time is
 * passed in.
 */
export class StagePauses {
  readonly #silentMs: number;
  readonly #stages: { readonly watched: WatchedStage; readonly pauses: Map<number, Pause> }[];

  constructor(stages: readonly WatchedStage[], silentMs: number) {
    this.#silentMs = silentMs;
    this.#stages = stages.map((watched) => ({ watched, pauses: new Map() }));
  }

  /**
   * @param service the one whose topic the event stands on; what an event says of others is passed over
   * @param atMs when it was said
   */
  take(service: string, event: AuditEvent, atMs: number): void {
    const { dataset, type } = event;
    if (type === 'batch') {
      const { partition, stage } = event;
      if (stage === service) this.resumed({ dataset: event.dataset, stage, partition });
      return;
    }
    const { code = '', partition, since = '' } = event.details;
    if (dataset === undefined || typeof partition !== 'number') return;
    const at = { dataset, stage: service, partition };
    if (type === 'resumed') this.resumed(at);
    if (type !== 'paused') return;
    const sinceMs = Date.parse(String(since));
    this.paused(at, {
      code: String(code).slice(0, CODE_CHARACTERS_MAX) || 'unknown',
      sinceMs: Number.isNaN(sinceMs) ? atMs : Math.min(sinceMs, atMs),
      toldMs: atMs,
    });
  }

  paused(at: PausedAt, pause: Pause): void {
    this.#find(at)?.pauses.set(at.partition, pause);
  }

  resumed(at: PausedAt): void {
    this.#find(at)?.pauses.delete(at.partition);
  }

  /** The pauses of a stage by partition. */
  of(at: Omit<PausedAt, 'partition'>, nowMs: number): ReadonlyMap<number, Pause> {
    const { pauses } = this.#find(at) ?? { pauses: new Map<number, Pause>() };
    for (const [partition, { toldMs }] of pauses)
      if (nowMs - toldMs >= this.#silentMs) pauses.delete(partition);
    return pauses;
  }

  #find({ dataset, stage }: Omit<PausedAt, 'partition'>) {
    return this.#stages.find(
      ({ watched }) => watched.dataset === dataset && watched.stage === stage,
    );
  }
}
