import type { Terminal } from './terminal.ts';

const EVERY_MS = 100;
/** Work that is done sooner shows nothing. */
const AFTER_MS = 500;
const BAR = 24;

/**
 * How far long work is, in one line on stderr that redraws itself; only on a terminal, so a log of
 * a pipe holds none of it.
 */
export class Progress {
  readonly #terminal: Terminal;
  readonly #what: string;
  readonly #total: number;
  readonly #begunMs = performance.now();
  #shownMs = 0;

  /** @param total of the same unit as shown; 0 when it is not known */
  constructor(terminal: Terminal, what: string, total: number) {
    this.#terminal = terminal;
    this.#what = what;
    this.#total = total;
  }

  /** @param done of `total` @param records so far */
  show(done: number, records: number): void {
    const nowMs = performance.now();
    if (!this.#terminal.isWatched || nowMs - this.#shownMs < EVERY_MS) return;
    if (nowMs - this.#begunMs < AFTER_MS) return;
    this.#shownMs = nowMs;
    const rate = Math.round(records / ((nowMs - this.#begunMs) / 1000));
    this.#terminal.showPassing(`${this.#what} ${this.#bar(done)}${records} records, ${rate}/s`);
  }

  /** Takes the line away. */
  end(): void {
    this.#terminal.clearPassing();
  }

  #bar(done: number): string {
    if (this.#total <= 0) return '';
    const part = Math.min(1, done / this.#total);
    const full = Math.round(part * BAR);
    return `[${'#'.repeat(full)}${'-'.repeat(BAR - full)}] ${Math.floor(part * 100)} %  `;
  }
}
