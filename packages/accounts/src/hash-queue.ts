import { Worker } from 'node:worker_threads';
import { parseOptions } from '@node-rs/argon2';
import { SealstreamError } from '@sealstream/contracts';
import type { HashAnswer, HashCost, HashOrder } from './hash-order.ts';

/** OWASP's first choice for argon2id: 19 MiB, two passes, one lane. */
const COST: HashCost = { memoryCost: 19 * 1024, timeCost: 2, parallelism: 1 };
const WAITING_MAX = 16;
/** How long nobody's hash is begun for a stranger after one that failed, as a multiple of its own time. */
const REST = 3;
const REST_MAX_MS = 1000;
/** Where the thread's program is: beside this file, as source or built. */
const PROGRAM = new URL(
  import.meta.url.endsWith('.ts') ? './hash-worker.ts' : './hash-worker.js',
  import.meta.url,
);

export interface HashQueueOptions {
  /** Places of all callers, whoever is being hashed included. Default 16. */
  readonly waitingMax?: number | undefined;
  /** Of these, how many only callers with a device cookie may have. Default half. */
  readonly reserved?: number | undefined;
  /** Default: 19 MiB, t = 2, p = 1. */
  readonly cost?: HashCost | undefined;
  /** How long strangers rest after a wrong password, as a multiple of the time it took. Default 3. */
  readonly rest?: number | undefined;
}

/** A place in the queue; whoever has it may verify, and gives it back. */
export interface HashPlace {
  /**
   * As `HashQueue.verify`, in the turn of its caller: strangers go one after another, and after a wrong
   * password of one the next waits.
   */
  verify(phc: string, password: Uint8Array<ArrayBuffer>): Promise<boolean>;
  release(): void;
}

interface Waiting {
  readonly resolve: (answer: HashAnswer) => void;
  readonly reject: (error: SealstreamError) => void;
}

/**
 * Hashes passwords in one thread of its own, so that at most one core and one hash's memory go to it, and
 * wrong passwords of strangers have a quarter of that. Places are bounded: who finds none is sent away
 * before anything is looked up.
 */
export class HashQueue {
  readonly cost: HashCost;
  readonly #waitingMax: number;
  readonly #strangersMax: number;
  readonly #rest: number;
  readonly #waiting = new Map<number, Waiting>();
  #worker: Worker | undefined;
  #places = 0;
  #strangers = 0;
  #strangersTurn: Promise<void> = Promise.resolve();
  #number = 0;

  constructor(options: HashQueueOptions = {}) {
    const { cost = COST, reserved, rest = REST, waitingMax = WAITING_MAX } = options;
    this.cost = cost;
    this.#rest = rest;
    this.#waitingMax = waitingMax;
    this.#strangersMax = waitingMax - (reserved ?? Math.floor(waitingMax / 2));
  }

  /** A place, or undefined when there is none for such a caller. */
  enter(caller: 'known-device' | 'stranger'): HashPlace | undefined {
    const isStranger = caller === 'stranger';
    if (this.#places >= this.#waitingMax) return undefined;
    if (isStranger && this.#strangers >= this.#strangersMax) return undefined;
    this.#places += 1;
    if (isStranger) this.#strangers += 1;
    let isHeld = true;
    return {
      verify: (phc, password) =>
        isStranger ? this.#verifyInTurn(phc, password) : this.verify(phc, password),
      release: () => {
        if (!isHeld) return;
        isHeld = false;
        this.#places -= 1;
        if (isStranger) this.#strangers -= 1;
      },
    };
  }

  /**
   * The PHC text of a password's hash, under a new salt. The bytes are gone after the call.
   *
   * @throws SealstreamError INTERNAL when the thread ended
   */
  async hash(password: Uint8Array<ArrayBuffer>): Promise<string> {
    const { hash } = await this.#ask(password, undefined);
    if (hash === undefined) throw new SealstreamError('INTERNAL', { place: 'password hash' });
    return hash;
  }

  /**
   * Whether a password is that of a PHC text. The bytes are gone after the call.
   *
   * @throws SealstreamError ACCOUNT_UNREADABLE when the text is none, INTERNAL when the thread ended
   */
  async verify(phc: string, password: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const { matches } = await this.#ask(password, phc);
    if (matches === undefined) throw new SealstreamError('ACCOUNT_UNREADABLE', { kind: 'hash' });
    return matches;
  }

  /** The rest is the same whether the name is known or not: a wrong password is all that counts. */
  async #verifyInTurn(phc: string, password: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const before = this.#strangersTurn;
    const turn = Promise.withResolvers<void>();
    this.#strangersTurn = turn.promise;
    await before;
    const begunMs = performance.now();
    let matches = false;
    try {
      matches = await this.verify(phc, password);
      return matches;
    } finally {
      const tookMs = performance.now() - begunMs;
      const restMs = matches ? 0 : Math.min(tookMs * this.#rest, REST_MAX_MS);
      setTimeout(turn.resolve, restMs).unref();
    }
  }

  /** Whether a hash was made at another cost than new ones are. */
  isOutdated(phc: string): boolean {
    const { memoryCost, parallelism, timeCost } = parseOptions(phc);
    const { cost } = this;
    const isSame = memoryCost === cost.memoryCost && timeCost === cost.timeCost;
    return !isSame || parallelism !== cost.parallelism;
  }

  async stop(): Promise<void> {
    await this.#worker?.terminate();
  }

  #ask(password: Uint8Array<ArrayBuffer>, phc: string | undefined): Promise<HashAnswer> {
    this.#worker ??= this.#begin();
    const worker = this.#worker;
    const number = this.#number++;
    const order: HashOrder = { number, password, cost: this.cost, phc };
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { resolve, reject });
      worker.postMessage(order, [password.buffer]);
    });
  }

  /** A thread that ended is replaced at the next order; who waited for it is told. */
  #begin(): Worker {
    const worker = new Worker(PROGRAM, { env: {}, stdin: false });
    worker.on('message', (answer: HashAnswer) => {
      this.#waiting.get(answer.number)?.resolve(answer);
      this.#waiting.delete(answer.number);
    });
    // What went wrong in it may quote what it was given; the exit that follows is enough.
    worker.on('error', () => undefined);
    worker.on('exit', () => {
      this.#worker = undefined;
      for (const { reject } of this.#waiting.values())
        reject(new SealstreamError('INTERNAL', { place: 'password thread' }));
      this.#waiting.clear();
    });
    return worker;
  }
}
