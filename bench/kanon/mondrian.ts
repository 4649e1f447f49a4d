import type { QuasiIdentifier } from '@sealstream/kanonymity';
import type { Table, TableRow } from './table.ts';

/** What one column of a part is shown as: how much is lost by it, and how the part can be cut. */
interface Spread {
  readonly loss: number;
  cut(rows: readonly TableRow[]): TableRow[][];
}

export interface Partition {
  /** Mean over all rows, suppressed ones at 1. */
  readonly loss: number;
  readonly suppressed: number;
}

/**
 * Mondrian (LeFevre, DeWitt, Ramakrishnan 2006) on batches of a table, the reference. A part is cut
 * in the column in which it loses most, if every piece keeps k rows and l values, else in the next
 * one. Numbers are cut at the median, categories into the children of their node, where those that
 * are too small stay together. Every row is a subject of its own.
 */
export function mondrian(table: Table, k: number, l: number, batch: number): Partition {
  let lossSum = 0;
  let suppressed = 0;
  const isWhole = (rows: readonly TableRow[]) =>
    rows.length >= k && table.sensitive.every((_, place) => l === 1 || different(rows, place) >= l);
  const divide = (rows: readonly TableRow[]): void => {
    const spreads = table.quasiIdentifiers.map((quasi, index) => spreadOf(quasi, index, rows));
    for (const spread of spreads.toSorted((a, b) => b.loss - a.loss)) {
      if (spread.loss === 0 || rows.length < 2 * k) break;
      const pieces = wholePieces(spread.cut(rows), isWhole);
      if (pieces === undefined) continue;
      for (const piece of pieces) divide(piece);
      return;
    }
    lossSum += (spreads.reduce((sum, { loss }) => sum + loss, 0) / spreads.length) * rows.length;
  };
  for (let from = 0; from < table.rows.length; from += batch) {
    const rows = table.rows.slice(from, from + batch);
    if (isWhole(rows)) divide(rows);
    else suppressed += rows.length;
  }
  return { loss: (lossSum + suppressed) / table.rows.length, suppressed };
}

function different(rows: readonly TableRow[], place: number): number {
  return new Set(rows.map(({ sensitive }) => sensitive[place])).size;
}

/** The pieces with those that are too small as one, or undefined when that does not do. */
function wholePieces(
  pieces: readonly TableRow[][],
  isWhole: (rows: readonly TableRow[]) => boolean,
): TableRow[][] | undefined {
  const whole = pieces.filter(isWhole);
  const rest = pieces.filter((piece) => !isWhole(piece)).flat();
  if (rest.length > 0 && !isWhole(rest)) return undefined;
  const all = rest.length > 0 ? [...whole, rest] : whole;
  return all.length > 1 ? all : undefined;
}

function spreadOf(quasi: QuasiIdentifier, index: number, rows: readonly TableRow[]): Spread {
  if (quasi.kind === 'numeric') return numericSpread(quasi.most - quasi.least, index, rows);
  const { hierarchy } = quasi;
  const leafOf = ({ values }: TableRow) => hierarchy.leafOf(String(values[index])) ?? -1;
  const node = rows.reduce((joined, row) => hierarchy.join(joined, leafOf(row)), leafOf(rows[0]));
  const childOf = (row: TableRow): number => {
    let child = leafOf(row);
    while (hierarchy.parentOf(child) !== node) child = hierarchy.parentOf(child);
    return child;
  };
  return {
    loss: hierarchy.lossOf(node),
    cut: (all) => [...Map.groupBy(all, childOf).values()],
  };
}

function numericSpread(domain: number, index: number, rows: readonly TableRow[]): Spread {
  const of = ({ values }: TableRow) => Number(values[index]);
  let low = Infinity;
  let high = -Infinity;
  for (const row of rows) {
    low = Math.min(low, of(row));
    high = Math.max(high, of(row));
  }
  return {
    loss: domain === 0 ? 0 : (high - low) / domain,
    cut: (all) => {
      const sorted = Float64Array.from(all, of).sort();
      const median = sorted[Math.floor(sorted.length / 2)];
      // Where the median is the least value as well, it goes down.
      const below = (row: TableRow) => (median > low ? of(row) < median : of(row) <= median);
      return [all.filter(below), all.filter((row) => !below(row))];
    },
  };
}
