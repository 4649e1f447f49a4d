import { SealstreamError } from '@sealstream/contracts';

import { EventStream, eventText } from './event-stream.ts';
import type { FlowState } from './flow-state.ts';

const STREAMS_MAX = 50;
const ALIVE_MS = 15_000;
const SESSION_MS = 30_000;

export interface FlowStreamsOptions {
  readonly watch: {
    listen(onState: (state: FlowState | null) => void): () => void;
  };
  /** Told how many are open. */
  readonly onOpen?: (streams: number) => void;
  /** How often it is asked whether who opened a stream may still have it; 30 s unless told. */
  readonly sessionMs?: number;
}

/**
 * The streams of the flow's state.
 *
 * Promises: at most 50 at once; one state is made into text once, however many read it; a stream ends
 * when its client goes, when who opened it may no longer have it or that cannot be asked, and with the
 * server.
 */
export class FlowStreams {
  readonly #options: FlowStreamsOptions;
  readonly #open = new Set<EventStream>();
  #isEnded = false;
  #stopListening: () => void = () => undefined;

  constructor(options: FlowStreamsOptions) {
    this.#options = options;
  }

  /**
   * @param isStill whether who asked may still have it
   * @throws SealstreamError TOO_MANY_REQUESTS
   */
  open(isStill: () => Promise<boolean>): EventStream {
    if (this.#isEnded || this.#open.size >= STREAMS_MAX)
      throw new SealstreamError('TOO_MANY_REQUESTS', { most: STREAMS_MAX });
    const stream = new EventStream();
    const alive = setInterval(() => stream.comment(), ALIVE_MS).unref();
    const session = setInterval(() => {
      void isStill()
        .catch(() => false)
        .then((may) => (may ? undefined : stream.end()));
    }, this.#options.sessionMs ?? SESSION_MS).unref();
    stream.once('close', () => {
      clearInterval(alive);
      clearInterval(session);
      this.#open.delete(stream);
      if (this.#open.size === 0) this.#stopListening();
      this.#options.onOpen?.(this.#open.size);
    });
    this.#open.add(stream);
    this.#options.onOpen?.(this.#open.size);
    if (this.#open.size === 1) this.#stopListening = this.#options.watch.listen(this.#tell);
    // The head of the answer goes with the first piece of it.
    stream.comment();
    return stream;
  }

  /** Ends all, and lets nobody open another. */
  end(): void {
    this.#isEnded = true;
    for (const stream of this.#open) stream.end();
  }

  readonly #tell = (state: FlowState | null): void => {
    const text =
      state === null ? eventText('away', { code: 'KAFKA_UNREACHABLE' }) : eventText('flow', state);
    for (const stream of this.#open) stream.offer(text);
  };
}
