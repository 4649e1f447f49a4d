import { CLOSE, DOT, HYPHEN, isDigit, OPEN, SLASH, SPACE, ZERO } from './bytes.ts';

/** Groups that are looked at together; the longest form has fewer than a third of them. */
const MOST = 48;
/** From this group on, the reading begins anew there, so that no form is cut. */
export const RESUME_AT = 32;

/** What stands between two groups: one of these bytes, or MIXED for two or three of them. */
export const MIXED = 1;

/** A chain of digit groups with separators of numbers between them, read once. */
export class DigitGroups {
  count = 0;
  /** Digits of all groups. */
  digits = 0;
  /** Where the chain ended. */
  end = 0;
  readonly starts = new Int32Array(MOST);
  readonly ends = new Int32Array(MOST);
  /** The separator before each group; 0 before the first. */
  readonly gaps = new Uint8Array(MOST);

  /** Reads the chain that begins with the digit at `at`. */
  read(text: Buffer, at: number, to: number): void {
    this.count = 0;
    this.digits = 0;
    let next = at;
    let gap = 0;
    do {
      const n = this.count++;
      this.starts[n] = next;
      this.gaps[n] = gap;
      let end = next + 1;
      while (end < to && isDigit(text[end])) end++;
      this.ends[n] = end;
      this.end = end;
      this.digits += end - next;
      gap = 0;
      if (this.count === MOST) return;
      const width = gapWidth(text, end, to);
      if (width === 0) return;
      next = end + width;
      gap = gapKind(text, end, width);
    } while (gap !== 0);
  }

  length(group: number): number {
    return this.ends[group] - this.starts[group];
  }

  /** Whether no group is joined closely to this one from the left: by a hyphen, dot or slash. */
  openLeft(group: number): boolean {
    return group === 0 || !isTight(this.gaps[group]);
  }

  openRight(group: number): boolean {
    return group + 1 >= this.count || !isTight(this.gaps[group + 1]);
  }

  /** Whether this group is the first of the chain, and `last` its last. */
  isWhole(group: number, last: number): boolean {
    return group === 0 && last === this.count - 1;
  }
}

function isTight(gap: number): boolean {
  return gap === HYPHEN || gap === DOT || gap === SLASH;
}

function isSeparator(byte: number): boolean {
  return (
    byte === SPACE ||
    byte === HYPHEN ||
    byte === DOT ||
    byte === SLASH ||
    byte === OPEN ||
    byte === CLOSE
  );
}

/** Bytes of separators up to the next digit; 0 when no digit follows within three. */
function gapWidth(text: Buffer, at: number, to: number): number {
  const wide = wideGap(text, at, to);
  if (wide > 0) return at + wide < to && isDigit(text[at + wide]) ? wide : 0;
  for (let width = 0; width <= 3 && at + width < to; width++) {
    if (isDigit(text[at + width])) return width;
    if (!isSeparator(text[at + width])) return 0;
  }
  return 0;
}

/** A no-break space or a hyphen or dash of U+2010 to U+2013. */
function wideGap(text: Buffer, at: number, to: number): number {
  if (at + 1 < to && text[at] === 0xc2 && text[at + 1] === 0xa0) return 2;
  if (at + 2 >= to || text[at] !== 0xe2 || text[at + 1] !== 0x80) return 0;
  return text[at + 2] >= 0x90 && text[at + 2] <= 0x93 ? 3 : 0;
}

function gapKind(text: Buffer, at: number, width: number): number {
  if (width === 1) return text[at];
  if (text[at] === 0xc2) return SPACE;
  return text[at] === 0xe2 ? HYPHEN : MIXED;
}

/** The digits in [from, to) as a whole number; other bytes are passed over. */
export function numberOf(text: Buffer, from: number, to: number): number {
  let number = 0;
  for (let at = from; at < to; at++) {
    const digit = text[at] - ZERO;
    if (digit >= 0 && digit <= 9) number = number * 10 + digit;
  }
  return number;
}
