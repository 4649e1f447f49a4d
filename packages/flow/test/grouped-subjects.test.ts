import type { KeySource } from '@sealstream/crypto';
import { groupPlan } from '@sealstream/policy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupedStage, isSubjectCount } from '../src/index.ts';
import { everyByte, outputOf } from './flow-batch.ts';
import { accepted, CITIES, keys, Partition, type Visit, valueOf, visits } from './visits.ts';

const DELAY_MS = 10_000;
const WITHIN_MS = 60_000;
const MOST = 2;
const LIMIT = `maxGroupsPerSubject: ${MOST}\n      forgetAfter: 60s\n      delay`;
const unlimited = visits();
const dataset = visits((text) => text.replace('delay', LIMIT));

function stageOf(of = dataset, clock = () => 0, source: KeySource = keys) {
  const plan = groupPlan(of);
  if (plan === undefined) throw new Error('the dataset has no groups');
  return groupedStage(of, plan, source, clock);
}

/** A partition that has begun, on a clock that is moved by hand. */
async function begun(source: KeySource = keys) {
  const time = { nowMs: 1_700_000_000_000 };
  const newStage = (of = dataset) => stageOf(of, () => time.nowMs, source);
  const stage = newStage();
  const partition = new Partition(dataset, stage);
  await partition.restart();
  return { newStage, partition, stage, time };
}

let visitCount = 0;
const recordOf = (ssn: string, change: Partial<Visit> = {}) => {
  const visit = visitCount++;
  const own = { ssn, age: 30, city: CITIES[0] ?? '', diagnosis: `d${visit % 2}`, visit, ...change };
  return accepted(dataset, valueOf(own), ssn, visit);
};
const people = ['eva-canary', 'bob-canary', 'ada-canary'];

/** One group of these people, published. */
function group({ partition, time }: Awaited<ReturnType<typeof begun>>, who = people) {
  const first = partition.batch(who.map((ssn) => recordOf(ssn)));
  time.nowMs += DELAY_MS;
  return { first, last: partition.batch([]) };
}

/** Counts of subjects that stand on the state topic, by key. */
function counts({ state }: Partition) {
  const standing = new Map<string, Buffer>();
  for (const { key, value } of state) {
    if (key === null || !isSubjectCount(key)) continue;
    if (value === null) standing.delete(key.toString('hex'));
    else standing.set(key.toString('hex'), value);
  }
  return standing;
}

describe('a subject that was in as many groups as it may', () => {
  test('is left out of more, with a reason of its own, also after a restart', async () => {
    const run = await begun();
    for (let i = 0; i < MOST; i += 1) expect(group(run).last.event.groups).toBe(1);
    await run.partition.restart(run.newStage());
    const { event } = run.partition.batch(people.map((ssn) => recordOf(ssn)));
    expect(event).toMatchObject({
      waiting: 0,
      suppressed: { 'subject-in-too-many-groups': people.length },
    });
  });

  test('leaves no record waiting, whichever group filled the measure', async () => {
    const run = await begun();
    group(run);
    run.partition.batch([...people, ...people].map((ssn) => recordOf(ssn)));
    run.time.nowMs += DELAY_MS;
    const { event } = run.partition.batch([]);
    expect(event).toMatchObject({
      groups: 1,
      waiting: 0,
      suppressed: { 'subject-in-too-many-groups': people.length },
    });
  });

  test('may be in groups again when the time is over', async () => {
    const run = await begun();
    for (let i = 0; i < MOST; i += 1) group(run);
    run.time.nowMs += WITHIN_MS;
    expect(group(run).last.event.groups).toBe(1);
  });
});

describe('the count of a subject', () => {
  test('is one sealed record a subject, in the transaction of its group, and tells nothing of it', async () => {
    const run = await begun();
    const { first, last } = group(run);
    expect(outputOf(first, 'mask.state.visits').some(isCount)).toBe(false);
    expect(outputOf(last, 'mask.state.visits').filter(isCount).length).toBe(people.length);
    const again = group(run).last;
    expect(counts(run.partition).size).toBe(people.length);
    for (const what of [...people, 'canary', 'subject'])
      for (const result of [last, again])
        expect(everyByte(result).includes(Buffer.from(what))).toBe(false);
  });

  test('is forgotten when its time is over, though no record comes', async () => {
    const run = await begun();
    group(run);
    const due = run.stage.wantedMs(3) ?? 0;
    expect(due).toBeGreaterThanOrEqual(run.time.nowMs + WITHIN_MS);
    expect(due).toBeLessThan(run.time.nowMs + WITHIN_MS * 1.02);
    run.time.nowMs = due;
    run.partition.batch([]);
    expect(counts(run.partition).size).toBe(0);
    expect(run.stage.wantedMs(3)).toBeUndefined();
  });

  test('goes with a shred, at once and after a restart', async () => {
    const shredded = new Set<string>();
    const source: KeySource = {
      active: (use) => keys.active(use),
      byId: (use, id) => keys.byId(use, id),
      publicKey: (purpose, name) => keys.publicKey(purpose, name),
      privateKey: (purpose, name, id) => keys.privateKey(purpose, name, id),
      shreds: {
        get count() {
          return shredded.size;
        },
        has: (bytes, at) => shredded.has(bytes.toString('latin1', at, at + 3)),
      },
    };
    const run = await begun(source);
    group(run);
    shredded.add('eva');
    expect(run.stage.wantedMs(3)).toBe(0);
    run.partition.batch([]);
    expect(counts(run.partition).size).toBe(2);
    expect(run.stage.wantedMs(3)).toBeGreaterThan(0);
    shredded.add('bob');
    const next = run.newStage();
    await run.partition.restart(next);
    expect(next.wantedMs(3)).toBe(0);
    run.partition.batch([]);
    expect(counts(run.partition).size).toBe(1);
  });

  test('goes when the policy asks for it no more', async () => {
    const run = await begun();
    group(run);
    const next = run.newStage(unlimited);
    await run.partition.restart(next);
    expect(next.wantedMs(3)).toBe(0);
    expect(run.partition.batch([]).event.suppressed).toEqual({});
    expect(counts(run.partition).size).toBe(0);
    expect(next.wantedMs(3)).toBeUndefined();
  });

  test('that was changed or moved, or counts in another unit, lets the partition not begin', async () => {
    const run = await begun();
    group(run);
    const [[key, value], [, other]] = [...counts(run.partition)];
    const changed = Buffer.from(value);
    changed[60] ^= 1;
    for (const forged of [changed, other, Buffer.from('{}')]) {
      const state = [...run.partition.state, { key: Buffer.from(key, 'hex'), value: forged }];
      await expect(stageOf().restore(3, [state])).rejects.toMatchObject({
        code: 'GROUP_COUNTS_DAMAGED',
        retryable: true,
      });
    }
    await expect(stageOf().restore(2, [run.partition.state])).rejects.toThrow(/GROUP_COUNTS/);
    const inRecords = visits((text) =>
      text.replace(
        'delay: 10s',
        LIMIT.replace('60s', '60 records').replace('delay', 'delay: 9 records'),
      ),
    );
    await expect(stageOf(inRecords).restore(3, [run.partition.state])).rejects.toThrow(/GROUP_COU/);
    await stageOf().restore(3, [run.partition.state]);
  });
});

const isCount = ({ key, value }: { key: Buffer | null; value: Buffer | null }) =>
  key !== null && value !== null && isSubjectCount(key);

const step = fc.tuple(
  fc.constantFrom('batch', 'batch', 'batch', 'abort', 'restart'),
  fc.array(fc.nat(5), { maxLength: 6 }),
  fc.integer({ min: 0, max: 15_000 }),
);

test('through aborts and restarts no subject is in more groups than it may in that time', async () => {
  let published = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const { newStage, partition, time } = await begun();
      const groups = new Map<string, number[]>();
      const subjects = new Map<number, string>();
      for (const [does, who, waitMs] of steps) {
        time.nowMs += waitMs;
        const records = who.map((number) => {
          subjects.set(visitCount, `s${number}`);
          return recordOf(`s${number}`);
        });
        const result = partition.batch(records, does !== 'abort');
        if (does !== 'batch') await partition.restart(newStage());
        if (does === 'abort') continue;
        for (const { value } of outputOf(result, 'masked.visits')) {
          const name = subjects.get(JSON.parse(String(value)).visit) ?? '';
          groups.set(name, [...(groups.get(name) ?? []), time.nowMs]);
          published += 1;
        }
      }
      for (const at of groups.values())
        for (const [last, end] of at.entries()) {
          const inside = at.slice(0, last + 1).filter((one) => one > end - WITHIN_MS);
          expect(inside.length).toBeLessThanOrEqual(MOST);
        }
    }),
    { numRuns: 40 },
  );
  expect(published).toBeGreaterThan(300);
});
