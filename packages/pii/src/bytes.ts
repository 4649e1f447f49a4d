/** Bits of what a byte is. A byte of a character beyond ASCII counts as a letter. */
export const DIGIT = 1;
export const LOWER = 2;
export const UPPER = 4;
export const BEYOND = 8;
export const LETTER = LOWER | UPPER | BEYOND;
/**
 * May stand in the local part of an e-mail address: atext of RFC 5322 without `| = / ? ^ { }` and the
 * backtick, which separate values more often than they are in an address.
 */
export const ATEXT = 16;
/** May stand in a URL (RFC 3986), other than where it ends a sentence. */
export const URLISH = 32;

export const KIND = new Uint8Array(256);
function mark(bytes: Iterable<number>, bits: number): void {
  for (const byte of bytes) KIND[byte] |= bits;
}
const range = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);
const text = (ascii: string) => Buffer.from(ascii, 'latin1');

mark(range(0x30, 0x39), DIGIT | ATEXT | URLISH);
mark(range(0x61, 0x7a), LOWER | ATEXT | URLISH);
mark(range(0x41, 0x5a), UPPER | ATEXT | URLISH);
mark(range(0x80, 0xff), BEYOND | ATEXT | URLISH);
mark(text("!#$%&'*+_~-"), ATEXT);
mark(text("-._~:/?#[]@!$&'()*+,;=%"), URLISH);

export const SPACE = 0x20;
export const HYPHEN = 0x2d;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const COMMA = 0x2c;
export const AT = 0x40;
export const PLUS = 0x2b;
export const OPEN = 0x28;
export const CLOSE = 0x29;
export const UNDERSCORE = 0x5f;
export const ZERO = 0x30;

export const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39;

/** Value of a hexadecimal digit, or -1. */
export function hexOf(byte: number): number {
  if (isDigit(byte)) return byte - ZERO;
  const letter = byte | 0x20;
  return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

/**
 * How many bytes of punctuation beyond ASCII begin here; 0 when none does: U+0080 to U+00BF,
 * U+2000 to U+203F and U+3000 to U+303F, among them no-break space, dashes and curly quotes.
 */
export function wideMark(bytes: Buffer, at: number, to: number): number {
  const first = bytes[at];
  if (first === 0xc2) return 1 + tail(bytes, at + 1, to, 1);
  if (at + 1 >= to || bytes[at + 1] !== 0x80) return 0;
  return first === 0xe2 || first === 0xe3 ? 1 + tail(bytes, at + 1, to, 2) : 0;
}

function tail(bytes: Buffer, at: number, to: number, most: number): number {
  let length = 0;
  while (length < most && at + length < to && (bytes[at + length] & 0xc0) === 0x80) length++;
  return length;
}

/** Whether a value may begin here: no ASCII letter, digit or underscore stands before it. */
export function startsFree(bytes: Buffer, at: number, from: number): boolean {
  if (at <= from) return true;
  const before = bytes[at - 1];
  return (KIND[before] & (DIGIT | LOWER | UPPER)) === 0 && before !== UNDERSCORE;
}

/** Whether a value may end before `at`. */
export function endsFree(bytes: Buffer, at: number, to: number): boolean {
  if (at >= to) return true;
  return (KIND[bytes[at]] & (DIGIT | LOWER | UPPER)) === 0 && bytes[at] !== UNDERSCORE;
}
