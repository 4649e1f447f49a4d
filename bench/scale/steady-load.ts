import { setTimeout as sleep } from 'node:timers/promises';
import type { OutRecord } from '@sealstream/bus';
import type { KafkaView } from '../ground/kafka-view.ts';
import { PeopleRing } from '../ground/people.ts';
import type { FeedTarget } from '../flow/feed.ts';

const TICK_MS = 50;

/**
 * Writes records evenly, some to each partition every 50 ms, until told to stop. No write waits for
 * the one before: when something is slow the rate stays, and what waits is seen.
 */
export class SteadyLoad {
  readonly #people: PeopleRing;
  readonly #written: number[];
  readonly #done: Promise<void>;
  #failure: unknown;
  #isOver = false;

  constructor(target: FeedTarget, perSecond: number) {
    this.#people = new PeopleRing(target.bytes);
    this.#written = Array.from({ length: target.kafka.partitions }, () => 0);
    this.#done = this.#run(target, perSecond);
  }

  /**
   * Resolves when all is acknowledged, to how many records each partition got. Throws what made a
   * write fail.
   */
  async stop(): Promise<readonly number[]> {
    this.#isOver = true;
    await this.#done;
    if (this.#failure !== undefined) throw this.#failure;
    return this.#written;
  }

  async #run({ kafka, topic }: FeedTarget, perSecond: number): Promise<void> {
    const beganMs = performance.now();
    const writes: Promise<void>[] = [];
    while (!this.#isOver && this.#failure === undefined) {
      await sleep(TICK_MS);
      const seconds = (performance.now() - beganMs) / 1000;
      const due = Math.floor((seconds * perSecond) / kafka.partitions);
      for (const [partition, written] of this.#written.entries()) {
        const part = this.#people.slice(partition + written, due - written);
        this.#written[partition] = due;
        if (part.length > 0) writes.push(this.#write(kafka, topic, partition, part));
      }
    }
    await Promise.all(writes);
  }

  async #write(kafka: KafkaView, topic: string, partition: number, part: readonly OutRecord[]) {
    try {
      await kafka.bus.append(topic, partition, part);
    } catch (error) {
      this.#failure = error;
    }
  }
}
