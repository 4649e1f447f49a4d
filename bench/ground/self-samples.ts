import { type Sample, WARM_UP } from './figures.ts';

const SAMPLE_MS = 50;

/** What a measured program of the bench says on its stdout: samples, and at the end its times. */
export interface SelfReport {
  readonly sample?: Sample;
  /** Of single operations, in milliseconds. */
  readonly latenciesMs?: readonly number[];
}

/** A measured program's own view of itself: how far it is, its CPU time, its memory. */
export class SelfSamples {
  readonly latenciesMs: number[] = [];
  readonly #all = Promise.withResolvers<void>();
  readonly #total: number;
  readonly #timer: NodeJS.Timeout;
  #records = 0;

  constructor(total: number) {
    this.#total = total;
    this.#tell();
    this.#timer = setInterval(() => this.#tell(), SAMPLE_MS);
  }

  /** Some records are through. */
  add(records: number): void {
    const wasWarm = this.#records >= this.#total * WARM_UP;
    this.#records += records;
    // Exactly where the figures begin, so that a short run is measured as well as a long one.
    if (!wasWarm && this.#records >= this.#total * WARM_UP) this.#tell();
    if (this.#records >= this.#total) this.#all.resolve();
  }

  /** Resolves when all records are through, after telling so. */
  async end(): Promise<void> {
    await this.#all.promise;
    clearInterval(this.#timer);
    this.#tell();
    const { latenciesMs } = this;
    if (latenciesMs.length > 0) process.stdout.write(`${JSON.stringify({ latenciesMs })}\n`);
  }

  #tell(): void {
    const { user, system } = process.cpuUsage();
    const sample: Sample = {
      // Of a clock that all processes share, so that samples of several can be added up.
      atMs: performance.timeOrigin + performance.now(),
      records: this.#records,
      cpuSeconds: (user + system) / 1e6,
      rssBytes: process.memoryUsage.rss(),
    };
    process.stdout.write(`${JSON.stringify({ sample } satisfies SelfReport)}\n`);
  }
}
