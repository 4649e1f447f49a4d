/** What the bench does now, on stderr; stdout belongs to the figures. */
export class Progress {
  readonly #isTerminal = process.stderr.isTTY;
  #title = '';
  #shownAtMs = 0;

  /** Begins a step. */
  step(title: string): void {
    this.#title = title;
    this.#shownAtMs = 0;
    if (!this.#isTerminal) process.stderr.write(`bench: ${title}\n`);
    else this.#line('');
  }

  /** How far the step is; shown on a terminal only, at most five times a second. */
  records(records: number, total: number): void {
    const nowMs = performance.now();
    if (!this.#isTerminal || nowMs - this.#shownAtMs < 200) return;
    this.#shownAtMs = nowMs;
    this.#line(` ${records.toLocaleString('en-US')} of ${total.toLocaleString('en-US')}`);
  }

  /** Clears the line. */
  done(): void {
    if (this.#isTerminal) process.stderr.write('\r\x1b[K');
  }

  #line(more: string): void {
    process.stderr.write(`\r\x1b[Kbench: ${this.#title}${more}`);
  }
}
