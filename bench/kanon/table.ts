import { readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Hierarchy, type QuasiIdentifier, type RawValue } from '@sealstream/kanonymity';
import { UsageError } from '../ground/bench.ts';

/** A row, as far as it takes part. */
export interface TableRow {
  readonly values: readonly RawValue[];
  readonly sensitive: readonly string[];
}

export interface Table {
  readonly quasiIdentifiers: readonly QuasiIdentifier[];
  readonly sensitive: readonly string[];
  readonly rows: readonly TableRow[];
}

/** Which columns are what, by name. */
export interface ColumnChoice {
  readonly separator: string;
  /** Undefined: the first seven, or all but the last one where there are fewer than eight. */
  readonly quasi: readonly string[] | undefined;
  /** Undefined: all that are no quasi-identifiers. */
  readonly sensitive: readonly string[] | undefined;
  /** Columns of numbers that are generalised by their hierarchy file and not as ranges. */
  readonly categories: readonly string[];
}

const QUASI = 7;

/**
 * Reads a CSV file with a header and without quotes. A column of numbers is numeric, over the domain
 * that the file has; any other quasi-identifier has its hierarchy in `<stem>_hierarchy_<column>.csv`
 * beside the file.
 *
 * @throws UsageError naming the file's line or column, never a value
 */
export function readTable(file: string, choice: ColumnChoice): Table {
  const [head = [], ...lines] = cellsOf(read(file), choice.separator);
  for (const [index, { length }] of lines.entries())
    if (length !== head.length)
      throw new UsageError(`${file}:${index + 2}: ${length} columns, not ${head.length}`);
  const quasi = choice.quasi ?? head.slice(0, Math.min(QUASI, head.length - 1));
  const sensitive = choice.sensitive ?? head.filter((name) => !quasi.includes(name));
  const placeOf = (name: string): number => {
    const place = head.indexOf(name);
    if (place < 0) throw new UsageError(`${file} has no column ${name}`);
    return place;
  };
  const columns = quasi.map((name) => {
    const texts = lines.map((cells) => cells[placeOf(name)]);
    return columnOf(name, texts, file, choice);
  });
  const places = sensitive.map(placeOf);
  return {
    quasiIdentifiers: columns.map(({ identifier }) => identifier),
    sensitive,
    rows: lines.map((cells, row) => ({
      values: columns.map(({ values }) => values[row]),
      sensitive: places.map((place) => cells[place]),
    })),
  };
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new UsageError(`${file} cannot be read`);
  }
}

function cellsOf(text: string, separator: string): string[][] {
  const lines = text.split(/\r?\n/);
  return lines.filter((line) => line !== '').map((line) => line.split(separator));
}

function columnOf(
  name: string,
  texts: readonly string[],
  file: string,
  { categories, separator }: ColumnChoice,
): { readonly identifier: QuasiIdentifier; readonly values: readonly RawValue[] } {
  const numbers = texts.map((text) => (text.trim() === '' ? Number.NaN : Number(text)));
  if (!categories.includes(name) && numbers.every(Number.isFinite)) {
    const least = numbers.reduce((low, value) => Math.min(low, value), Infinity);
    const most = numbers.reduce((high, value) => Math.max(high, value), -Infinity);
    return { identifier: { kind: 'numeric', name, least, most }, values: numbers };
  }
  const stem = basename(file).replace(/\.[^.]*$/, '');
  const path = join(dirname(file), `${stem}_hierarchy_${name}.csv`);
  const hierarchy = Hierarchy.parse(read(path), separator);
  const row = texts.findIndex((text) => hierarchy.leafOf(text) === undefined);
  if (row >= 0)
    throw new UsageError(`${file}:${row + 2}: the hierarchy of ${name} does not know the value`);
  return { identifier: { kind: 'categorical', name, hierarchy }, values: texts };
}
