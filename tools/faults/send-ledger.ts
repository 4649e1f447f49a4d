/** How a send ended, as its producer knows. */
export type SendState = 'sent' | 'acked' | 'failed' | 'unknown';

/** Records of consecutive numbers, written to one partition with one request. */
export interface Send {
  readonly partition: number;
  readonly first: number;
  readonly count: number;
}

interface LedgerEntry extends Send {
  state: SendState;
  /** Of an acked one: where its first record stands. */
  offset: bigint;
  readonly session: number;
}

/**
 * Every send of the producer and what became of it: acked ones must be in raw, failed ones must not,
 * and of unknown ones either is right.
 */
export class SendLedger {
  readonly #sends: LedgerEntry[] = [];
  readonly #open = new Map<number, LedgerEntry>();
  readonly #byNumber: LedgerEntry[] = [];
  #session = 0;

  /** The number after the last one that was sent. */
  get next(): number {
    return this.#byNumber.length;
  }

  /** Sends that are under way. */
  get open(): number {
    return this.#open.size;
  }

  /** Precondition: numbers are used once and without a gap. */
  sent(send: Send): void {
    if (send.first !== this.next) throw new RangeError(`${this.next} was next, not ${send.first}`);
    const entry: LedgerEntry = { ...send, state: 'sent', offset: -1n, session: this.#session };
    this.#sends.push(entry);
    this.#open.set(send.first, entry);
    for (let n = 0; n < send.count; n++) this.#byNumber.push(entry);
  }

  acked(first: number, offset: bigint): void {
    this.#settle(first, 'acked', offset);
  }

  /** The broker refused it for good. */
  failed(first: number): void {
    this.#settle(first, 'failed');
  }

  /** Nobody knows, as after a time-out. */
  unknown(first: number): void {
    this.#settle(first, 'unknown');
  }

  /** The producer's process is gone: what was under way is unknown. */
  sessionEnded(): void {
    for (const first of this.#open.keys()) this.#settle(first, 'unknown');
    this.#session += 1;
  }

  /** Undefined for a number that was never sent. */
  find(number: number): Readonly<LedgerEntry> | undefined {
    return this.#byNumber[number];
  }

  /** Records by the state of their send. */
  counts(): Record<SendState, number> {
    const counts = { sent: 0, acked: 0, failed: 0, unknown: 0 };
    for (const { state, count } of this.#sends) counts[state] += count;
    return counts;
  }

  #settle(first: number, state: SendState, offset = -1n): void {
    const entry = this.#open.get(first);
    if (entry === undefined) throw new RangeError(`no send that begins at ${first} is under way`);
    this.#open.delete(first);
    entry.state = state;
    entry.offset = offset;
  }
}
