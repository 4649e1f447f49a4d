import type { BatchEvent } from '@sealstream/contracts';

/** Figures are over so long. */
const WINDOW_MS = 60_000;
/** Batches of one stage that are remembered: ten a second; of more, the newest. */
const MOST = 600;

interface Sample {
  readonly atMs: number;
  readonly latencyMs: number;
}

export interface Latency {
  readonly p50: number;
  readonly p95: number;
}

/**
 * How late stages are: from the last record of a batch to its event, over the last minute.
 *
 * Promises: null where no batch of the last minute tells; memory holds six hundred batches of a stage. A
 * producer may set the time of a raw record as it likes, so that of ingest is as true as its clock. Pure;
 * time is passed in.
 */
export class FlowLatencies {
  readonly #samples = new Map<string, Sample[]>();

  take({ dataset, lastRecord, stage, time }: BatchEvent, atMs: number): void {
    if (lastRecord === undefined) return;
    const latencyMs = Math.max(0, Date.parse(time) - Date.parse(lastRecord));
    const name = nameOf(dataset, stage);
    const samples = this.#samples.get(name) ?? [];
    samples.push({ atMs, latencyMs });
    if (samples.length > MOST) samples.shift();
    this.#samples.set(name, samples);
  }

  /** In milliseconds, by nearest rank. */
  of(dataset: string, stage: string, nowMs: number): Latency | null {
    const samples = this.#samples.get(nameOf(dataset, stage)) ?? [];
    const sorted = samples
      .filter(({ atMs }) => atMs > nowMs - WINDOW_MS)
      .map(({ latencyMs }) => latencyMs)
      .toSorted((a, b) => a - b);
    const rank = (part: number) => sorted[Math.max(0, Math.ceil(part * sorted.length) - 1)];
    const [p50, p95] = [rank(0.5), rank(0.95)];
    return p50 === undefined || p95 === undefined ? null : { p50, p95 };
  }
}

function nameOf(dataset: string, stage: string): string {
  return `${stage}/${dataset}`;
}
