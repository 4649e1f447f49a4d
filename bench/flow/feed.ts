import { setTimeout as sleep } from 'node:timers/promises';
import type { OutRecord } from '@sealstream/bus';
import type { KafkaView } from '../ground/kafka-view.ts';
import { keyOf, PeopleRing, personJson } from '../ground/people.ts';

const CHUNK = 500;
const LOOK_MS = 5;
/** Records that wait for whoever reads: enough that nobody runs dry, not so many that they age. */
const MOST_BEHIND = 40_000;
const TICK_MS = 10;

/** What a load is written to. */
export interface FeedTarget {
  readonly kafka: KafkaView;
  readonly topic: string;
  readonly bytes: number;
}

/** Writes as fast as what reads keeps up with: a closed loop, so that the rate is the readers'. */
export class ClosedLoop {
  readonly #target: FeedTarget;
  readonly #people: PeopleRing;
  readonly #written: number[];

  constructor(target: FeedTarget) {
    this.#target = target;
    this.#people = new PeopleRing(target.bytes);
    this.#written = Array.from({ length: target.kafka.partitions }, () => 0);
  }

  /** Records that are acknowledged. */
  get written(): number {
    return this.#written.reduce((sum, count) => sum + count, 0);
  }

  /** Writes until told to stop, at most so many in all, never far ahead of what is through. */
  async run(through: () => number, isOver: () => boolean, most = Number.POSITIVE_INFINITY) {
    const { kafka, topic } = this.#target;
    const fill = async (partition: number) => {
      const share = Math.ceil((most - partition) / kafka.partitions);
      for (let next = 0; !isOver() && next < share; ) {
        if (this.written - through() > MOST_BEHIND) {
          await sleep(LOOK_MS);
          continue;
        }
        const count = Math.min(CHUNK, share - next);
        await kafka.bus.append(topic, partition, this.#people.slice(partition + next, count));
        next += count;
        this.#written[partition] = next;
      }
    };
    await Promise.all(this.#written.map((_, partition) => fill(partition)));
  }
}

/** Which records, and how many of them a second. */
export interface Pace {
  readonly from: number;
  readonly until: number;
  readonly perSecond: number;
}

/**
 * Writes records evenly, spread over the partitions, some every 10 ms as a producer with a linger
 * does. No write waits for the one before, so that a slow one counts as late and not as a lower rate.
 * Tells when each record is handed to Kafka, by performance.now().
 */
export async function evenly(
  { kafka, topic, bytes }: FeedTarget,
  { from, until, perSecond }: Pace,
  onSent: (record: number, atMs: number) => void,
): Promise<void> {
  const writes: Promise<unknown>[] = [];
  let failure: unknown;
  const beganMs = performance.now();
  for (let next = from; next < until; await sleep(TICK_MS)) {
    if (failure !== undefined) break;
    const nowMs = performance.now();
    const due = from + Math.floor(((nowMs - beganMs) / 1000) * perSecond);
    const parts = Array.from({ length: kafka.partitions }, (): OutRecord[] => []);
    for (; next < Math.min(until, due); next += 1) {
      parts[next % parts.length].push({ key: keyOf(next), value: personJson(next, bytes) });
      onSent(next, nowMs);
    }
    for (const [partition, part] of parts.entries()) {
      if (part.length === 0) continue;
      const write = kafka.bus.append(topic, partition, part);
      write.catch((error: unknown) => {
        failure = error;
      });
      writes.push(write);
    }
  }
  await Promise.all(writes);
}
