import type { StageObserver } from '@sealstream/bus';
import type { Logger } from '@sealstream/contracts';

import type { AuditEmitter } from './audit-emitter.ts';
import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';

/** A partition that runs this long after a pause has resumed; shorter runs are tries. */
const SETTLED_MS = 3000;
/** How often a pause that lasts is told again. */
const REPEAT_MS = 30_000;

export interface StageObserverOptions {
  readonly stage: string;
  readonly dataset: string;
  /** Records that go to this topic count as rejected. */
  readonly rejectedTopic?: string;
  readonly metrics: Metrics;
  readonly health: Health;
  readonly logger: Logger;
  readonly audit: Pick<AuditEmitter, 'note'>;
  readonly settledMs?: number;
}

interface Pause {
  readonly code: string;
  readonly sinceMs: number;
  toldMs: number;
}

/**
 * Turns what a stage tells into metrics, health, log lines and audit events.
 *
 * Promises: a pause is a `paused` event, a not-ready reason and a metric row with its code at once;
 * all three end only after the partition ran on for three seconds, so a stage that tries again and
 * again reads as one pause. The event is repeated every 30 s while the pause lasts: a watcher that
 * starts later learns of it, and one that hears no more knows that the process is gone. Lost
 * records are an `offsets-lost` event with their range.
 */
export class ObservedStage implements StageObserver {
  readonly #options: StageObserverOptions;
  readonly #labels: { readonly stage: string; readonly dataset: string };
  readonly #paused = new Map<number, Pause>();
  readonly #settling = new Map<number, NodeJS.Timeout>();

  constructor(options: StageObserverOptions) {
    this.#options = options;
    this.#labels = { stage: options.stage, dataset: options.dataset };
  }

  onCommitted(batch: Counted, outputs: readonly Counted[], seconds: number): void {
    const { metrics, rejectedTopic } = this.#options;
    this.#count(batch.topic, 'in', batch.records);
    for (const { records, topic } of outputs)
      this.#count(topic, topic === rejectedTopic ? 'rejected' : 'out', records);
    metrics.batchDuration.observe(this.#labels, seconds);
    metrics.transactions.inc({ ...this.#labels, result: 'committed' });
  }

  onAborted(_partition: number, _code: string, isFenced: boolean): void {
    const result = isFenced ? 'fenced' : 'aborted';
    this.#options.metrics.transactions.inc({ ...this.#labels, result });
  }

  onPaused(partition: number, code: string): void {
    clearTimeout(this.#settling.get(partition));
    this.#settling.delete(partition);
    const before = this.#paused.get(partition);
    if (before?.code === code) return;
    if (before !== undefined) this.#setPaused(partition, before.code, false);
    const nowMs = Date.now();
    const pause = { code, sinceMs: before?.sinceMs ?? nowMs, toldMs: nowMs };
    this.#paused.set(partition, pause);
    this.#setPaused(partition, code, true);
    this.#options.health.waitFor(this.#name(partition), code);
    this.#options.logger.warn({ ...this.#labels, partition, code }, 'partition paused');
    this.#tellPause(partition, pause);
  }

  onRunning(partition: number): void {
    const pause = this.#paused.get(partition);
    if (pause === undefined || this.#settling.has(partition)) return;
    const timer = setTimeout(
      () => this.#resumed(partition, pause.code),
      this.#options.settledMs ?? SETTLED_MS,
    );
    this.#settling.set(partition, timer.unref());
  }

  onLost(partition: number, from: bigint, to: bigint): void {
    this.#options.logger.error({ ...this.#labels, partition, from, to }, 'records are lost');
    this.#tell('offsets-lost', { partition, from: from.toString(), to: to.toString() });
  }

  /** Forgets partitions that this process owns no longer: another one speaks for them now. */
  keepOnly(partitions: readonly number[]): void {
    for (const [partition, { code }] of this.#paused)
      if (!partitions.includes(partition)) this.#resumed(partition, code);
  }

  /** Tells again what is still paused; to be called every few seconds. */
  repeat(): void {
    const nowMs = Date.now();
    for (const [partition, pause] of this.#paused) {
      if (nowMs - pause.toldMs < REPEAT_MS) continue;
      pause.toldMs = nowMs;
      this.#tellPause(partition, pause);
    }
  }

  #resumed(partition: number, code: string): void {
    clearTimeout(this.#settling.get(partition));
    this.#settling.delete(partition);
    this.#paused.delete(partition);
    this.#setPaused(partition, code, false);
    this.#options.health.met(this.#name(partition));
    this.#options.logger.info({ ...this.#labels, partition, code }, 'partition resumed');
    this.#tell('resumed', { partition, code });
  }

  #count(topic: string, outcome: string, records: Sized): void {
    const { metrics } = this.#options;
    metrics.stageRecords.inc({ ...this.#labels, topic, outcome }, records.length);
    metrics.stageBytes.inc({ ...this.#labels, topic, outcome }, records.sizeBytes);
  }

  #setPaused(partition: number, code: string, isPaused: boolean): void {
    const row = { ...this.#labels, partition: String(partition), code };
    if (isPaused) this.#options.metrics.stagePaused.set(row, 1);
    else this.#options.metrics.stagePaused.remove(row);
  }

  #tellPause(partition: number, { code, sinceMs }: Pause): void {
    this.#tell('paused', { partition, code, since: new Date(sinceMs).toISOString() });
  }

  #tell(type: 'paused' | 'resumed' | 'offsets-lost', details: Record<string, string | number>) {
    const { audit, dataset, stage } = this.#options;
    audit.note({ type, dataset, details: { stage, ...details } });
  }

  #name(partition: number): string {
    return `${this.#options.stage}/${this.#options.dataset}/${partition}`;
  }
}

/** Records of one topic, as far as they are counted. */
interface Counted {
  readonly topic: string;
  readonly records: Sized;
}

interface Sized {
  readonly length: number;
  readonly sizeBytes: number;
}
