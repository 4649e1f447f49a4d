import { z } from 'zod';
import type { MaskAction, TextOutput } from './transform.ts';

const count = z.int().min(0).max(1000);

export const PartialParameters = z
  .strictObject({
    keepFirst: count.optional().describe('Characters kept at the start; all others are hidden.'),
    keepLast: count.optional().describe('Characters kept at the end; all others are hidden.'),
    hideFirst: count.optional().describe('Characters hidden at the start.'),
    hideLast: count.optional().describe('Characters hidden at the end.'),
    with: z
      .string()
      .regex(/^[^\p{Cc}\p{Cs}]$/u, 'one visible character')
      .optional()
      .describe('What stands for each hidden character; X when not given.'),
  })
  .describe('Keeps or hides letters and digits by place; separators stay.');

export type PartialParameters = z.infer<typeof PartialParameters>;

/** Whether the rule says what is kept; else it says what is hidden. */
function keeping(rule: PartialParameters): boolean {
  return rule.keepFirst !== undefined || rule.keepLast !== undefined;
}

/** Why these parameters make no sense together, or undefined. */
export function partialProblem(rule: PartialParameters): string | undefined {
  const { keepFirst, keepLast, hideFirst, hideLast } = rule;
  if (keepFirst !== undefined && hideFirst !== undefined)
    return 'partial cannot both keep and hide the first characters';
  if (keepLast !== undefined && hideLast !== undefined)
    return 'partial cannot both keep and hide the last characters';
  if (!keeping(rule) && (hideFirst ?? 0) + (hideLast ?? 0) === 0)
    return 'this partial hides nothing; say hideLast, hideFirst, keepLast or keepFirst';
  return undefined;
}

/** How many characters of a value of `length` letters and digits stay readable. */
export function partialKeeps(rule: PartialParameters, length: number): number {
  const kept = (rule.keepFirst ?? 0) + (rule.keepLast ?? 0);
  const hidden = (rule.hideFirst ?? 0) + (rule.hideLast ?? 0);
  if (length < kept + Math.max(hidden, 1)) return 0;
  return keeping(rule) ? kept : length - hidden;
}

/** 1 for ASCII letters and digits. */
const COUNTED = new Uint8Array(256);
for (const c of Buffer.from('0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'))
  COUNTED[c] = 1;
/** Beyond ASCII only punctuation and spaces stay; symbols, marks and what is unassigned count. */
const SEPARATOR = /[\p{P}\p{Z}]/u;

function sequenceLength(first: number): number {
  if (first < 0x80) return 1;
  if (first < 0xe0) return 2;
  return first < 0xf0 ? 3 : 4;
}

function codePoint(text: Buffer, at: number, length: number): number {
  let point = text[at] & (0xff >> (length + 1));
  for (let i = 1; i < length; i++) point = (point << 6) | (text[at + i] & 0x3f);
  return point;
}

function counts(text: Buffer, at: number, length: number): boolean {
  if (length === 1) return COUNTED[text[at]] === 1;
  return !SEPARATOR.test(String.fromCodePoint(codePoint(text, at, length)));
}

/** Letters and digits of an ASCII text; -1 when it is not all ASCII. */
function countAscii(text: Buffer, from: number, to: number): number {
  let total = 0;
  let bits = 0;
  for (let at = from; at < to; at++) {
    const c = text[at];
    bits |= c;
    total += COUNTED[c];
  }
  return bits > 0x7f ? -1 : total;
}

function countAny(text: Buffer, from: number, to: number): number {
  let total = 0;
  for (let at = from; at < to; ) {
    const length = sequenceLength(text[at]);
    if (counts(text, at, length)) total++;
    at += length;
  }
  return total;
}

/**
 * `partial`: letters and digits are counted and hidden or kept by their place, separators stay. A
 * value with fewer letters and digits than are kept and hidden together, at least one hidden, is
 * hidden whole: then every character, separators too, becomes the mark.
 */
export function partialAction(rule: PartialParameters): MaskAction {
  const mark = Buffer.from(rule.with ?? 'X');
  const hide = mark[0];
  const keeps = keeping(rule);
  const { keepFirst = 0, keepLast = 0, hideFirst = 0, hideLast = 0 } = rule;
  const least = keepFirst + keepLast + Math.max(hideFirst + hideLast, 1);
  // What is counted in [first, total - last) is hidden when the rule keeps, else it is kept.
  const first = keeps ? keepFirst : hideFirst;
  const last = keeps ? keepLast : hideLast;

  const rewriteAny = (text: Buffer, from: number, to: number, out: TextOutput): void => {
    const total = countAny(text, from, to);
    let index = 0;
    for (let at = from; at < to; ) {
      const length = sequenceLength(text[at]);
      const counted = counts(text, at, length);
      const inside = index >= first && index < total - last;
      if (total < least || (counted && inside === keeps)) out.copy(mark);
      else out.copy(text, at, at + length);
      if (counted) index++;
      at += length;
    }
  };
  // One step per character and none of them a branch: where letters and separators stand changes
  // from value to value, so a processor guesses wrong, and that costs more than all the rest.
  const rewriteAscii = (text: Buffer, from: number, total: number, to: number, out: TextOutput) => {
    out.reserve(to - from);
    const { bytes } = out;
    const whole = total < least ? 1 : 0;
    const within = keeps ? 1 : 0;
    const behind = total - last - 1;
    const ahead = out.length - from;
    let index = 0;
    for (let at = from; at < to; at++) {
      const c = text[at];
      const counted = COUNTED[c];
      const outside = ((index - first) | (behind - index)) >>> 31;
      const hidden = (counted & (outside ^ within)) | whole;
      bytes[at + ahead] = c ^ ((c ^ hide) & -hidden);
      index += counted;
    }
    out.length += to - from;
  };
  const rewrite = (text: Buffer, from: number, to: number, out: TextOutput): boolean => {
    const total = mark.length === 1 ? countAscii(text, from, to) : -1;
    if (total < 0) rewriteAny(text, from, to, out);
    else rewriteAscii(text, from, total, to, out);
    return true;
  };
  return { does: 'rewrite', output: 'text', rewrite };
}
