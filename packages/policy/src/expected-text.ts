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
    // What stood between quotes in the record stands there still; a part of a string may by chance.
    const isString = actual[from - 1] === '"' && actual[to] === '"';
    const isThere = isString ? record.includes(`"${value}"`) : hasNumber(record, value);
    if (group > 0 && isThere) return { is: 'unchanged', byte: byteAt(actual, from) };
  }
  return { is: 'equal' };
}

/** A value without quotes is one of the record's when it stands there between what ends values. */
function hasNumber(record: string, value: string): boolean {
  return new RegExp(`[:,[\\s]${escaped(value)}[\\s,\\]}]`, 'u').test(record);
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
