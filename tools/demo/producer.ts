import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, type OutRecord, partitionOfKey } from '@sealstream/bus';
import type { DemoRecord } from './people.ts';

const BATCH_RECORDS = 500;
const BATCH_BYTES = 500_000;
const TICK_MS = 5;

/** Publishes records to raw as any producer would: by key, in order, acks=all. */
export class Producer {
  readonly #bus: Pick<Bus, 'append'>;
  readonly #topic: string;
  readonly #partitions: number;
  #published = 0;

  constructor(bus: Pick<Bus, 'append'>, topic: string, partitions: number) {
    this.#bus = bus;
    this.#topic = topic;
    this.#partitions = partitions;
  }

  /** Records that every in-sync replica has. */
  get published(): number {
    return this.#published;
  }

  /** As fast as they go. */
  async burst(records: readonly DemoRecord[]): Promise<void> {
    await Promise.all(this.#byPartition(records).map((part, n) => this.#appendAll(n, part)));
  }

  /**
   * Evenly at a rate; a record's timestamp is when it was due, so that a slow broker shows as
   * latency and not as a lower rate. What falls due while a partition's write is under way goes
   * with its next one.
   */
  async evenly(
    records: readonly DemoRecord[],
    perSecond: number,
    onTick: (sent: number) => void = () => undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    const began = performance.now();
    const beganAt = performance.timeOrigin + began;
    const waiting = Array.from({ length: this.#partitions }, (): OutRecord[] => []);
    const writing = new Map<number, Promise<void>>();
    const failures: unknown[] = [];
    const write = async (partition: number) => {
      for (let part = waiting[partition]; part && part.length > 0; part = waiting[partition]) {
        waiting[partition] = [];
        await this.#appendAll(partition, part);
      }
    };
    let sent = 0;
    const due = () => Math.floor(((performance.now() - began) / 1000) * perSecond) + 1;
    const at = (n: number) => BigInt(Math.floor(beganAt + (n * 1000) / perSecond));
    while (sent < records.length && failures.length === 0) {
      signal?.throwIfAborted();
      const until = Math.max(sent, Math.min(records.length, due()));
      const parts = this.#byPartition(records.slice(sent, until), sent, at);
      for (const [partition, part] of parts.entries()) {
        waiting[partition]?.push(...part);
        if (part.length === 0 || writing.has(partition)) continue;
        const written = write(partition)
          .catch((error: unknown) => void failures.push(error))
          .finally(() => writing.delete(partition));
        writing.set(partition, written);
      }
      sent = until;
      onTick(sent);
      await sleep(TICK_MS);
    }
    await Promise.all(writing.values());
    if (failures.length === 0) await Promise.all(waiting.map((_, partition) => write(partition)));
    if (failures.length > 0) throw failures[0];
  }

  #byPartition(
    records: readonly DemoRecord[],
    first = 0,
    at?: (n: number) => bigint,
  ): OutRecord[][] {
    const parts: OutRecord[][] = Array.from({ length: this.#partitions }, () => []);
    for (const [n, { key, value }] of records.entries()) {
      const partition = key === null ? n % this.#partitions : partitionOfKey(key, parts.length);
      const timestamp = at === undefined ? {} : { timestamp: at(first + n) };
      parts[partition]?.push({ key, value, ...timestamp });
    }
    return parts;
  }

  async #appendAll(partition: number, records: readonly OutRecord[]): Promise<void> {
    for (let from = 0; from < records.length; ) {
      let until = from;
      let bytes = 0;
      while (until < records.length && until - from < BATCH_RECORDS && bytes < BATCH_BYTES)
        bytes += records[until++]?.value?.length ?? 0;
      const batch = records.slice(from, until);
      await this.#bus.append(this.#topic, partition, batch);
      this.#published += batch.length;
      from = until;
    }
  }
}
