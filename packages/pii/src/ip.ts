import { COLON, DOT, endsFree, hexOf, isDigit, startsFree } from './bytes.ts';
import { PII_CLASSES } from './classes.ts';
import type { DigitGroups } from './digit-groups.ts';
import { MEANING } from './meanings.ts';
import type { Reading } from './reading.ts';

const MOST_GROUPS = 8;

/** An IPv4 address that begins with this group: four octets without leading zeros. */
export function findIpv4(reading: Reading, groups: DigitGroups, first: number): void {
  const { text } = reading;
  const last = first + 3;
  if (last >= groups.count || groups.gaps[first + 1] !== DOT || groups.gaps[last] !== DOT) return;
  if (groups.gaps[first + 2] !== DOT || !isOuter(groups, first, last)) return;
  for (let group = first; group <= last; group++) if (!isOctet(text, groups, group)) return;
  const from = groups.starts[first];
  const to = groups.ends[last];
  if (!endsFree(text, to, reading.to)) return;
  const { alone, backed } = PII_CLASSES.ip;
  if (reading.isNear(MEANING.version, from, 12)) return;
  reading.add('ip', from, to, reading.isNear(MEANING.ip, from) ? backed : alone);
}

/** No fifth number of the same chain; a slash may lead to the length of a prefix. */
function isOuter(groups: DigitGroups, first: number, last: number): boolean {
  if (first > 0 && groups.gaps[first] === DOT) return false;
  return last + 1 >= groups.count || groups.gaps[last + 1] !== DOT;
}

function isOctet(text: Buffer, groups: DigitGroups, group: number): boolean {
  const length = groups.length(group);
  if (length > 3) return false;
  let value = 0;
  for (let at = groups.starts[group]; at < groups.ends[group]; at++)
    value = value * 10 + text[at] - 0x30;
  return value <= 255 && (length === 1 || text[groups.starts[group]] !== 0x30);
}

/** The end of an IPv6 address (RFC 4291, 2.2) that begins at `at`; -1 when none does. */
export function ipv6End(text: Buffer, at: number, to: number): number {
  let groups = 0;
  let next = at;
  let isShort = false;
  let hasDigit = false;
  if (next + 1 < to && text[next] === COLON) {
    if (text[next + 1] !== COLON) return -1;
    isShort = true;
    next += 2;
  }
  while (next < to && groups < MOST_GROUPS) {
    const start = next;
    while (next < to && next - start < 5 && hexOf(text[next]) >= 0) {
      if (isDigit(text[next])) hasDigit = true;
      next++;
    }
    if (next === start) break;
    if (next - start > 4) return -1;
    if (next < to && text[next] === DOT && (groups === 6 || isShort)) {
      const end = ipv4Tail(text, start, to);
      if (end >= 0) return end;
    }
    groups++;
    if (next >= to || text[next] !== COLON) break;
    const isDouble = next + 1 < to && text[next + 1] === COLON;
    if (isDouble && isShort) return -1;
    if (!isDouble && (next + 1 >= to || hexOf(text[next + 1]) < 0)) break;
    isShort ||= isDouble;
    next += isDouble ? 2 : 1;
  }
  const isWhole = isShort ? groups > 0 && groups < MOST_GROUPS : groups === MOST_GROUPS;
  return isWhole && hasDigit ? next : -1;
}

function ipv4Tail(text: Buffer, at: number, to: number): number {
  let next = at;
  for (let octet = 0; octet < 4; octet++) {
    if (octet > 0 && (next >= to || text[next++] !== DOT)) return -1;
    const start = next;
    let value = 0;
    while (next < to && next - start < 3 && isDigit(text[next]))
      value = value * 10 + text[next++] - 0x30;
    if (next === start || value > 255) return -1;
  }
  return next;
}

/** An IPv6 address whose first colon stands at `colon`. */
export function findIpv6(reading: Reading, colon: number): void {
  const { text } = reading;
  let from = colon;
  while (from > reading.from && colon - from < 5 && hexOf(text[from - 1]) >= 0) from--;
  if (!startsFree(text, from, reading.from) || colon - from > 4) return;
  if (from > reading.from && (text[from - 1] === COLON || text[from - 1] === DOT)) return;
  const end = ipv6End(text, from, reading.to);
  if (end < 0 || !endsFree(text, end, reading.to)) return;
  if (end < reading.to && text[end] === COLON) return;
  const { alone, backed } = PII_CLASSES.ip;
  reading.add('ip', from, end, reading.isNear(MEANING.ip, from) ? backed : alone);
}
