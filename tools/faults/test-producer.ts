import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { ProducerLine, ProducerOptions } from './producer-process.ts';
import type { SendLedger } from './send-ledger.ts';

const PROGRAM = join(import.meta.dirname, 'producer-process.ts');
/** A send is given up after 30 s, and one may wait behind three others. */
const IDLE_MS = 150_000;

/** The test producer seen from here: what it says goes into the ledger. */
export class TestProducer {
  readonly #options: Omit<ProducerOptions, 'first'>;
  readonly #ledger: SendLedger;
  readonly #log: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #isPaused = false;
  #onIdle: () => void = () => undefined;
  #endedByItself = 0;
  #isEnding = false;

  constructor(options: Omit<ProducerOptions, 'first'>, ledger: SendLedger, log: string) {
    this.#options = options;
    this.#ledger = ledger;
    this.#log = log;
  }

  /** How often its process ended without having been asked to. */
  get endedByItself(): number {
    return this.#endedByItself;
  }

  /** Starts a session: numbers go on where the ledger ends. */
  start(): void {
    const log = openSync(this.#log, 'a', 0o600);
    const options: ProducerOptions = { ...this.#options, first: this.#ledger.next };
    const flags = ['--disable-warning=ExperimentalWarning'];
    const child = spawn(process.execPath, [...flags, PROGRAM, JSON.stringify(options)], {
      stdio: ['pipe', 'pipe', log],
      // Ctrl-C is for this process, which then ends what it began.
      detached: true,
    });
    closeSync(log);
    this.#child = child;
    this.#isEnding = false;
    const { stdin, stdout } = child;
    if (stdin === null || stdout === null) throw new Error('the producer has no pipes');
    stdin.on('error', () => undefined);
    const lines = createInterface(stdout);
    lines.on('line', (line) => this.#hear(JSON.parse(line) as ProducerLine));
    const said = new Promise((resolve) => lines.once('close', resolve));
    const gone = new Promise((resolve) => child.once('close', resolve));
    this.#ended = this.#whenEnded([said, gone]);
    if (this.#isPaused) stdin.write('pause\n');
  }

  async #whenEnded(ends: readonly Promise<unknown>[]): Promise<void> {
    await Promise.all(ends);
    this.#ledger.sessionEnded();
    this.#onIdle();
    if (this.#isEnding) return;
    this.#endedByItself += 1;
    this.start();
  }

  /** A session that ends without warning; the next one begins at once. */
  async kill(): Promise<void> {
    await this.stop();
    this.start();
  }

  /** Sends nothing more, and resolves once it is known how every send ended. */
  async pause(): Promise<void> {
    this.#isPaused = true;
    const idle = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error('the producer does not come to rest')),
        IDLE_MS,
      );
      this.#onIdle = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#child?.stdin?.write('pause\n');
    await idle;
  }

  resume(): void {
    this.#isPaused = false;
    this.#child?.stdin?.write('resume\n');
  }

  /** Ends the process; what was under way is unknown from then on. */
  async stop(): Promise<void> {
    this.#isEnding = true;
    this.#child?.kill('SIGKILL');
    await this.#ended;
  }

  #hear(line: ProducerLine): void {
    if ('sent' in line)
      this.#ledger.sent({ first: line.sent, partition: line.partition, count: line.count });
    else if ('acked' in line) this.#ledger.acked(line.acked, BigInt(line.offset));
    else if ('failed' in line) this.#ledger.failed(line.failed);
    else if ('unknown' in line) this.#ledger.unknown(line.unknown);
    else this.#onIdle();
  }
}
