import type { RejectCode } from '@sealstream/contracts';
import { KIND } from './shape.ts';

/** Deepest nesting of objects and arrays; the record itself is level 1. */
export const MAX_DEPTH = 64;

export const QUOTE = 0x22;
export const COMMA = 0x2c;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const CLOSE_BRACE = 0x7d;
const BACKSLASH = 0x5c;
const MINUS = 0x2d;
const PLUS = 0x2b;
const DOT = 0x2e;
const ZERO = 0x30;

/** 1 for what ends the plain run inside a string: quote, backslash, control characters. */
const STOPS = new Uint8Array(256).fill(1, 0, 0x20);
STOPS[QUOTE] = 1;
STOPS[BACKSLASH] = 1;

/** 1 for what may follow a backslash, save `u`. */
const ESCAPES = new Uint8Array(256);
for (const c of Buffer.from('"\\/bfnrt')) ESCAPES[c] = 1;

const TRUE = Buffer.from('true');
const FALSE = Buffer.from('false');
const NULL = Buffer.from('null');

function isDigit(c: number): boolean {
  return c >= ZERO && c <= 0x39;
}

function isHexDigit(c: number): boolean {
  return isDigit(c) || ((c | 0x20) >= 0x61 && (c | 0x20) <= 0x66);
}

/**
 * The grammar of RFC 8259 over bytes. Each method takes a position and gives the one after what it
 * read, or -1 with `code` and `byte` set; nothing is allocated on the way.
 */
export class JsonSyntax {
  protected buf: Buffer = Buffer.alloc(0);
  /** Where the text ends; what stands in `buf` from here on is not of it. */
  protected end = 0;
  /** Kind of the value read last, see KIND. */
  protected kind = 0;
  /** Whether the string read last held a backslash. */
  protected escaped = false;
  /** All bytes that stood in strings, or-ed: above 0x7f when one of them was not ASCII. */
  protected stringBits = 0;
  protected code: RejectCode | undefined;
  protected byte = 0;

  protected stop(code: RejectCode, at: number): number {
    this.code = code;
    this.byte = at;
    return -1;
  }

  protected invalid(at: number): number {
    return this.stop('RECORD_INVALID_JSON', at);
  }

  /** The byte at this place; 0, which no grammar takes, at the end. */
  protected at(pos: number): number {
    return pos < this.end ? this.buf[pos] : 0;
  }

  /** The place of the first byte from `at` on that is no white space. */
  protected space(at: number): number {
    return at < this.end && this.buf[at] <= 0x20 ? this.#skipSpace(at) : at;
  }

  #skipSpace(at: number): number {
    const { buf, end } = this;
    for (let pos = at; pos < end; pos++) {
      const c = buf[pos];
      if (c !== 0x20 && c !== 0x0a && c !== 0x0d && c !== 0x09) return pos;
    }
    return end;
  }

  /** Precondition: a quote stands at `at`. */
  protected string(at: number): number {
    const { buf, end } = this;
    let bits = 0;
    this.escaped = false;
    let pos = at + 1;
    // Four bytes for one branch: which of them stops the run is found below.
    for (; pos + 4 <= end; pos += 4) {
      const a = buf[pos];
      const b = buf[pos + 1];
      const c = buf[pos + 2];
      const d = buf[pos + 3];
      if ((STOPS[a] | STOPS[b] | STOPS[c] | STOPS[d]) !== 0) break;
      bits |= a | b | c | d;
    }
    for (; pos < end; pos++) {
      const c = buf[pos];
      bits |= c;
      if (STOPS[c] === 0) continue;
      if (c === QUOTE) {
        this.stringBits |= bits;
        return pos + 1;
      }
      const more = c === BACKSLASH ? this.#escapeLength(pos) : 0;
      if (more === 0) return this.invalid(pos);
      this.escaped = true;
      pos += more - 1;
    }
    return this.invalid(end);
  }

  /** Bytes of the escape that the backslash at `at` begins; 0 when it is none. */
  #escapeLength(at: number): number {
    const letter = this.at(at + 1);
    if (ESCAPES[letter] === 1) return 2;
    if (letter !== 0x75) return 0;
    for (let i = 2; i < 6; i++) if (!isHexDigit(this.at(at + i))) return 0;
    return 6;
  }

  #digits(at: number): number {
    let pos = at;
    while (isDigit(this.at(pos))) pos++;
    return pos === at ? this.invalid(at) : pos;
  }

  protected number(at: number): number {
    let pos = this.at(at) === MINUS ? at + 1 : at;
    if (this.at(pos) === ZERO) pos++;
    else pos = this.#digits(pos);
    if (pos > 0 && this.at(pos) === DOT) pos = this.#digits(pos + 1);
    if (pos > 0 && (this.at(pos) | 0x20) === 0x65) {
      const sign = this.at(pos + 1);
      pos = this.#digits(sign === PLUS || sign === MINUS ? pos + 2 : pos + 1);
    }
    return pos;
  }

  #literal(at: number, word: Buffer): number {
    for (let i = 0; i < word.length; i++)
      if (this.at(at + i) !== word[i]) return this.invalid(at + i);
    return at + word.length;
  }

  /** Any value; `depth` is that of the container it stands in. Sets `kind`. */
  protected value(at: number, depth: number): number {
    const c = this.at(at);
    let end: number;
    let kind: number;
    if (c === QUOTE) {
      end = this.string(at);
      kind = this.escaped ? KIND.escaped : KIND.string;
    } else if (c === OPEN_BRACE) {
      end = this.skipObject(at, depth + 1);
      kind = KIND.object;
    } else if (c === OPEN_BRACKET) {
      end = this.skipArray(at, depth + 1);
      kind = KIND.array;
    } else if (c === 0x74 || c === 0x66) {
      end = this.#literal(at, c === 0x74 ? TRUE : FALSE);
      kind = KIND.boolean;
    } else if (c === 0x6e) {
      end = this.#literal(at, NULL);
      kind = KIND.null;
    } else {
      end = this.number(at);
      kind = KIND.number;
    }
    this.kind = kind;
    return end;
  }

  protected skipObject(at: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.stop('RECORD_TOO_DEEP', at);
    let pos = this.space(at + 1);
    if (this.at(pos) === CLOSE_BRACE) return pos + 1;
    for (;;) {
      if (this.at(pos) !== QUOTE) return this.invalid(pos);
      pos = this.string(pos);
      if (pos < 0) return -1;
      pos = this.space(pos);
      if (this.at(pos) !== COLON) return this.invalid(pos);
      pos = this.value(this.space(pos + 1), depth);
      if (pos < 0) return -1;
      pos = this.space(pos);
      const c = this.at(pos);
      if (c === CLOSE_BRACE) return pos + 1;
      if (c !== COMMA) return this.invalid(pos);
      pos = this.space(pos + 1);
    }
  }

  protected skipArray(at: number, depth: number): number {
    if (depth > MAX_DEPTH) return this.stop('RECORD_TOO_DEEP', at);
    let pos = this.space(at + 1);
    if (this.at(pos) === CLOSE_BRACKET) return pos + 1;
    for (;;) {
      pos = this.value(pos, depth);
      if (pos < 0) return -1;
      pos = this.space(pos);
      const c = this.at(pos);
      if (c === CLOSE_BRACKET) return pos + 1;
      if (c !== COMMA) return this.invalid(pos);
      pos = this.space(pos + 1);
    }
  }
}

/** The kind of the one JSON value that these bytes are, or 0 when they are not exactly one. */
export function jsonKind(bytes: Buffer): number {
  return probe.kindOf(bytes);
}

class Probe extends JsonSyntax {
  kindOf(bytes: Buffer): number {
    this.buf = bytes;
    this.end = bytes.length;
    const end = this.value(this.space(0), 0);
    const { kind } = this;
    const whole = end >= 0 && this.space(end) === bytes.length;
    this.buf = NULL;
    return whole ? kind : 0;
  }
}

const probe = new Probe();
