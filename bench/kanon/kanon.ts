import { HierarchyError } from '@sealstream/kanonymity';
import { type Asked, type Bench, UsageError } from '../ground/bench.ts';
import { type Goal, lineOf } from '../ground/lines.ts';
import { quantile } from '../ground/quantiles.ts';
import type { Report } from '../ground/report.ts';
import { mondrian, type Partition } from './mondrian.ts';
import { entriesOf, onePass, type Pass, verified, type Wanted } from './one-pass.ts';
import { seededRandom, shuffled } from './random.ts';
import { syntheticTable } from './synthetic.ts';
import { readTable, type Table } from './table.ts';

/** What was asked of census rows (the 30,162 of ARX's adult.csv), l = 1, by k and delay. */
const LOSS_GOALS: Readonly<Record<string, Goal>> = {
  '5/1000': '<= 0.093',
  '25/1000': '<= 0.328',
  '5/10000': '<= 0.04',
  '25/10000': '<= 0.14',
};
const SPEED_GOALS: Readonly<Record<number, Goal>> = { 1000: '>= 20000', 10_000: '>= 5000' };

/** Passes that are timed; the first one is cold. */
const PASSES = 3;

const AGAINST = 'Mondrian on batches of as many records as the delay';

export const KANON: Bench = {
  name: 'kanon',
  summary: 'k-anonymity on a stream: what is lost, and how fast, beside Mondrian on batches',
  about: [
    'Loss is the mean normalised certainty penalty: 0 for rows as they came, 1 for suppressed ones.',
    'Delay is in records. What comes out is checked by a checker that shares no code with the stream.',
    'A file is CSV with a header and without quotes. A column of numbers is numeric, any other',
    'quasi-identifier has its hierarchy in <stem>_hierarchy_<column>.csv beside the file. Each row is',
    'a subject of its own. Without --data a seeded synthetic table. Speed is CPU time, the median of',
    'three passes. The goals are for the rows of adult.csv and l = 1. Uses no servers.',
  ],
  options: {
    data: { takes: 'FILE', meaning: 'a table' },
    k: { takes: 'K', default: '5', meaning: 'different subjects in each group' },
    l: { takes: 'L', default: '1', meaning: 'different values of each sensitive column in it' },
    delay: { takes: 'N', default: '1000', meaning: 'records after which one must be out' },
    quasi: { takes: 'A,B', meaning: 'quasi-identifiers; when not given, the first seven columns' },
    sensitive: { takes: 'A,B', meaning: 'sensitive columns; when not given, all others' },
    categories: { takes: 'A,B', meaning: 'columns of numbers to generalise by hierarchy file' },
    separator: { takes: 'C', default: ';', meaning: 'between the cells of all files' },
    shuffle: { takes: 'SEED', meaning: 'the rows in another order' },
    records: { takes: 'N', default: '20000', meaning: 'rows of the synthetic table' },
    seed: { takes: 'SEED', default: '1', meaning: 'of the synthetic table and the random source' },
  },
  examples: ['', '--json --k 25 --delay 2000 --l 2', '--data FILE --k 5 --delay 1000 --json'],
  run: async (asked, report) => {
    const wanted = {
      k: asked.whole('k', 2, 10_000),
      l: asked.whole('l', 1, 1000),
      delay: asked.whole('delay', 1, 10_000_000),
      seed: asked.whole('seed', 0, 2 ** 32 - 1),
    };
    const table = tableOf(asked);
    report.progress.step(`${table.rows.length} rows by ${namesOf(table).join(', ')}`);
    measure(table, wanted, asked.has('data'), report);
  },
};

function tableOf(asked: Asked): Table {
  const table = asked.has('data')
    ? fileTable(asked)
    : syntheticTable(asked.whole('records', 10, 10_000_000), asked.whole('seed', 0, 2 ** 32 - 1));
  if (table.rows.length === 0) throw new UsageError('there are no rows');
  if (!asked.has('shuffle')) return table;
  const random = seededRandom(asked.whole('shuffle', 0, 2 ** 32 - 1));
  return { ...table, rows: shuffled(table.rows, random) };
}

function fileTable(asked: Asked): Table {
  const names = (option: string) => (asked.has(option) ? asked.text(option).split(',') : undefined);
  try {
    return readTable(asked.text('data'), {
      separator: asked.text('separator'),
      quasi: names('quasi'),
      sensitive: names('sensitive'),
      categories: names('categories') ?? [],
    });
  } catch (error) {
    if (error instanceof HierarchyError) throw new UsageError(error.message);
    throw error;
  }
}

const namesOf = ({ quasiIdentifiers }: Table) => quasiIdentifiers.map(({ name }) => name);

function measure(table: Table, wanted: Wanted, hasGoals: boolean, report: Report): void {
  const entries = entriesOf(table);
  const seconds: number[] = [];
  let pass: Pass | undefined;
  for (let round = 0; round < PASSES; round++) {
    report.progress.step(`pass ${round + 1} of ${PASSES}`);
    pass = onePass(table, entries, wanted);
    seconds.push(pass.cpuSeconds);
  }
  if (pass === undefined) return;
  report.progress.step('checking what came out');
  const { committed, longest } = verified(table, entries, wanted, pass);
  report.progress.step('the reference');
  const before = process.cpuUsage();
  const batches = mondrian(table, wanted.k, wanted.l, wanted.delay);
  const { system, user } = process.cpuUsage(before);
  const whole = mondrian(table, wanted.k, wanted.l, table.rows.length);
  const rows = table.rows.length;
  say(table, wanted, report, {
    pass,
    batches,
    whole,
    longest,
    committed,
    hasGoals,
    perSecond: rows / quantile(seconds, 0.5),
    batchesPerSecond: rows / ((system + user) / 1e6),
  });
}

interface Found {
  readonly pass: Pass;
  readonly batches: Partition;
  readonly whole: Partition;
  readonly longest: number;
  readonly committed: number;
  readonly hasGoals: boolean;
  readonly perSecond: number;
  readonly batchesPerSecond: number;
}

function say(table: Table, { delay, k, l }: Wanted, report: Report, found: Found): void {
  const { batches, pass, whole } = found;
  const records = table.rows.length;
  const conditions = { k, l, delay, records, quasi: namesOf(table).join('+') };
  const suppressed = records - pass.totals.published;
  const line = (
    what: string,
    unit: string,
    figure: number,
    reference: number | null,
    more: { places?: number; goal?: Goal | undefined; against?: string } = {},
  ) =>
    lineOf({
      what,
      unit,
      figure,
      reference,
      places: more.places ?? 0,
      against: more.against ?? (reference === null ? 'nothing' : AGAINST),
      goal: more.goal,
      with: conditions,
    });
  const loss = pass.totals.loss;
  const lossGoal = found.hasGoals && l === 1 ? LOSS_GOALS[`${k}/${delay}`] : undefined;
  report.lines([
    line('loss', 'mean', loss, batches.loss, { places: 4, goal: lossGoal }),
    line('loss', 'mean', loss, whole.loss, { places: 4, against: 'Mondrian on the whole table' }),
    line('suppressed', 'share', suppressed / records, null, { places: 5 }),
    line('speed', 'records/s', found.perSecond, found.batchesPerSecond, {
      goal: found.hasGoals && l === 1 ? SPEED_GOALS[delay] : undefined,
    }),
    line('longest delay', 'records', found.longest, null, { goal: `<= ${delay}` }),
    line('waiting at most', 'records', pass.waiting, null),
    line('proved by the checker', 'rows', found.committed, null),
  ]);
}
