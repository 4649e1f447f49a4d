import type { Figures } from './figures.ts';
import type { StageName } from './options.ts';

/** One line of the bench's output. */
export interface Line {
  /** The stage that was measured. */
  readonly what: StageName;
  readonly unit: 'records/s' | 'CPU-s/M' | 'MB';
  readonly figure: number;
  /** The same of the plain loop on stock kafkajs, in the same run. */
  readonly reference: number;
  /** figure / reference. */
  readonly ratio: number;
  /** Bytes of a raw record. */
  readonly bytes: number;
  readonly records: number;
}

/** Of what was measured: records/s (more is better), CPU-s/M and peak MB (less is better). */
export function linesOf(
  run: Pick<Line, 'what' | 'bytes' | 'records'>,
  own: Figures,
  reference: Figures,
): Line[] {
  const line = (unit: Line['unit'], of: (figures: Figures) => number, places: number): Line => ({
    what: run.what,
    unit,
    figure: rounded(of(own), places),
    reference: rounded(of(reference), places),
    ratio: rounded(of(own) / of(reference), 2),
    bytes: run.bytes,
    records: run.records,
  });
  return [
    line('records/s', ({ recordsPerSecond }) => recordsPerSecond, 0),
    line('CPU-s/M', ({ cpuPerMillion }) => cpuPerMillion, 1),
    line('MB', ({ peakRssBytes }) => peakRssBytes / 1e6, 0),
  ];
}

export const TABLE_HEAD = row('stage', 'bytes', 'unit', 'Sealstream', 'plain loop', 'ratio');

export function tableRow({ what, bytes, unit, figure, reference, ratio }: Line): string {
  const number = (value: number) => value.toLocaleString('en-US');
  return row(what, number(bytes), unit, number(figure), number(reference), ratio.toFixed(2));
}

function row(...cells: [string, string, string, string, string, string]): string {
  const [stage, bytes, unit, ...figures] = cells;
  const left = `${stage.padEnd(8)} ${bytes.padStart(6)}  ${unit.padEnd(9)}`;
  return `${left} ${figures.map((cell) => cell.padStart(11)).join(' ')}`;
}

function rounded(value: number, places: number): number {
  return Number(value.toFixed(places));
}
