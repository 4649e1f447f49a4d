import {
  AnonymousStream,
  type Entry,
  type Generalised,
  type Hierarchy,
  OutputChecker,
  type QuasiIdentifier,
  type RawValue,
  type Step,
  textOf,
  type Totals,
} from '@sealstream/kanonymity';
import { seededRandom } from './random.ts';
import type { Table } from './table.ts';

/** What a pass is asked for. */
export interface Wanted {
  readonly k: number;
  readonly l: number;
  /** In records: an entry leaves when so many came after it, at the latest. */
  readonly delay: number;
  readonly seed: number;
}

export interface Pass {
  readonly totals: Totals;
  readonly cpuSeconds: number;
  /** Entries that waited at one time, at most. */
  readonly waiting: number;
  readonly steps: readonly { readonly at: number; readonly step: Step }[];
}

/** The rows as entries that come one after the other, each of a subject of its own. */
export function entriesOf({ rows }: Table): Entry[] {
  return rows.map(({ sensitive, values }, index) => ({
    id: String(index),
    values,
    sensitive,
    subject: Buffer.from(`subject ${index}`),
    arrival: index,
  }));
}

/** Sends all through a stream, on one core; only that is timed. */
export function onePass(table: Table, entries: readonly Entry[], wanted: Wanted): Pass {
  const { delay, k, l, seed } = wanted;
  const stream = new AnonymousStream({
    quasiIdentifiers: table.quasiIdentifiers,
    sensitiveCount: table.sensitive.length,
    k,
    l,
    delay,
    maxEntries: delay + k + l,
    random: seededRandom(seed),
  });
  const steps: { at: number; step: Step }[] = [];
  let waiting = 0;
  const before = process.cpuUsage();
  for (const entry of entries) {
    const refusal = stream.add(entry);
    if (refusal !== undefined) throw new Error(`entry ${entry.id} was refused: ${refusal.why}`);
    waiting = Math.max(waiting, stream.size);
    const step = stream.release(entry.arrival);
    if (step.groups.length + step.suppressed.length > 0) steps.push({ at: entry.arrival, step });
  }
  steps.push({ at: entries.length - 1, step: stream.drain() });
  const { system, user } = process.cpuUsage(before);
  return { totals: stream.totals, cpuSeconds: (system + user) / 1e6, waiting, steps };
}

/**
 * Checks all that left: each entry once and in time, shown as something that covers it, and k and l
 * by the independent checker at each commit, which is each step.
 *
 * @returns the longest time that an entry waited
 * @throws Error saying what is wrong
 */
export function verified(table: Table, entries: readonly Entry[], wanted: Wanted, pass: Pass) {
  const checker = new OutputChecker(wanted.k, wanted.l);
  const left = new Set<string>();
  let longest = 0;
  const leaves = (id: string, at: number): Entry => {
    const entry = entries[Number(id)];
    if (left.has(id)) throw new Error(`entry ${id} left twice`);
    left.add(id);
    longest = Math.max(longest, at - entry.arrival);
    return entry;
  };
  for (const { at, step } of pass.steps) {
    for (const { members, values } of step.groups)
      for (const { id, sensitive } of members) {
        const entry = leaves(id, at);
        const isCovered = table.quasiIdentifiers.every((quasi, index) =>
          covers(quasi, values[index], entry.values[index]),
        );
        if (!isCovered) throw new Error(`entry ${id} is not covered by what its group shows`);
        checker.row({ values: values.map(textOf), sensitive, subject: entry.subject.toString() });
      }
    for (const { id } of step.suppressed) leaves(id, at);
    checker.commit();
  }
  const { committed, faults } = checker.result;
  if (left.size !== entries.length) throw new Error(`${entries.length - left.size} never left`);
  if (longest > wanted.delay) throw new Error(`an entry waited for ${longest} records`);
  if (faults.length > 0) throw new Error(`the checker found ${JSON.stringify(faults[0])}`);
  return { longest, committed };
}

function covers(quasi: QuasiIdentifier, shown: Generalised, value: RawValue): boolean {
  if (quasi.kind === 'numeric')
    return typeof shown !== 'string' && shown.least <= Number(value) && Number(value) <= shown.most;
  return typeof shown === 'string' && isAbove(quasi.hierarchy, shown, String(value));
}

function isAbove(hierarchy: Hierarchy, shown: string, value: string): boolean {
  let node = hierarchy.leafOf(value) ?? -1;
  while (node >= 0 && hierarchy.textOf(node) !== shown) node = hierarchy.parentOf(node);
  return node >= 0;
}
