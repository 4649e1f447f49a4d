import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { OtherRecord } from './checks/agreement.ts';
import { type Partitions, valueDigest } from './seen-records.ts';

export interface KcatOptions {
  readonly program: string;
  readonly brokers: string;
  readonly topic: string;
  readonly partitions: number;
  readonly log: string;
}

/** Partition, offset and length of the value in text, a line feed, the value, a line feed. */
const FORMAT = '%p %o %S\\n%s\\n';
const LINE_FEED = 0x0a;
const AGAIN_MS = 500;
const LOOK_MS = 100;

/** Takes kcat's output apart; values are binary, so they are told by their length. */
export class KcatOutput {
  readonly #onRecord: (partition: number, record: OtherRecord) => void;
  #waiting = Buffer.alloc(0);

  constructor(onRecord: (partition: number, record: OtherRecord) => void) {
    this.#onRecord = onRecord;
  }

  add(chunk: Buffer): void {
    let bytes = this.#waiting.length === 0 ? chunk : Buffer.concat([this.#waiting, chunk]);
    for (;;) {
      const headEnd = bytes.indexOf(LINE_FEED);
      if (headEnd < 0) break;
      const [partition = '', offset = '', size = ''] = bytes
        .toString('latin1', 0, headEnd)
        .split(' ');
      const length = Math.max(0, Number(size));
      const end = headEnd + 1 + length;
      if (bytes.length <= end) break;
      // A tombstone has the length -1.
      const value = size === '-1' ? null : bytes.subarray(headEnd + 1, end);
      this.#onRecord(Number(partition), { at: Number(offset), digest: valueDigest(value) });
      bytes = bytes.subarray(end + 1);
    }
    this.#waiting = Buffer.from(bytes);
  }
}

/**
 * Reads a topic with kcat (librdkafka), committed records only, from the first one on and while it is
 * written. When kcat ends by itself it is started again and reads from the beginning.
 */
export class KcatReader {
  readonly topic: string;
  readonly #options: KcatOptions;
  #child: ChildProcess | undefined;
  #seen: OtherRecord[][] = [];
  readonly #earlier: OtherRecord[][][] = [];
  #isEnding = false;
  #failure: unknown;
  #ended: Promise<void> = Promise.resolve();

  constructor(options: KcatOptions) {
    this.#options = options;
    this.topic = options.topic;
    this.#start();
  }

  get restarts(): number {
    return this.#earlier.length;
  }

  /** What each kcat that ended by itself had seen until then. */
  get earlier(): readonly Partitions<OtherRecord>[] {
    return this.#earlier;
  }

  /** What the one that runs has seen. */
  get seen(): Partitions<OtherRecord> {
    return this.#seen;
  }

  /** Waits until it has seen the last record of each partition, at most so long. */
  async reaches(lastOffsets: readonly number[], withinMs: number): Promise<void> {
    const isThere = () =>
      lastOffsets.every((last, partition) => (this.#seen[partition].at(-1)?.at ?? -1) >= last);
    for (const deadline = performance.now() + withinMs; !isThere(); await sleep(LOOK_MS))
      if (performance.now() > deadline) return;
  }

  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#child?.kill('SIGTERM');
    await this.#ended;
    if (this.#failure !== undefined) throw this.#failure;
  }

  #start(): void {
    const { brokers, log, partitions, program, topic } = this.#options;
    const seen = Array.from({ length: partitions }, (): OtherRecord[] => []);
    this.#seen = seen;
    const output = new KcatOutput((partition, record) => seen[partition].push(record));
    const settings = ['isolation.level=read_committed', 'reconnect.backoff.max.ms=1000'];
    const args = ['-C', '-b', brokers, '-t', topic, '-o', 'beginning', '-q', '-u', '-f', FORMAT];
    const file = openSync(log, 'a', 0o600);
    const child = spawn(program, [...args, ...settings.flatMap((each) => ['-X', each])], {
      stdio: ['ignore', 'pipe', file],
      detached: true,
    });
    closeSync(file);
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => output.add(chunk));
    this.#ended = new Promise((resolve) => {
      child.once('error', () => resolve());
      child.once('close', () => resolve());
    });
    void this.#again(this.#ended);
  }

  async #again(ended: Promise<void>): Promise<void> {
    await ended;
    await sleep(this.#isEnding ? 0 : AGAIN_MS);
    if (this.#isEnding) return;
    this.#earlier.push(this.#seen);
    try {
      this.#start();
    } catch (error) {
      // Told to whoever waits for this reader; here nobody does.
      this.#failure = error;
    }
  }
}
