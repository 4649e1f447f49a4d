import { Hierarchy } from '@sealstream/kanonymity';
import { seededRandom } from './random.ts';
import type { Table, TableRow } from './table.ts';

const TOWNS = 64;
const JOBS = 27;

/** Two levels above the raw values, `width` of them under each. */
function tree(name: string, count: number, width: number): Hierarchy {
  const lines = Array.from({ length: count }, (_, leaf) => {
    const low = Math.floor(leaf / width);
    return `${name} ${leaf};${name}s ${low};region ${Math.floor(low / width)} of ${name}s;*`;
  });
  return Hierarchy.parse(lines.join('\n'));
}

/**
 * Rows with what real ones have: some values are common and most are rare, and columns depend on one
 * another. The same for the same seed.
 */
export function syntheticTable(records: number, seed: number): Table {
  const random = seededRandom(seed);
  const unit = () => (random(2 ** 30) + 0.5) / 2 ** 30;
  /** Exponential: the low ones are common. */
  const skewed = (mean: number, most: number) =>
    Math.min(most, Math.floor(-Math.log(unit()) * mean));
  const row = (): TableRow => {
    const town = skewed(9, TOWNS - 1);
    const age = Math.min(99, Math.floor(18 + (unit() + unit() + unit()) * 24));
    const job = (skewed(4, JOBS - 1) + (age > 60 ? 9 : 0)) % JOBS;
    const income = Math.min(500, 10 + skewed(30 + job, 480));
    const children = age < 25 ? 0 : Math.min(9, skewed(1.5, 9));
    const sex = random(2) === 0 ? 'Female' : 'Male';
    return {
      values: [age, sex, `town ${town}`, `job ${job}`, income, children],
      sensitive: [`illness ${skewed(3, 19)}`],
    };
  };
  return {
    quasiIdentifiers: [
      { kind: 'numeric', name: 'age', least: 18, most: 99 },
      { kind: 'categorical', name: 'sex', hierarchy: Hierarchy.parse('Female;*\nMale;*') },
      { kind: 'categorical', name: 'town', hierarchy: tree('town', TOWNS, 4) },
      { kind: 'categorical', name: 'job', hierarchy: tree('job', JOBS, 3) },
      { kind: 'numeric', name: 'income', least: 10, most: 500 },
      { kind: 'numeric', name: 'children', least: 0, most: 9 },
    ],
    sensitive: ['illness'],
    rows: Array.from({ length: records }, row),
  };
}
