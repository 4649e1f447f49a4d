import { KIND, UPPER } from './bytes.ts';

/** Whether a capital letter begins at `at`, of Latin with its extension A, Greek or Cyrillic. */
export function isCapital(text: Buffer, at: number, to: number): boolean {
  const first = text[at];
  if (first < 0x80) return (KIND[first] & UPPER) !== 0;
  if (at + 1 >= to) return false;
  const second = text[at + 1];
  if (first === 0xc3) return second <= 0x9e;
  if (first === 0xc4 || first === 0xc5)
    return isExtendedCapital((first - 0xc4) * 64 + (second & 0x3f));
  if (first === 0xce) return second >= 0x86 && second <= 0xab;
  return first === 0xd0 && second >= 0x80 && second <= 0xaf;
}

/** Capitals of U+0100 and up take turns with small letters, and change step twice. */
function isExtendedCapital(offset: number): boolean {
  const isOdd = (offset & 1) === 1;
  return (offset >= 0x39 && offset <= 0x48) || (offset >= 0x79 && offset <= 0x7e) ? isOdd : !isOdd;
}
