const LF = 0x0a;
const CR = 0x0d;
const NOTHING = Buffer.alloc(0);
const MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** One line of a file. */
export interface Line {
  /** From 1. */
  readonly line: number;
  /** Without its end; valid until the callback returns. Empty when too long. */
  readonly bytes: Buffer;
  /** 0 at the end of a file without a last line end, else 1 (LF) or 2 (CRLF). */
  readonly endLength: number;
  readonly tooLong: boolean;
}

/**
 * Splits a file into lines, from chunks of any size; a line over the limit is told and not kept,
 * so that memory stays bounded. A UTF-8 byte order mark at the start is stepped over.
 */
export class LineReader {
  /** Whether the file began with a byte order mark; known from the first line on. */
  bom = false;
  readonly #maxLineBytes: number;
  #rest: Buffer = NOTHING;
  #line = 0;
  #tooLong = false;

  constructor(maxLineBytes: number) {
    this.#maxLineBytes = maxLineBytes;
  }

  push(chunk: Buffer, onLine: (line: Line) => void): void {
    let from = 0;
    for (let lf = chunk.indexOf(LF); lf >= 0; lf = chunk.indexOf(LF, from)) {
      const part = chunk.subarray(from, lf);
      const whole = this.#rest.length === 0 ? part : Buffer.concat([this.#rest, part]);
      this.#rest = NOTHING;
      const crlf = whole.at(-1) === CR;
      this.#emit(crlf ? whole.subarray(0, -1) : whole, crlf ? 2 : 1, onLine);
      from = lf + 1;
    }
    this.#keep(chunk.subarray(from));
  }

  end(onLine: (line: Line) => void): void {
    if (this.#rest.length > 0 || this.#tooLong) this.#emit(this.#rest, 0, onLine);
    this.#rest = NOTHING;
  }

  #keep(part: Buffer): void {
    if (this.#rest.length + part.length > this.#maxLineBytes + MARK.length + 1) {
      this.#tooLong = true;
      // The last byte may be the CR of a CRLF.
      this.#rest = Buffer.from(part.subarray(-1));
    } else if (part.length > 0) {
      this.#rest = Buffer.concat([this.#rest, part]);
    }
  }

  #emit(text: Buffer, endLength: number, onLine: (line: Line) => void): void {
    let bytes = text;
    this.#line++;
    if (this.#line === 1 && !this.#tooLong && bytes.subarray(0, 3).equals(MARK)) {
      this.bom = true;
      bytes = bytes.subarray(3);
    }
    const tooLong = this.#tooLong || bytes.length > this.#maxLineBytes;
    this.#tooLong = false;
    onLine({ line: this.#line, bytes: tooLong ? NOTHING : bytes, endLength, tooLong });
  }
}
