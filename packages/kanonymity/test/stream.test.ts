import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Entry,
  type Group,
  Hierarchy,
  OutputChecker,
  type Step,
  textOf,
} from '../src/index.ts';
import { covers, entries, entry, idsOf, options, run, seeded, streamOf } from './streams.ts';

const byId = (rows: readonly Entry[]) => new Map(rows.map((row) => [row.id, row]));

function membersOf(group: Group, rows: ReadonlyMap<string, Entry>): Entry[] {
  return group.members.flatMap(({ id }) => rows.get(id) ?? []);
}

const different = (values: Iterable<string>) => new Set(values).size;

describe('a stream', () => {
  test('lets every entry leave exactly once', () => {
    fc.assert(
      fc.property(entries, options, (rows, chosen) => {
        const { steps, stream } = run(rows, streamOf(chosen));
        const left = steps.flatMap(({ step }) => idsOf(step));
        expect(left.toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
        expect(stream.size).toBe(0);
      }),
    );
  });

  test('lets no entry leave later than its delay', () => {
    fc.assert(
      fc.property(entries, options, (rows, chosen) => {
        const known = byId(rows);
        for (const { at, step } of run(rows, streamOf(chosen)).steps)
          for (const id of idsOf(step))
            expect(at - (known.get(id)?.arrival ?? NaN)).toBeLessThanOrEqual(chosen.delay ?? 0);
      }),
    );
  });

  test('publishes groups of k subjects, l values and as many producers as were asked for', () => {
    fc.assert(
      fc.property(entries, options, (rows, chosen) => {
        const known = byId(rows);
        for (const { step } of run(rows, streamOf(chosen)).steps)
          for (const group of step.groups) {
            const members = membersOf(group, known);
            const subjects = members.map(({ subject }) => subject.toString());
            expect(different(subjects)).toBe(members.length);
            expect(members.length).toBeGreaterThanOrEqual(chosen.k ?? 0);
            const values = different(members.map(({ sensitive }) => sensitive[0]));
            expect(values).toBeGreaterThanOrEqual(chosen.l ?? 1);
            const producers = different(members.map(({ producer }) => producer ?? ''));
            expect(producers).toBeGreaterThanOrEqual(chosen.producers ?? 1);
          }
      }),
    );
  });

  test('shows values that cover every member, and gives sensitive values as they came', () => {
    fc.assert(
      fc.property(entries, options, (rows, chosen) => {
        const known = byId(rows);
        for (const { step } of run(rows, streamOf(chosen)).steps)
          for (const group of step.groups) {
            for (const member of membersOf(group, known)) expect(covers(group, member)).toBe(true);
            for (const { id, sensitive } of group.members)
              expect(sensitive).toEqual(known.get(id)?.sensitive);
          }
      }),
    );
  });

  test('has an output that the checker accepts at every committed prefix', () => {
    fc.assert(
      fc.property(entries, options, (rows, chosen) => {
        const checker = new OutputChecker(chosen.k ?? 0, chosen.l ?? 1);
        const known = byId(rows);
        for (const { step } of run(rows, streamOf(chosen)).steps) {
          for (const group of step.groups)
            for (const { id, sensitive } of group.members)
              checker.row({
                values: group.values.map(textOf),
                sensitive,
                subject: String(known.get(id)?.subject),
              });
          checker.commit();
        }
        expect(checker.result.faults).toEqual([]);
      }),
    );
  });

  test('gives no entry twice and loses none when it is restored from the entries that are left', () => {
    fc.assert(
      fc.property(entries, options, fc.nat(100), (rows, chosen, cut) => {
        const { limit: _, ...rest } = chosen;
        const first = streamOf(rest);
        const left: string[] = [];
        const take = (step: Step) => left.push(...idsOf(step));
        for (const row of rows.slice(0, cut)) {
          first.add(row);
          take(first.release(row.arrival));
        }
        const gone = new Set(left);
        const second = streamOf(rest);
        for (const row of rows.slice(0, cut).filter(({ id }) => !gone.has(id))) second.add(row);
        expect(second.size).toBe(first.size);
        for (const row of rows.slice(cut)) {
          second.add(row);
          take(second.release(row.arrival));
        }
        take(second.drain());
        expect(left.toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
      }),
    );
  });

  test('does the same for the same calls and the same random source', () => {
    fc.assert(
      fc.property(entries, options, fc.integer(), (rows, chosen, seed) => {
        const once = run(rows, streamOf({ ...chosen, random: seeded(seed) })).steps;
        const again = run(rows, streamOf({ ...chosen, random: seeded(seed) })).steps;
        expect(again).toEqual(once);
      }),
    );
  });

  test('never holds more entries than it may, and lets the oldest group go early for a new one', () => {
    const stream = streamOf({ maxEntries: 3 });
    for (const at of [0, 1, 2, 3]) stream.add(entry(`id ${at}`, at));
    expect(stream.size).toBe(2);
    const { groups } = stream.release(3);
    expect(groups.map(({ early }) => early)).toEqual([true]);
    expect(stream.totals.early).toBe(1);
    fc.assert(
      fc.property(entries, options, (rows, chosen) => {
        const full = streamOf(chosen);
        for (const row of rows) {
          full.add(row);
          expect(full.size).toBeLessThanOrEqual(chosen.maxEntries ?? 1000);
        }
      }),
    );
  });

  test('shuffles the members of a group', () => {
    const orders = new Set<string>();
    for (let seed = 0; seed < 60; seed++) {
      const stream = streamOf({ k: 3, random: seeded(seed * 7919) });
      for (const id of ['a', 'b', 'c']) stream.add(entry(id, 0));
      orders.add(idsOf(stream.release(10)).join(''));
    }
    expect(orders.size).toBe(6);
  });
});

describe('an entry is suppressed', () => {
  const reasons = (step: Step) => step.suppressed.map(({ reason }) => reason);

  test('when fewer than k subjects wait, and only when it is due', () => {
    const stream = streamOf();
    stream.add(entry('one', 0, { subject: 'same' }));
    stream.add(entry('two', 5, { subject: 'same' }));
    const step = stream.release(10);
    expect(step).toEqual({
      groups: [],
      suppressed: [{ id: 'one', reason: 'too-few-subjects' }],
    });
    stream.add(entry('three', 11, { subject: 'other' }));
    expect(stream.release(15).groups[0]?.members).toHaveLength(2);
    expect(stream.totals.loss).toBeCloseTo(1 / 3);
  });

  test('when no l sensitive values wait', () => {
    const stream = streamOf({ l: 2 });
    for (const id of ['a', 'b', 'c']) stream.add(entry(id, 0));
    expect(reasons(stream.release(10))).toEqual(Array(3).fill('too-few-values'));
  });

  test('when too few producers wrote what waits', () => {
    const stream = streamOf({ producers: 2 });
    for (const id of ['a', 'b']) stream.add(entry(id, 0, { producer: 'p1' }));
    expect(reasons(stream.release(10))).toEqual(Array(2).fill('too-few-producers'));
  });

  test('when its subject is in too many groups, until these are long ago', () => {
    const stream = streamOf({ limit: { most: 1, within: 100, maxSubjects: 9 } });
    stream.add(entry('a', 0, { subject: 'eva' }));
    stream.add(entry('b', 0, { subject: 'bob' }));
    stream.add(entry('c', 1, { subject: 'eva' }));
    expect(reasons(stream.release(10))).toEqual(['subject-in-too-many-groups']);
    stream.add(entry('d', 11, { subject: 'bob' }));
    expect(reasons(stream.release(11))).toEqual(['subject-in-too-many-groups']);
    stream.add(entry('e', 110, { subject: 'eva' }));
    expect(stream.size).toBe(1);
  });

  test('when its subject is not known and no more can be counted', () => {
    const stream = streamOf({ limit: { most: 2, within: 100, maxSubjects: 2 } });
    for (const subject of ['eva', 'bob']) stream.add(entry(subject, 0, { subject }));
    stream.release(10);
    stream.add(entry('a', 11, { subject: 'ada' }));
    stream.add(entry('b', 11, { subject: 'eva' }));
    expect(reasons(stream.release(11))).toEqual(['too-many-subjects']);
    expect(stream.size).toBe(1);
  });
});

describe('a group', () => {
  test('grows beyond k when l needs more', () => {
    const stream = streamOf({ k: 2, l: 3 });
    for (const sensitive of ['flu', 'cold', 'none'])
      stream.add(entry(sensitive, 0, { sensitive: [sensitive] }));
    expect(stream.release(10).groups[0]?.members).toHaveLength(3);
  });

  test('prefers one that is hard to place to one that has others near it', () => {
    const stream = streamOf({ k: 2, delay: 100 });
    const ages = { crowd1: 45, crowd2: 40, crowd3: 40, crowd4: 40, seed: 30, alone: 19 };
    const order = ['seed', 'crowd1', 'crowd2', 'crowd3', 'crowd4', 'alone'] as const;
    for (const [at, id] of order.entries()) stream.add(entry(id, at, { values: [ages[id], 'a1'] }));
    const step = stream.release(100);
    expect(step.groups[0]?.members.map(({ id }) => id).toSorted()).toEqual(['alone', 'seed']);
  });
});

describe('a hierarchy too large for its losses to be kept', () => {
  test('gives the same groups as ever', () => {
    const leaves = Array.from({ length: 2500 }, (_, leaf) => `v${leaf};t${leaf >> 2};*`);
    const hierarchy = Hierarchy.parse(leaves.join('\n'));
    const stream = streamOf({
      quasiIdentifiers: [{ kind: 'categorical', name: 'wide', hierarchy }],
    });
    for (const [at, leaf] of [4, 2000, 6, 2001].entries())
      stream.add(entry(`id ${at}`, at, { values: [`v${leaf}`] }));
    const { groups } = stream.release(11);
    expect(groups.map(({ values }) => values)).toEqual([['t1'], ['t500']]);
  });
});

describe('rarer sensitive values', () => {
  test.each([
    { k: 4, l: 2, values: ['flu', 'none', 'none', 'none'] },
    { k: 3, l: 3, values: ['a', 'b', 'c', 'a', 'b', 'd', 'c', 'b', 'e', 'a'] },
  ])(
    'are left to groups to come, so that no group fails that need not: l = $l of k = $k',
    (how) => {
      const { k, l, values } = how;
      const rows = Array.from({ length: 600 }, (_, at) => {
        const which = at % values.length;
        // Those with rare values are near each other, so that a group would like to have several.
        const age = which % 3 === 0 ? 30 : (at * 37) % 90;
        return entry(`id ${at}`, at, { values: [age, 'a1'], sensitive: [values[which]] });
      });
      const { stream } = run(rows, streamOf({ k, l, delay: 90 }));
      expect(stream.totals.suppressed['too-few-values']).toBe(0);
      expect(stream.totals.published).toBe(600);
    },
  );
});

describe('a stream refuses', () => {
  test('an entry that it cannot take, and stays as it was', () => {
    const stream = streamOf({ producers: 1 });
    const good = { producer: 'p1' };
    expect(stream.add(entry('a', 0, good))).toBeUndefined();
    expect(stream.add(entry('a', 0, good))).toEqual({ why: 'known-id' });
    expect(stream.add(entry('b', 0))).toEqual({ why: 'no-producer' });
    const cases: [Parameters<typeof entry>[2], object][] = [
      [{ values: [30] }, { why: 'wrong-count', of: 'values' }],
      [{ values: [30, 'a1', 'a1'] }, { why: 'wrong-count', of: 'values' }],
      [{ sensitive: [] }, { why: 'wrong-count', of: 'sensitive' }],
      [{ values: [91, 'a1'] }, { why: 'unknown-value', place: 0 }],
      [{ values: [NaN, 'a1'] }, { why: 'unknown-value', place: 0 }],
      [{ values: ['30', 'a1'] }, { why: 'unknown-value', place: 0 }],
      [{ values: [30, 'zz'] }, { why: 'unknown-value', place: 1 }],
    ];
    for (const [more, refusal] of cases)
      expect(stream.add(entry('c', 0, { ...good, ...more }))).toEqual(refusal);
    expect(stream.size).toBe(1);
  });

  test('an id that left and was not told yet', () => {
    const stream = streamOf({ maxEntries: 2 });
    for (const id of ['a', 'b', 'c']) stream.add(entry(id, 0));
    expect(stream.add(entry('a', 0))).toEqual({ why: 'known-id' });
  });

  test('time that goes back', () => {
    const stream = streamOf();
    stream.add(entry('a', 5));
    expect(() => stream.add(entry('b', 4))).toThrow(RangeError);
    expect(() => stream.release(4)).toThrow(RangeError);
    expect(stream.size).toBe(1);
  });

  test.each([
    ['k below 2', { k: 1 }],
    ['l above 1 with nothing sensitive', { l: 2, sensitiveCount: 0 }],
    ['no delay', { delay: 0 }],
    ['a buffer below k', { k: 5, maxEntries: 4 }],
    ['no quasi-identifier', { quasiIdentifiers: [] }],
    ['groups of no time', { limit: { most: 1, within: 0, maxSubjects: 1 } }],
    ['no group for a subject', { limit: { most: 0, within: 1, maxSubjects: 1 } }],
  ])('%s', (_, chosen) => {
    expect(() => streamOf(chosen)).toThrow(RangeError);
  });
});
