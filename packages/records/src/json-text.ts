import type { ByteWriter } from './byte-writer.ts';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const HEX = Buffer.from('0123456789abcdef');

/** Letter after the backslash for the short escapes that JSON.stringify writes. */
const SHORT_ESCAPE = new Map<number, number>([
  [0x08, 0x62],
  [0x09, 0x74],
  [0x0a, 0x6e],
  [0x0c, 0x66],
  [0x0d, 0x72],
  [QUOTE, QUOTE],
  [BACKSLASH, BACKSLASH],
]);
/** What the letter after a backslash stands for; the inverse, and `/`. */
const SHORT_MEANING = new Uint8Array(256);
for (const [meaning, letter] of SHORT_ESCAPE) SHORT_MEANING[letter] = meaning;
SHORT_MEANING[0x2f] = 0x2f;

/** 1 for bytes that stand as they are inside a JSON string; 0xed may begin a lone surrogate. */
const PLAIN = new Uint8Array(256).fill(1, 0x20);
PLAIN[QUOTE] = 0;
PLAIN[BACKSLASH] = 0;
PLAIN[0xed] = 0;

function hexValue(c: number): number {
  return c <= 0x39 ? c - 0x30 : (c | 0x20) - 0x57;
}

function codeUnit(bytes: Buffer, at: number): number {
  let unit = 0;
  for (let i = 0; i < 4; i++) unit = (unit << 4) | hexValue(bytes[at + i]);
  return unit;
}

function writeCodePoint(out: ByteWriter, point: number): void {
  if (point < 0x80) {
    out.byte(point);
  } else if (point < 0x800) {
    out.byte(0xc0 | (point >> 6));
    out.byte(0x80 | (point & 0x3f));
  } else if (point < 0x10000) {
    out.byte(0xe0 | (point >> 12));
    out.byte(0x80 | ((point >> 6) & 0x3f));
    out.byte(0x80 | (point & 0x3f));
  } else {
    out.byte(0xf0 | (point >> 18));
    out.byte(0x80 | ((point >> 12) & 0x3f));
    out.byte(0x80 | ((point >> 6) & 0x3f));
    out.byte(0x80 | (point & 0x3f));
  }
}

/**
 * Writes the text that the raw inside [from, to) of a valid JSON string stands for. The text is
 * UTF-8, save that a lone surrogate, which JSON can escape and UTF-8 cannot hold, becomes its three
 * bytes of WTF-8; `true` is returned then. writeJsonString turns these back into the escape.
 */
export function unescapeJson(bytes: Buffer, from: number, to: number, out: ByteWriter): boolean {
  let lone = false;
  let at = from;
  while (at < to) {
    const stop = bytes.indexOf(BACKSLASH, at);
    const end = stop < 0 || stop > to ? to : stop;
    out.copy(bytes, at, end);
    if (end === to) break;
    const letter = bytes[end + 1];
    if (letter !== 0x75) {
      out.byte(SHORT_MEANING[letter]);
      at = end + 2;
      continue;
    }
    const unit = codeUnit(bytes, end + 2);
    at = end + 6;
    if (unit < 0xd800 || unit > 0xdfff) {
      writeCodePoint(out, unit);
      continue;
    }
    const low = at + 6 <= to && bytes[at] === BACKSLASH && bytes[at + 1] === 0x75;
    const second = low ? codeUnit(bytes, at + 2) : 0;
    if (unit < 0xdc00 && second >= 0xdc00 && second <= 0xdfff) {
      writeCodePoint(out, 0x10000 + ((unit - 0xd800) << 10) + (second - 0xdc00));
      at += 6;
    } else {
      writeCodePoint(out, unit);
      lone = true;
    }
  }
  return lone;
}

function writeUnicodeEscape(out: ByteWriter, unit: number): void {
  out.byte(BACKSLASH);
  out.byte(0x75);
  for (let shift = 12; shift >= 0; shift -= 4) out.byte(HEX[(unit >> shift) & 15]);
}

/** Whether the text in [from, to) stands in a JSON string as it is, with nothing to escape. */
export function standsPlain(text: Buffer, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (PLAIN[text[at]] === 0) return false;
  return true;
}

/**
 * Writes text as a JSON string with its quotes, escaped as JSON.stringify does: short escapes where
 * there are any, else lower-case hex, and only for what must be escaped.
 */
export function writeJsonString(out: ByteWriter, text: Buffer, from = 0, to = text.length): void {
  out.byte(QUOTE);
  let plainFrom = from;
  for (let at = from; at < to; at++) {
    const c = text[at];
    if (PLAIN[c] === 1) continue;
    if (c === 0xed) {
      const second = text[at + 1] ?? 0;
      if (second < 0xa0) continue;
      out.copy(text, plainFrom, at);
      writeUnicodeEscape(out, 0xd000 | ((second & 0x3f) << 6) | ((text[at + 2] ?? 0) & 0x3f));
      at += 2;
    } else {
      out.copy(text, plainFrom, at);
      const letter = SHORT_ESCAPE.get(c);
      if (letter === undefined) {
        writeUnicodeEscape(out, c);
      } else {
        out.byte(BACKSLASH);
        out.byte(letter);
      }
    }
    plainFrom = at + 1;
  }
  out.copy(text, plainFrom, to);
  out.byte(QUOTE);
}
