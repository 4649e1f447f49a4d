import { setTimeout as sleep } from 'node:timers/promises';
import type { Bus } from '../src/index.ts';
import type { Flow } from './workers.ts';

const EVERY_MS = 100;

/**
 * Writes one numbered record to each partition of a flow's source every 100 ms, and watches with a
 * reader of committed records when each partition of its output moves, and by whose hand.
 */
export class Trickle {
  readonly #bus: Bus;
  readonly #flow: Flow;
  readonly #stopping = new AbortController();
  readonly #arrivals: number[][];
  readonly #owners: string[];
  #written = 0;
  #writing: Promise<void> = Promise.resolve();
  #reading: Promise<void> = Promise.resolve();

  constructor(bus: Bus, flow: Flow) {
    this.#bus = bus;
    this.#flow = flow;
    this.#arrivals = Array.from({ length: flow.partitions }, () => []);
    this.#owners = this.#arrivals.map(() => '');
  }

  start(): void {
    this.#writing = this.#write();
    this.#reading = this.#read();
  }

  /** Ends the writing; resolves to the number of records in each partition. */
  async stop(): Promise<number> {
    this.#stopping.abort();
    await Promise.all([this.#writing, this.#reading]);
    return this.#written;
  }

  /** Process id of who committed the newest record of each partition; '' before the first. */
  get owners(): readonly string[] {
    return [...this.#owners];
  }

  /** Whether every partition has moved since. */
  hasMovedSince(sinceMs: number): boolean {
    return this.#arrivals.every((times) => (times.at(-1) ?? 0) > sinceMs);
  }

  /** Longest time without a new committed record, by partition, from then until now; in ms. */
  gapsSince(sinceMs: number): number[] {
    const nowMs = performance.now();
    return this.#arrivals.map((times) => {
      const inside = times.filter((time) => time > sinceMs);
      const edges = [sinceMs, ...inside, nowMs];
      return Math.max(...edges.slice(1).map((time, index) => time - edges[index]));
    });
  }

  async #write(): Promise<void> {
    const { partitions, source } = this.#flow;
    while (!this.#stopping.signal.aborted) {
      const number = this.#written;
      await Promise.all(
        Array.from({ length: partitions }, (_, partition) =>
          this.#bus.append(source, partition, [
            { key: null, value: Buffer.from(`${partition}:${number}`) },
          ]),
        ),
      );
      this.#written += 1;
      await sleep(EVERY_MS);
    }
  }

  async #read(): Promise<void> {
    const { out: topic, partitions } = this.#flow;
    const starts = Array.from({ length: partitions }, (_, partition) => {
      return { topic, partition, offset: 'earliest' as const };
    });
    const { signal } = this.#stopping;
    for await (const { partition, records } of this.#bus.read({ starts, signal })) {
      const newest = records.at(-1);
      if (newest === undefined) continue;
      this.#arrivals[partition].push(performance.now());
      const by = newest.headers.find(([name]) => name === 'by');
      this.#owners[partition] = by?.[1]?.toString() ?? '';
    }
  }
}
