import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AnonymousStream,
  type Entry,
  type SubjectCount,
  type SubjectGroups,
} from '../src/index.ts';
import { type Chosen, entry, groupsOf, QUASI, seeded } from './streams.ts';

const LIMIT = { most: 2, within: 64, maxSubjects: 1000 };

/** A stream with its groups of subjects, and what was kept of both. */
function begun(chosen: Chosen, kept: Iterable<SubjectCount> = [], left: Iterable<Entry> = []) {
  const { limit = LIMIT, ...rest } = chosen;
  const subjects = groupsOf(limit);
  for (const count of kept) subjects.restore(count);
  const stream = new AnonymousStream({
    quasiIdentifiers: QUASI,
    sensitiveCount: 1,
    k: 2,
    delay: 10,
    maxEntries: 1000,
    random: seeded(1),
    ...rest,
    subjects,
  });
  for (const row of left) stream.add(row);
  return { stream, subjects };
}

/** What somebody keeps who writes down each change and reads all of it after a stop. */
class Kept {
  readonly counts = new Map<string, SubjectCount>();

  take(subjects: SubjectGroups): void {
    for (const count of subjects.takeChanged()) {
      const name = Buffer.from(count.subject).toString();
      this.counts.delete(name);
      if (count.at.length > 0) this.counts.set(name, count);
    }
  }
}

const times = (kept: Kept) =>
  Object.fromEntries([...kept.counts].map(([name, { at }]) => [name, at]));

/** Few people who come often, so that limits are met. */
const visits = fc.array(fc.tuple(fc.integer({ min: 0, max: 4 }), fc.nat(3), fc.nat(7)), {
  minLength: 20,
  maxLength: 120,
});
const limits = fc.record({
  most: fc.integer({ min: 1, max: 3 }),
  within: fc.integer({ min: 5, max: 60 }),
  maxSubjects: fc.constant(100),
});

test('in any time of that length a subject is in no more groups than it may, through any restarts', () => {
  let published = 0;
  fc.assert(
    fc.property(visits, limits, fc.integer({ min: 1, max: 6 }), (came, limit, delay) => {
      const chosen = { limit, delay };
      const known = new Map<string, string>();
      const kept = new Kept();
      const waiting = new Map<string, Entry>();
      const groups = new Map<string, number[]>();
      let now = begun(chosen);
      let arrival = 0;
      for (const [at, [wait, who, restart]] of came.entries()) {
        arrival += wait;
        const subject = `subject ${who}`;
        const row = entry(`id ${at}`, arrival, { subject });
        if (restart === 0) now = begun(chosen, kept.counts.values(), waiting.values());
        known.set(row.id, subject);
        waiting.set(row.id, row);
        now.stream.add(row);
        const step = now.stream.release(arrival);
        for (const { id } of step.suppressed) waiting.delete(id);
        for (const { id } of step.groups.flatMap(({ members }) => members)) {
          waiting.delete(id);
          const name = known.get(id) ?? '';
          groups.set(name, [...(groups.get(name) ?? []), arrival]);
          published += 1;
        }
        kept.take(now.subjects);
      }
      for (const at of groups.values())
        for (const [last, end] of at.entries()) {
          const inside = at.slice(0, last + 1).filter((time) => time > end - limit.within);
          expect(inside.length).toBeLessThanOrEqual(limit.most);
        }
    }),
  );
  expect(published).toBeGreaterThan(500);
});

describe('a count', () => {
  const pair = (at: number, ...subjects: string[]) =>
    subjects.map((subject) => entry(`${subject} ${at}`, at, { subject }));

  test('holds the groups that still count, and is told once for each change', () => {
    const { stream, subjects } = begun({});
    const kept = new Kept();
    for (const row of [...pair(0, 'eva', 'bob'), ...pair(5, 'eva', 'ada')]) stream.add(row);
    stream.release(15);
    kept.take(subjects);
    expect(times(kept)).toEqual({ eva: [15, 15], bob: [15], ada: [15] });
    expect(subjects.takeChanged()).toEqual([]);
    for (const row of pair(69, 'bob', 'ada')) stream.add(row);
    stream.release(79);
    expect(subjects.takeChanged().map(({ at }) => at)).toEqual([[79], [79]]);
  });

  test('is forgotten when its last group is too old, and told with the label of its first', () => {
    const { stream, subjects } = begun({});
    for (const row of pair(0, 'eva', 'bob')) stream.add(row);
    stream.release(10);
    const labels = subjects.takeChanged().map(({ label }) => label);
    expect(subjects.due).toBe(10 + 64 + 1);
    stream.release(74);
    expect([subjects.size, subjects.takeChanged()]).toEqual([2, []]);
    stream.release(75);
    expect(subjects.takeChanged()).toMatchObject(labels.map((label) => ({ label, at: [] })));
    expect([subjects.size, subjects.due]).toEqual([0, undefined]);
  });

  test('of very many is forgotten in steps, each due at once', () => {
    const subjects = groupsOf({ ...LIMIT, maxSubjects: 30_000 });
    for (let i = 0; i < 25_000; i += 1) subjects.add(`s${i}`, 0);
    expect(subjects.takeChanged().length).toBe(25_000);
    const steps: number[] = [];
    for (let due = subjects.due; due !== undefined; due = subjects.due) {
      subjects.forget(Math.max(due, 100));
      steps.push(subjects.takeChanged().length);
    }
    expect(steps).toEqual([10_000, 10_000, 5000]);
  });

  test('of a subject that is meant is forgotten at once', () => {
    const { stream, subjects } = begun({});
    for (const row of pair(0, 'eva', 'bob')) stream.add(row);
    stream.release(10);
    subjects.takeChanged();
    subjects.forgetThose((subject) => String(subject) === 'eva');
    expect(subjects.takeChanged()).toMatchObject([{ at: [] }]);
    expect(subjects.size).toBe(1);
  });

  test('that was kept twice for one subject holds as it was kept last, and the other one goes', () => {
    const subject = Buffer.from('eva');
    const counts = [
      { subject, label: 'old', at: [1] },
      { subject, label: 'new', at: [1, 2] },
    ];
    const { subjects } = begun({}, counts);
    expect(subjects.takeChanged()).toEqual([{ subject, label: 'old', at: [] }]);
    expect(subjects.refusal('eva', 3)).toBe('subject-in-too-many-groups');
  });
});
