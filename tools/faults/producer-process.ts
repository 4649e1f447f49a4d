// The test producer as a process of its own, so that it can be killed: writes numbered records to raw
// at a bounded rate and says on stdout what it sends before it does, and how each send ended.
//
// Started with one argument, the JSON of ProducerOptions. A line `pause` on stdin lets what is under
// way end, says `idle` and waits; `resume` goes on. Never says anything of a record but its number.
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, errorWord, openBus } from '@sealstream/bus';
import { QUIET } from '../demo/ground.ts';
import { outRecord, type PeopleOptions } from './raw-people.ts';

export interface ProducerOptions extends PeopleOptions {
  readonly brokers: string;
  readonly topic: string;
  readonly partitions: number;
  readonly perSecond: number;
  /** Records of one request. */
  readonly burst: number;
  /** The first number. */
  readonly first: number;
}

/** A line on stdout. */
export type ProducerLine =
  | { readonly sent: number; readonly partition: number; readonly count: number }
  | { readonly acked: number; readonly offset: string }
  | { readonly failed: number; readonly code: string }
  | { readonly unknown: number; readonly code: string }
  | { readonly idle: true };

const TICK_MS = 50;
/** Requests that wait for one partition at most; while brokers are away nothing piles up. */
const MOST_WAITING = 4;
/** What was not written for so long is not made up for. */
const MOST_DUE_MS = 1000;
/** Refusals after which nothing was written. */
const REFUSED = new Set(['MESSAGE_TOO_LARGE', 'RECORD_TOO_LARGE', 'INVALID_RECORD']);

class Writer {
  readonly #bus: Bus;
  readonly #options: ProducerOptions;
  readonly #waiting: number[];
  #next: number;
  #due = 0;
  #turn = 0;

  constructor(bus: Bus, options: ProducerOptions) {
    this.#bus = bus;
    this.#options = options;
    this.#next = options.first;
    this.#waiting = Array.from({ length: options.partitions }, () => 0);
  }

  get isIdle(): boolean {
    return this.#waiting.every((count) => count === 0);
  }

  /** Sends what fell due in so many milliseconds. */
  tick(passedMs: number): void {
    const { burst, perSecond } = this.#options;
    const most = Math.max(burst, (perSecond * MOST_DUE_MS) / 1000);
    this.#due = Math.min(most, this.#due + (perSecond * passedMs) / 1000);
    for (; this.#due >= burst; this.#due -= burst) {
      const partition = this.#turn++ % this.#options.partitions;
      if (this.#waiting[partition] < MOST_WAITING) void this.#send(partition);
    }
  }

  async #send(partition: number): Promise<void> {
    const { burst: count, topic } = this.#options;
    const first = this.#next;
    this.#next += count;
    this.#waiting[partition] += 1;
    const records = Array.from({ length: count }, (_, n) => outRecord(this.#options, first + n));
    say({ sent: first, partition, count });
    try {
      const offset = await this.#bus.append(topic, partition, records);
      say({ acked: first, offset: String(offset) });
    } catch (error) {
      const code = errorWord(error);
      process.stderr.write(`${new Date().toISOString()} ${first} not acknowledged: ${code}\n`);
      say(REFUSED.has(code) ? { failed: first, code } : { unknown: first, code });
    } finally {
      this.#waiting[partition] -= 1;
    }
  }
}

/** Written before the call returns: stdout is a pipe. */
function say(line: ProducerLine): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

async function main(options: ProducerOptions): Promise<void> {
  const brokers = options.brokers.split(',');
  const bus = await openBus({ brokers, clientId: 'faults-producer', logger: QUIET });
  const writer = new Writer(bus, options);
  let isPaused = false;
  let isAsked = false;
  const input = createInterface(process.stdin);
  input.on('line', (line) => {
    isPaused = line === 'pause';
    isAsked = isPaused;
  });
  // Without its parent it has nobody to write for.
  input.on('close', () => process.exit(0));
  for (let beforeMs = performance.now(); ; ) {
    await sleep(TICK_MS);
    const nowMs = performance.now();
    if (!isPaused) writer.tick(nowMs - beforeMs);
    else if (isAsked && writer.isIdle) {
      isAsked = false;
      say({ idle: true });
    }
    beforeMs = nowMs;
  }
}

await main(JSON.parse(process.argv[2] ?? '{}') as ProducerOptions);
