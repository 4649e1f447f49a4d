import type { RejectCode } from '@sealstream/contracts';

const QUOTE = 0x22;
const COMMA = 0x2c;
const LF = 0x0a;
const CR = 0x0d;

/** How a cell stands in the file; `doubled` is quoted with at least one doubled quote in it. */
export const CELL = { plain: 0, quoted: 1, doubled: 2 } as const;

/** Numbers per cell: form, start and end; the span of a quoted cell is inside its quotes. */
export const CELL_STRIDE = 3;

/** One row. Bytes and cells are valid until the callback returns. */
export interface CsvRow {
  /** Line of the file on which the row begins, from 1. */
  readonly line: number;
  /** The row without its line end. */
  readonly bytes: Buffer;
  /** 0 at the end of a file without a last line end, else 1 (LF) or 2 (CRLF). */
  readonly endLength: number;
  /** Form, start, end of each cell. */
  readonly cells: Int32Array;
  readonly count: number;
  readonly fault?: { readonly code: RejectCode; readonly byte: number };
}

const AT = { start: 0, plain: 1, quoted: 2, quote: 3, cr: 4, bad: 5 } as const;
const NOTHING = Buffer.alloc(0);

/**
 * Splits CSV (RFC 4180) into rows and cells, from chunks of any size, in memory bounded by the
 * longest row allowed. A quote opens a cell only as its first byte; in a plain cell a quote or a
 * lone CR is a fault, and so is anything between a closing quote and the next comma. After a fault
 * the next line end begins a new row. A UTF-8 byte order mark at the start is stepped over.
 */
export class CsvReader {
  /** Whether the file began with a byte order mark; known from the first row on. */
  bom = false;
  readonly #maxRowBytes: number;
  #rest: Buffer = NOTHING;
  #begun = false;
  #line = 1;
  #state: number = AT.start;
  #cells = new Int32Array(64 * CELL_STRIDE);
  #count = 0;
  #cellAt = 0;
  #form: number = CELL.plain;
  #linesInRow = 0;
  #scanned = 0;
  #fault: { code: RejectCode; byte: number } | undefined;

  constructor(maxRowBytes: number) {
    this.#maxRowBytes = maxRowBytes;
  }

  push(chunk: Buffer, onRow: (row: CsvRow) => void): void {
    let bytes = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    if (!this.#begun) {
      if (bytes.length < 3 && this.#mayBeMark(bytes)) {
        this.#rest = Buffer.from(bytes);
        return;
      }
      bytes = this.#begin(bytes);
    }
    this.#scan(bytes, onRow);
  }

  end(onRow: (row: CsvRow) => void): void {
    // A file of one or two bytes was waiting to be told from a byte order mark.
    if (!this.#begun) {
      this.#begun = true;
      this.#scan(this.#rest, onRow);
    }
    const bytes = this.#rest;
    if (bytes.length === 0 && this.#fault === undefined && this.#count === 0) return;
    if (this.#state === AT.quoted) this.#bad(0);
    if (this.#state === AT.cr) this.#bad(bytes.length - 1);
    this.#cell(bytes.length);
    this.#row(bytes, 0, bytes.length, 0, onRow);
    this.#rest = NOTHING;
  }

  #mayBeMark(bytes: Buffer): boolean {
    return bytes.equals(Buffer.from([0xef, 0xbb, 0xbf]).subarray(0, bytes.length));
  }

  #begin(bytes: Buffer): Buffer {
    this.#begun = true;
    this.bom = bytes.length >= 3 && this.#mayBeMark(bytes.subarray(0, 3));
    return this.bom ? bytes.subarray(3) : bytes;
  }

  #bad(byte: number): void {
    this.#fault ??= { code: 'RECORD_INVALID_CSV', byte };
    this.#state = AT.bad;
  }

  /** Ends the cell at `end`, an offset in the row. */
  #cell(end: number): void {
    let i = this.#count * CELL_STRIDE;
    if (i === this.#cells.length) {
      const grown = new Int32Array(i * 2);
      grown.set(this.#cells);
      this.#cells = grown;
    }
    const quotes = this.#form === CELL.plain ? 0 : 1;
    this.#cells[i++] = this.#form;
    this.#cells[i++] = this.#cellAt + quotes;
    this.#cells[i] = end - quotes;
    this.#count++;
    this.#form = CELL.plain;
    this.#cellAt = end + 1;
    this.#state = AT.start;
  }

  #row(
    bytes: Buffer,
    from: number,
    to: number,
    endLength: number,
    onRow: (row: CsvRow) => void,
  ): void {
    const line = this.#line;
    const fault = this.#fault;
    const { length } = bytes.subarray(from, to);
    const tooLong = length > this.#maxRowBytes;
    onRow({
      line,
      bytes: bytes.subarray(from, to),
      endLength,
      cells: this.#cells,
      count: this.#count,
      ...(tooLong
        ? { fault: { code: 'RECORD_TOO_LARGE', byte: this.#maxRowBytes } }
        : fault !== undefined && { fault }),
    });
    this.#line += 1 + this.#linesInRow;
    this.#linesInRow = 0;
    this.#count = 0;
    this.#cellAt = 0;
    this.#form = CELL.plain;
    this.#fault = undefined;
    this.#state = AT.start;
  }

  #scan(bytes: Buffer, onRow: (row: CsvRow) => void): void {
    let rowAt = 0;
    for (let pos = this.#scanned; pos < bytes.length; pos++) {
      const c = bytes[pos];
      if (c !== LF || this.#state === AT.quoted) {
        this.#step(c, pos - rowAt);
        continue;
      }
      const crlf = this.#state === AT.cr || (this.#state === AT.bad && bytes[pos - 1] === CR);
      const end = crlf ? pos - 1 : pos;
      this.#cell(end - rowAt);
      this.#row(bytes, rowAt, end, crlf ? 2 : 1, onRow);
      rowAt = pos + 1;
    }
    this.#keep(bytes, rowAt);
  }

  /** Keeps the begun row for the next chunk; of one that is too long only the state. */
  #keep(bytes: Buffer, rowAt: number): void {
    const length = bytes.length - rowAt;
    if (length > this.#maxRowBytes) {
      this.#fault = { code: 'RECORD_TOO_LARGE', byte: this.#maxRowBytes };
      this.#count = 0;
      this.#cellAt = 0;
      // Two bytes suffice to see a line end of CRLF; the rest is not needed for a refused row.
      this.#rest = Buffer.from(bytes.subarray(bytes.length - 1));
    } else {
      this.#rest = Buffer.from(bytes.subarray(rowAt));
    }
    this.#scanned = this.#rest.length;
  }

  /** One byte that ends no row; `at` is its offset in the row. */
  #step(c: number, at: number): void {
    switch (this.#state) {
      case AT.start:
        if (c === QUOTE) {
          this.#form = CELL.quoted;
          this.#state = AT.quoted;
        } else if (c === COMMA) this.#cell(at);
        else this.#state = c === CR ? AT.cr : AT.plain;
        return;
      case AT.plain:
        if (c === COMMA) this.#cell(at);
        else if (c === CR) this.#state = AT.cr;
        else if (c === QUOTE) this.#bad(at);
        return;
      case AT.quoted:
        if (c === QUOTE) this.#state = AT.quote;
        else if (c === LF) this.#linesInRow++;
        return;
      case AT.quote:
        if (c === QUOTE) {
          this.#form = CELL.doubled;
          this.#state = AT.quoted;
        } else if (c === COMMA) this.#cell(at);
        else if (c === CR) this.#state = AT.cr;
        else this.#bad(at);
        return;
      case AT.cr:
        this.#bad(at - 1);
        return;
      default:
    }
  }
}
