import { endsFree, HYPHEN, SPACE } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import { type DigitGroups, numberOf } from './digit-groups.ts';
import { MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

/** Numbers that were printed in advertisements and so were never a person's (SSA). */
const PRINTED = new Set([78_05_1120, 219_09_9999, 457_55_5462]);

/** Whether the SSA could have given this number: nine digits as one whole number. */
export function isIssuableSsn(number: number): boolean {
  const area = Math.floor(number / 1_000_000);
  const group = Math.floor(number / 10_000) % 100;
  const serial = number % 10_000;
  if (area === 0 || area === 666 || area >= 900) return false;
  return group !== 0 && serial !== 0 && !PRINTED.has(number);
}

/** An SSN that begins with this group: 3-2-4 digits with one separator, or nine behind a word. */
export function findSsn(reading: Reading, groups: DigitGroups, first: number): void {
  const length = groups.length(first);
  const from = groups.starts[first];
  if (length === 9) {
    if (reading.isNear(MEANING.ssn, from)) test(reading, groups, first, first, 0);
    return;
  }
  const last = first + 2;
  if (length !== 3 || last >= groups.count) return;
  if (groups.length(first + 1) !== 2 || groups.length(last) !== 4) return;
  const gap = groups.gaps[last];
  if (groups.gaps[first + 1] !== gap) return;
  const { alone } = PII_CLASSES.ssn;
  if (gap === HYPHEN) test(reading, groups, first, last, alone);
  else if (gap === SPACE && reading.isNear(MEANING.ssn, from))
    test(reading, groups, first, last, 0);
}

function test(r: Reading, groups: DigitGroups, first: number, last: number, alone: number): void {
  const from = groups.starts[first];
  const to = groups.ends[last];
  if (!groups.openLeft(first) || !groups.openRight(last)) return;
  if (!endsFree(r.text, to, r.to)) return;
  if (!isIssuableSsn(numberOf(r.text, from, to))) return;
  r.add('ssn', from, to, r.isNear(MEANING.ssn, from) ? PII_CLASSES.ssn.backed : alone);
}
