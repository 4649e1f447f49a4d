/** Stands in an expected text for what keys decide. */
const ANY = '{{any}}';

/** How a text compares with what was expected: `unchanged` when what `{{any}}` stands for is the record's. */
export type Comparison =
  | { readonly is: 'equal' }
  | { readonly is: 'different'; readonly byte: number }
  | { readonly is: 'unchanged'; readonly byte: number };

/** Up to the closing quote of a string; a number has none in it either. */
const VALUE = /[^"]+?/.source;

const escaped = (text: string): string => text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`);

/** Compares a text with one in which `{{any}}` stands for what keys decide. */
export function compareText(expected: string, actual: string, record: string): Comparison {
  const parts = expected.split(ANY);
  const pattern = new RegExp(`^${parts.map(escaped).join(`(${VALUE})`)}$`, 'dsu');
  const found = pattern.exec(actual);
  if (found === null) return { is: 'different', byte: byteAt(actual, differsAt(parts, actual)) };
  for (const [group, value] of found.entries()) {
    const [from = 0, to = 0] = found.indices?.[group] ?? [];
    if (group === 0) continue;
    const around = stringAround(actual, from, to);
    const isThere =
      around === undefined
        ? hasNumber(record, actual.slice(0, from), value)
        : record.includes(around);
    if (isThere) return { is: 'unchanged', byte: byteAt(actual, from) };
  }
  return { is: 'equal' };
}

/** The whole string, quotes included, that [from, to) is in; undefined when it is in none. */
function stringAround(text: string, from: number, to: number): string | undefined {
  // An escape has one place for each of its characters, so that offsets stay.
  const before = text.slice(0, from).replaceAll(/\\./gs, '__');
  const quotes = before.match(/"/g)?.length ?? 0;
  if (quotes % 2 === 0) return undefined;
  const start = before.lastIndexOf('"');
  const end = text.indexOf('"', to);
  return text.slice(start, end < 0 ? undefined : end + 1);
}

/** A value without quotes is the record's when it stands there behind the same name, or in an array. */
function hasNumber(record: string, before: string, value: string): boolean {
  const name = /"[^"]*"\s*:\s*$/u.exec(before)?.[0];
  const start = name === undefined ? '[,[\\s]' : escaped(name);
  return new RegExp(`${start}${escaped(value)}[\\s,\\]}]`, 'u').test(record);
}

/** Where a text stops being what was expected: the first place that no beginning of it reaches. */
function differsAt(parts: readonly string[], actual: string): number {
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (index > 0) {
      const end = actual.indexOf(part === '' ? '"' : (part[0] ?? ''), at + 1);
      if (end < 0) return actual.length;
      at = end;
    }
    for (let i = 0; i < part.length; i++, at++) if (part[i] !== actual[at]) return at;
  }
  return at;
}

const byteAt = (text: string, at: number): number => Buffer.byteLength(text.slice(0, at));
