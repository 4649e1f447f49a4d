import type { Figures } from './figures.ts';

/** A figure that is wanted: at most or at least so much. */
export type Goal = `<= ${number}` | `>= ${number}`;

/** One line of a bench's output. */
export interface Line {
  /** What was measured. */
  readonly what: string;
  readonly figure: number;
  readonly unit: string;
  /** The same of what it is compared with, in the same run; null where nothing compares. */
  readonly reference: number | null;
  /** figure / reference. */
  readonly ratio: number | null;
  /** What the reference is. */
  readonly against: string;
  readonly goal?: Goal;
  readonly ratioGoal?: Goal;
  /** Whether every goal of this line is met; absent when there is none. */
  readonly reached?: boolean;
  /** Under which conditions: bytes of a record, records, partitions, replicas … */
  readonly with: Readonly<Record<string, number | string>>;
}

export interface Measured extends Pick<Line, 'what' | 'unit' | 'against' | 'with'> {
  readonly figure: number;
  readonly reference: number | null;
  /** Decimal places of figure and reference. */
  readonly places: number;
  readonly goal?: Goal | undefined;
  readonly ratioGoal?: Goal | undefined;
}

/** Rounds what was measured, and says whether it is as good as wanted. */
export function lineOf(measured: Measured): Line {
  const { what, unit, against, places, goal, ratioGoal } = measured;
  const figure = rounded(measured.figure, places);
  const reference = measured.reference === null ? null : rounded(measured.reference, places);
  const ratio =
    measured.reference === null ? null : rounded(measured.figure / measured.reference, 2);
  const goals = [
    ...(goal === undefined ? [] : [isMet(figure, goal)]),
    ...(ratioGoal === undefined ? [] : [ratio !== null && isMet(ratio, ratioGoal)]),
  ];
  return {
    what,
    figure,
    unit,
    reference,
    ratio,
    against,
    ...(goal === undefined ? {} : { goal }),
    ...(ratioGoal === undefined ? {} : { ratioGoal }),
    ...(goals.length === 0 ? {} : { reached: goals.every(Boolean) }),
    with: measured.with,
  };
}

function isMet(figure: number, goal: Goal): boolean {
  const bound = Number(goal.slice(3));
  return goal.startsWith('<=') ? figure <= bound : figure >= bound;
}

/** Goals of a run: records/s, CPU-seconds per million records, and its ratio to the reference. */
export interface RunGoals {
  readonly recordsPerSecond?: Goal;
  readonly cpuPerMillion?: Goal;
  readonly cpuRatio?: Goal;
}

/** Of a run: records/s (more is better), CPU-s/M and peak MB (less is better). */
export function runLines(
  run: Pick<Line, 'what' | 'against' | 'with'>,
  own: Figures,
  reference: Figures,
  goals: RunGoals = {},
): Line[] {
  return [
    lineOf({
      ...run,
      unit: 'records/s',
      figure: own.recordsPerSecond,
      reference: reference.recordsPerSecond,
      places: 0,
      goal: goals.recordsPerSecond,
    }),
    lineOf({
      ...run,
      unit: 'CPU-s/M',
      figure: own.cpuPerMillion,
      reference: reference.cpuPerMillion,
      places: 1,
      goal: goals.cpuPerMillion,
      ratioGoal: goals.cpuRatio,
    }),
    lineOf({
      ...run,
      unit: 'MB',
      figure: own.peakRssBytes / 1e6,
      reference: reference.peakRssBytes / 1e6,
      places: 0,
    }),
  ];
}

export const TABLE_HEAD = row('what', 'unit', ['figure', 'reference', 'ratio', 'goal', 'with']);

export function tableRow(line: Line): string {
  const number = (value: number | null) => (value === null ? '-' : value.toLocaleString('en-US'));
  const goals = [line.goal, line.ratioGoal && `ratio ${line.ratioGoal}`].filter(Boolean).join(', ');
  const met = line.reached === undefined ? '' : `${line.reached ? 'yes' : 'no'}: ${goals}`;
  const under = Object.entries(line.with).map(([name, value]) => `${name} ${value}`);
  const ratio = line.ratio === null ? '-' : line.ratio.toFixed(2);
  const cells = [number(line.figure), number(line.reference), ratio, met, under.join(', ')];
  return row(line.what, line.unit, cells);
}

function row(what: string, unit: string, cells: readonly string[]): string {
  const [figure = '', reference = '', ratio = '', goal = '', under = ''] = cells;
  const numbers = `${figure.padStart(10)} ${reference.padStart(10)} ${ratio.padStart(6)}`;
  return `${what.padEnd(26)} ${unit.padEnd(12)} ${numbers}  ${goal.padEnd(30)} ${under}`.trimEnd();
}

function rounded(value: number, places: number): number {
  return Number(value.toFixed(places));
}
