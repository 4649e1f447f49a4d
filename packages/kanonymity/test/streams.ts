import * as fc from 'fast-check';
import {
  AnonymousStream,
  type Entry,
  type Group,
  Hierarchy,
  type QuasiIdentifier,
  type RawValue,
  type Step,
  type StreamOptions,
  SubjectGroups,
  type SubjectLimit,
} from '../src/index.ts';

export const TREE = Hierarchy.parse(
  ['a1;a;*', 'a2;a;*', 'a3;a;*', 'b1;b;*', 'b2;b;*', 'c1;c;*'].join('\n'),
);
const LEAVES = ['a1', 'a2', 'a3', 'b1', 'b2', 'c1'];

export const QUASI: readonly QuasiIdentifier[] = [
  { kind: 'numeric', name: 'age', least: -10, most: 90.5 },
  { kind: 'categorical', name: 'place', hierarchy: TREE },
];

/** Numbers from 0 to `below` - 1, the same for the same seed. */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** An entry that is easy to write down. */
export function entry(
  id: string,
  arrival: number,
  more: { subject?: string; values?: RawValue[]; sensitive?: string[]; producer?: string } = {},
): Entry {
  return {
    id,
    arrival,
    values: more.values ?? [30, 'a1'],
    sensitive: more.sensitive ?? ['flu'],
    subject: Buffer.from(more.subject ?? id),
    ...(more.producer === undefined ? {} : { producer: more.producer }),
  };
}

/** Options in which a limit stands for the groups of subjects, which are new in each stream. */
export interface Chosen extends Partial<StreamOptions> {
  readonly limit?: SubjectLimit;
}

let labels = 0;

/** Counts of subjects, each with a label of its own, also among those of other streams. */
export function groupsOf(limit: SubjectLimit): SubjectGroups {
  return new SubjectGroups(limit, () => `label ${labels++}`);
}

export function streamOf({ limit, ...options }: Chosen = {}): AnonymousStream {
  return new AnonymousStream({
    ...(limit !== undefined && { subjects: groupsOf(limit) }),
    quasiIdentifiers: QUASI,
    sensitiveCount: 1,
    k: 2,
    delay: 10,
    maxEntries: 1000,
    random: seeded(1),
    ...options,
  });
}

/** Whether what is shown holds a member's values. */
export function covers(group: Group, { values }: Entry): boolean {
  return group.values.every((shown, index) => {
    const value = values[index];
    if (typeof shown !== 'string')
      return typeof value === 'number' && shown.least <= value && value <= shown.most;
    return shown === '*' || shown === value || (shown.length === 1 && String(value)[0] === shown);
  });
}

export const idsOf = ({ groups, suppressed }: Step): string[] => [
  ...groups.flatMap(({ members }) => members.map(({ id }) => id)),
  ...suppressed.map(({ id }) => id),
];

/** Any stream of entries with times that stand still, go on, or jump. */
export const entries: fc.Arbitrary<Entry[]> = fc
  .array(
    fc.record({
      wait: fc.constantFrom(0, 0, 1, 1, 3, 25),
      age: fc.oneof(fc.integer({ min: -10, max: 90 }), fc.double({ min: 0, max: 80, noNaN: true })),
      place: fc.constantFrom(...LEAVES),
      subject: fc.integer({ min: 0, max: 25 }),
      sensitive: fc.constantFrom('flu', 'cold', 'none'),
      producer: fc.constantFrom('p1', 'p2', 'p3'),
    }),
    { maxLength: 120 },
  )
  .map((rows) => {
    let arrival = 0;
    return rows.map(({ age, place, producer, sensitive, subject, wait }, index) => {
      arrival += wait;
      return entry(`id ${index}`, arrival, {
        values: [age, place],
        sensitive: [sensitive],
        subject: `subject ${subject}`,
        producer,
      });
    });
  });

/** Options in every combination that matters. */
export const options: fc.Arbitrary<Chosen> = fc.record(
  {
    k: fc.integer({ min: 2, max: 6 }),
    l: fc.integer({ min: 1, max: 3 }),
    producers: fc.integer({ min: 1, max: 3 }),
    delay: fc.integer({ min: 1, max: 40 }),
    maxEntries: fc.integer({ min: 6, max: 60 }),
    limit: fc.record({
      most: fc.integer({ min: 1, max: 3 }),
      within: fc.integer({ min: 1, max: 100 }),
      maxSubjects: fc.integer({ min: 1, max: 40 }),
    }),
  },
  { requiredKeys: ['k', 'delay'] },
);

/** What left, and when. */
export interface Run {
  readonly steps: readonly { readonly at: number; readonly step: Step }[];
  readonly stream: AnonymousStream;
}

/** Adds all, asks after each arrival and exactly when something is due, and drains at the end. */
export function run(rows: readonly Entry[], stream: AnonymousStream): Run {
  const steps: { at: number; step: Step }[] = [];
  const until = (limit: number): void => {
    for (let due = stream.due; due !== undefined && due < limit; due = stream.due)
      steps.push({ at: due, step: stream.release(due) });
  };
  for (const row of rows) {
    until(row.arrival);
    const refusal = stream.add(row);
    if (refusal !== undefined) throw new Error(`refused: ${refusal.why}`);
    steps.push({ at: row.arrival, step: stream.release(row.arrival) });
  }
  const end = rows.at(-1)?.arrival ?? 0;
  steps.push({ at: end, step: stream.drain() });
  return { steps, stream };
}
