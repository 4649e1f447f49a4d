import { styleText } from 'node:util';

/** A stream that a command writes to; process.stdout and process.stderr are such. */
export interface OutStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(chunk: string | Uint8Array): boolean;
  once(event: 'drain', listener: () => void): unknown;
}

/** What the process gives to a command. */
export interface Surroundings {
  readonly stdin: NodeJS.ReadableStream;
  readonly stdout: OutStream;
  readonly stderr: OutStream;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** To the beginning of the line, and what stands there erased. */
const CLEAR = '\r\u001b[2K';

export type Colour = 'green' | 'yellow' | 'red' | 'cyan' | 'bold' | 'dim';

/**
 * Where a command speaks: results on stdout, everything else on stderr.
 *
 * Colour only on a terminal, and never with NO_COLOR (no-color.org) or TERM=dumb. With `json` each
 * line on either stream is one JSON object.
 */
export class Terminal {
  json = false;
  #hasPassingLine = false;
  readonly #surroundings: Surroundings;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
  }

  get stdin(): NodeJS.ReadableStream {
    return this.#surroundings.stdin;
  }

  /** Whether somebody watches stderr. */
  get isWatched(): boolean {
    return this.#surroundings.stderr.isTTY === true && !this.json;
  }

  /** Whether results go to the screen. */
  get isOnScreen(): boolean {
    return this.#surroundings.stdout.isTTY === true;
  }

  /** Shows a line on stderr that the next one, or anything else said, takes the place of. */
  showPassing(line: string): void {
    const { stderr } = this.#surroundings;
    stderr.write(`${CLEAR}${line.slice(0, (stderr.columns ?? 80) - 1)}`);
    this.#hasPassingLine = true;
  }

  /** Takes the passing line away. */
  clearPassing(): void {
    if (this.#hasPassingLine) this.#surroundings.stderr.write(CLEAR);
    this.#hasPassingLine = false;
  }

  /** Writes bytes to stdout; resolves when the reader keeps up, which bounds memory. */
  async write(bytes: string | Uint8Array): Promise<void> {
    const { stdout } = this.#surroundings;
    if (!stdout.write(bytes)) await new Promise<void>((resolve) => stdout.once('drain', resolve));
  }

  /** One line of a result for people. */
  say(line: string): void {
    this.clearPassing();
    this.#surroundings.stdout.write(`${line}\n`);
  }

  /** One result for programs: an object on one line. */
  sayJson(value: unknown): void {
    this.say(jsonLine(value));
  }

  /** One line on stderr for people; `fields` is the same for programs. */
  note(line: string, fields?: Readonly<Record<string, unknown>>): void {
    const text = this.json ? jsonLine(fields ?? { note: line }) : line;
    this.clearPassing();
    this.#surroundings.stderr.write(`${text}\n`);
  }

  /** What one would do next: the last line on stderr. */
  next(what: string): void {
    this.note(`${this.paintErr('dim', 'next:')} ${what}`, { next: what });
  }

  paint(colour: Colour, text: string): string {
    return this.hasColour(this.#surroundings.stdout) ? style(colour, text) : text;
  }

  paintErr(colour: Colour, text: string): string {
    return this.hasColour(this.#surroundings.stderr) ? style(colour, text) : text;
  }

  hasColour(stream: OutStream): boolean {
    const { env } = this.#surroundings;
    const isRefused = (env['NO_COLOR'] ?? '') !== '' || env['TERM'] === 'dumb';
    return stream.isTTY === true && !isRefused && !this.json;
  }
}

function style(colour: Colour, text: string): string {
  // Whether the stream takes colour was decided above, for the stream that is written to.
  return styleText(colour, text, { validateStream: false });
}

/** JSON on one line; 64-bit numbers as decimal strings. */
export function jsonLine(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'bigint' ? inner.toString() : inner,
  );
}
