import type { ByteWriter } from './byte-writer.ts';
import { CELL } from './csv-reader.ts';

const QUOTE = 0x22;
/** 1 for bytes that a plain cell cannot hold. */
const NEEDS_QUOTES = new Uint8Array(256);
for (const c of Buffer.from('",\r\n')) NEEDS_QUOTES[c] = 1;

/** Writes the text that the inside of a quoted cell stands for: doubled quotes become one. */
export function undoubleQuotes(bytes: Buffer, from: number, to: number, out: ByteWriter): void {
  let at = from;
  for (;;) {
    const quote = bytes.indexOf(QUOTE, at);
    if (quote < 0 || quote >= to) break;
    out.copy(bytes, at, quote + 1);
    at = quote + 2;
  }
  out.copy(bytes, at, to);
}

function doubleQuotes(out: ByteWriter, text: Buffer, from: number, to: number): void {
  let at = from;
  // No indexOf: the buffer may be long, and what stands beyond `to` is none of ours.
  for (let i = from; i < to; i++) {
    if (text[i] !== QUOTE) continue;
    out.copy(text, at, i + 1);
    out.byte(QUOTE);
    at = i + 1;
  }
  out.copy(text, at, to);
}

/**
 * Writes text as a cell, inside quotes when `form` says that quotes stood there, or when the text
 * cannot stand without.
 */
export function writeCsvCell(
  out: ByteWriter,
  form: number,
  text: Buffer,
  from = 0,
  to = text.length,
): void {
  let quotes = form !== CELL.plain;
  for (let at = from; !quotes && at < to; at++) quotes = NEEDS_QUOTES[text[at]] === 1;
  if (!quotes) {
    out.copy(text, from, to);
    return;
  }
  out.byte(QUOTE);
  doubleQuotes(out, text, from, to);
  out.byte(QUOTE);
}
