import { setTimeout as sleep } from 'node:timers/promises';
import { end, type ProcessRecord, runs, signal } from '../stack/processes.ts';
import { tailOf } from '../stack/readiness.ts';

/** A process of a service. */
export interface Running {
  readonly process: ProcessRecord;
  readonly log: string;
  /** Whether it does its work; must not throw. */
  isReady(): Promise<boolean>;
  /** What it says of itself on /metrics; '' when it does not answer. */
  metrics(): Promise<string>;
}

/** How one start of a service differs from the next. */
export interface Start {
  /** Environment on top of the usual one. */
  readonly env: Readonly<Record<string, string>>;
  readonly onExit: (code: number | null) => void;
}
type EndSignal = 'SIGKILL' | 'SIGTERM';
export type Launch = (start: Start) => Promise<Running>;

/** A process that ended though nobody had told it to. */
export interface UnaskedEnd {
  readonly service: string;
  readonly code: number | null;
  readonly log: string;
}

const RESTART_MS = 500;
const LOOK_MS = 100;
const STOP_MS = 20_000;

/**
 * A service as its supervisor keeps it: one process, which is started again whenever it ends, after
 * half a second, until stopped.
 */
export class SupervisedService {
  readonly name: string;
  readonly unasked: UnaskedEnd[] = [];
  /** Told the process id of each start, before the program does anything worth mentioning. */
  onStart: (pid: number) => void = () => undefined;
  readonly #launch: Launch;
  readonly #asked = new Set<Running>();
  #current: Running | undefined;
  #second: Running | undefined;
  #isWanted = false;
  #env: Readonly<Record<string, string>> = {};
  #turn: Promise<void> = Promise.resolve();

  constructor(name: string, launch: Launch) {
    this.name = name;
    this.#launch = launch;
  }

  /** The process that runs now; undefined between two. */
  get process(): ProcessRecord | undefined {
    return this.#current?.process;
  }

  /** The log of the process that runs or ran last. */
  get log(): string {
    return this.#current?.log ?? this.unasked.at(-1)?.log ?? '';
  }

  /** What its process says of itself; '' when there is none. */
  async metrics(): Promise<string> {
    return (await this.#current?.metrics()) ?? '';
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isWanted = true;
      this.#current = await this.#begin();
    });
  }

  /** Ends the process by a signal and starts another one, in another environment when told. */
  restart(how: EndSignal, env: Readonly<Record<string, string>> = {}): Promise<void> {
    return this.#inTurn(async () => {
      this.#env = env;
      if (this.#current !== undefined) await this.#end(this.#current, how);
      await sleep(RESTART_MS);
      this.#current = await this.#begin();
    });
  }

  /** Starts a second process beside the first. */
  startSecond(): Promise<void> {
    return this.#inTurn(async () => {
      this.#second = await this.#begin();
    });
  }

  /** Ends one of the two in order and keeps the other. */
  endOne(which: 'first' | 'second'): Promise<void> {
    return this.#inTurn(async () => {
      const [kept, ended] =
        which === 'first' ? [this.#second, this.#current] : [this.#current, this.#second];
      this.#second = undefined;
      if (ended !== undefined) await this.#end(ended, 'SIGTERM');
      this.#current = kept ?? (await this.#begin());
    });
  }

  /** Resolves once a process of it does its work; throws with the end of its log after `withinMs`. */
  async untilReady(withinMs: number): Promise<void> {
    for (const deadline = performance.now() + withinMs; ; await sleep(LOOK_MS)) {
      if ((await this.#current?.isReady()) === true) return;
      if (performance.now() > deadline)
        throw new Error(
          `${this.name} is not ready after ${withinMs / 1000} s; the end of ${this.log}:\n` +
            tailOf(this.log, 5),
        );
    }
  }

  stop(): Promise<void> {
    return this.#inTurn(async () => {
      this.#isWanted = false;
      const all = [this.#current, this.#second].filter((each) => each !== undefined);
      await Promise.all(all.map((running) => this.#end(running, 'SIGTERM')));
    });
  }

  /** One change after the other, so that no two of them start a process at once. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const next = this.#turn.then(work);
    this.#turn = next.catch(() => undefined);
    return next;
  }

  async #begin(): Promise<Running> {
    let code: number | null | undefined;
    let running: Running | undefined;
    const onExit = (ended: number | null) => {
      code = ended;
      if (running !== undefined) this.#onExit(running, ended);
    };
    running = await this.#launch({ env: this.#env, onExit });
    this.onStart(running.process.pid);
    // One that ended before it was known to us has to be started again as well.
    if (code !== undefined) this.#onExit(running, code);
    return running;
  }

  async #end(running: Running, how: EndSignal): Promise<void> {
    this.#asked.add(running);
    if (how === 'SIGKILL') signal(running.process, 'SIGKILL');
    await end(running.process, how === 'SIGKILL' ? 0 : STOP_MS);
  }

  #onExit(running: Running, code: number | null): void {
    if (this.#asked.delete(running)) return;
    this.unasked.push({ service: this.name, code, log: running.log });
    // What cannot be started shows when somebody waits for it to be ready.
    void this.#inTurn(() => this.#again()).catch(() => undefined);
  }

  async #again(): Promise<void> {
    if (this.#second !== undefined && !runs(this.#second.process)) this.#second = undefined;
    await sleep(RESTART_MS);
    const isGone = this.#current === undefined || !runs(this.#current.process);
    if (this.#isWanted && isGone) this.#current = await this.#begin();
  }
}
