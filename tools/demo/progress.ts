/** Where progress goes; stderr in earnest. */
export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

const CLEAR_LINE = '\r\u001b[2K';
const UPDATE_MS = 100;

/**
 * Says what is being done: on a terminal one line that changes while a phase lasts, elsewhere one
 * plain line when it begins and one when it ends.
 */
export class Progress {
  readonly #out: Output;
  #phase = '';
  #began = 0;
  #shown = 0;

  constructor(out: Output) {
    this.#out = out;
  }

  begin(phase: string): void {
    this.#phase = phase;
    this.#began = performance.now();
    this.#shown = 0;
    if (this.#out.isTTY === true) this.#redraw('');
    else this.#line(`${phase} …`);
  }

  /** Something that moves; shown on a terminal only. */
  update(detail: string): void {
    if (this.#out.isTTY !== true || performance.now() - this.#shown < UPDATE_MS) return;
    this.#shown = performance.now();
    this.#redraw(detail);
  }

  end(detail = ''): void {
    const seconds = ((performance.now() - this.#began) / 1000).toFixed(1);
    const said = detail === '' ? '' : `: ${detail}`;
    if (this.#out.isTTY === true) this.#out.write(CLEAR_LINE);
    this.#line(`${this.#phase}${said} (${seconds} s)`);
    this.#phase = '';
  }

  note(text: string): void {
    if (this.#out.isTTY === true && this.#phase !== '') this.#out.write(CLEAR_LINE);
    this.#line(text);
  }

  #redraw(detail: string): void {
    const said = detail === '' ? '…' : `: ${detail}`;
    this.#out.write(`${CLEAR_LINE}sealstream: ${this.#phase}${said}`);
  }

  #line(text: string): void {
    this.#out.write(`sealstream: ${text}\n`);
  }
}
