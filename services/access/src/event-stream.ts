import { Readable } from 'node:stream';

const CUT_MS = 1000;

/**
 * One client's text/event-stream (HTML, section 9.2).
 *
 * Promises: a client that is slow gets the newest state when it is ready for one, and none of those that
 * came in between; nothing is queued for it but one state and one piece of text.
 */
export class EventStream extends Readable {
  #next: string | undefined;
  #isWanted = false;

  constructor() {
    // One piece at a time: what waits longer is replaced, not kept.
    super({ highWaterMark: 1, encoding: 'utf8' });
  }

  /** Takes the place of what was offered before and is not yet on its way. */
  offer(text: string): void {
    this.#next = text;
    this.#flush();
  }

  /** Only if nothing else waits: it says no more than that the stream is alive. */
  comment(): void {
    if (this.#next === undefined) this.offer(': alive\n\n');
  }

  /** Ends it; a client that takes nothing any more is cut off. */
  end(): void {
    if (this.destroyed) return;
    this.push(null);
    setTimeout(() => this.destroy(), CUT_MS).unref();
  }

  override _read(): void {
    this.#isWanted = true;
    this.#flush();
  }

  #flush(): void {
    const text = this.#next;
    if (!this.#isWanted || text === undefined || this.destroyed) return;
    this.#next = undefined;
    this.#isWanted = false;
    this.push(text);
  }
}

/** An event with its data as one line. */
export function eventText(name: string, data: unknown): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
