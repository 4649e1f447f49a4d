import { setTimeout as sleep } from 'node:timers/promises';
import { decodeSourceMark, markBytes } from '@sealstream/flow';
import { KafkaView } from '../ground/kafka-view.ts';
import { Sightings } from './sightings.ts';

const LOOK_MS = 50;

/** Reads a topic all the while, as a reader of committed records with connections of its own. */
export class Watch {
  readonly sightings: Sightings;
  readonly #view: KafkaView;
  readonly #topic: string;
  readonly #positions: bigint[];
  readonly #closing = new AbortController();
  #failure: unknown;
  #done: Promise<void> = Promise.resolve();

  private constructor(view: KafkaView, topic: string) {
    this.#view = view;
    this.#topic = topic;
    this.#positions = Array.from({ length: view.partitions }, () => 0n);
    this.sightings = new Sightings(view.partitions);
  }

  static async open(brokers: string, topic: string, partitions: number): Promise<Watch> {
    const watch = new Watch(await KafkaView.open(brokers, partitions), topic);
    watch.#done = watch.#read();
    return watch;
  }

  async #read(): Promise<void> {
    const { signal } = this.#closing;
    const starts = this.#positions.map((_, partition) => {
      return { topic: this.#topic, partition, offset: 'earliest' as const };
    });
    try {
      for await (const { nextOffset, partition, records } of this.#view.bus.read({
        starts,
        signal,
      })) {
        const nowMs = performance.now();
        for (const { headers } of records)
          this.sightings.add(partition, decodeSourceMark(markBytes(headers)), nowMs);
        this.#positions[partition] = nextOffset;
      }
    } catch (error) {
      this.#failure = error;
    }
  }

  /** Waits until that holds of what was seen. Resolves to false when it does not within the time. */
  async until(holds: () => boolean, withinMs: number): Promise<boolean> {
    for (const deadlineMs = performance.now() + withinMs; !holds(); await sleep(LOOK_MS)) {
      if (this.#failure !== undefined) throw this.#failure;
      if (performance.now() > deadlineMs) return false;
    }
    return true;
  }

  /** Waits until everything is read that is committed now. Resolves to false when that takes longer. */
  async reachesEnd(withinMs: number): Promise<boolean> {
    const ends = await this.#view.ends(this.#topic);
    return this.until(() => ends.every((end, n) => this.#positions[n] >= end), withinMs);
  }

  async close(): Promise<void> {
    this.#closing.abort();
    await this.#done;
    await this.#view.close();
  }
}
