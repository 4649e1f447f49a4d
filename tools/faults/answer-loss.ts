import { REQUESTS, type RequestName } from './requests.ts';

/** A request as its first bytes tell; what comes after is not looked at. */
export interface RequestHead {
  readonly apiKey: number;
  readonly correlationId: number;
  /** '' when the client gave none. */
  readonly clientId: string;
}

const CLIENT_LENGTH_AT = 12;
const CLIENT_AT = 14;

/**
 * The head of a request frame, its length in front.
 * Source: Apache Kafka protocol guide, "Request Header" version 1 and later.
 */
export function requestHead(frame: Buffer): RequestHead {
  const length = frame.length >= CLIENT_AT ? frame.readInt16BE(CLIENT_LENGTH_AT) : -1;
  return {
    apiKey: frame.readInt16BE(4),
    correlationId: frame.readInt32BE(8),
    clientId: length <= 0 ? '' : frame.toString('utf8', CLIENT_AT, CLIENT_AT + length),
  };
}

/** Answers that are to be lost: to some requests of one kind that one client makes. */
export class AnswerLoss {
  readonly request: RequestName;
  readonly clientId: string;
  readonly #times: number;
  #awaited = 0;
  #lost = 0;
  #isOver = false;
  readonly #all = Promise.withResolvers<void>();

  constructor(request: RequestName, clientId: string, times: number) {
    this.request = request;
    this.clientId = clientId;
    this.#times = times;
  }

  /** Answers lost so far. */
  get lost(): number {
    return this.#lost;
  }

  /** Resolves when all of them are lost. */
  get all(): Promise<void> {
    return this.#all.promise;
  }

  /** Whether the answer to this request is to be lost; then it is counted on. */
  claims({ apiKey, clientId }: RequestHead): boolean {
    if (this.#isOver || this.#lost + this.#awaited >= this.#times) return false;
    if (apiKey !== REQUESTS[this.request] || clientId !== this.clientId) return false;
    this.#awaited += 1;
    return true;
  }

  /** An answer that was counted on came, and was thrown away. */
  dropped(): void {
    this.#awaited -= 1;
    this.#lost += 1;
    if (this.#lost >= this.#times) this.#all.resolve();
  }

  /** It never came: its connection ended first. */
  missed(): void {
    this.#awaited -= 1;
  }

  /** Loses no more. */
  end(): void {
    this.#isOver = true;
  }
}
