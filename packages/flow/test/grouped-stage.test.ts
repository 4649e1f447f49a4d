import { OutputChecker } from '@sealstream/kanonymity';
import { groupPlan } from '@sealstream/policy';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { groupedStage } from '../src/index.ts';
import { everyByte, outputOf } from './flow-batch.ts';
import { accepted, CITIES, keys, Partition, type Visit, valueOf, visits } from './visits.ts';

const dataset = visits();
const DELAY_MS = 10_000;

function stageOf(of = dataset, clock = () => 0) {
  const plan = groupPlan(of);
  if (plan === undefined) throw new Error('the dataset has no groups');
  return groupedStage(of, plan, keys, clock);
}

/** A partition that has begun, on a clock that is moved by hand. */
async function begun(of = dataset) {
  const time = { nowMs: 1_700_000_000_000 };
  const stage = stageOf(of, () => time.nowMs);
  const partition = new Partition(of, stage);
  await partition.restart();
  return { partition, stage, time };
}

const visit = (at: number, change: Partial<Visit> = {}): Visit => ({
  ssn: `s${at}`,
  age: 30 + at,
  city: CITIES[at % 2] ?? '',
  diagnosis: at % 2 === 0 ? 'flu' : 'cold',
  visit: at,
  ...change,
});
const recordOf = (of: Visit) => accepted(dataset, valueOf(of), of.ssn, of.visit);
const four = [0, 1, 2, 3].map((at) => recordOf(visit(at)));
const texts = (records: readonly { readonly value: Buffer | null }[]) =>
  records.map(({ value }) => String(value));

describe('records of a dataset with groups', () => {
  test('wait until the oldest is due, and leave as rows of one form and nothing else', async () => {
    const { partition, stage, time } = await begun();
    partition.batch(four);
    expect(partition.masked).toEqual([]);
    expect(stage.wantedMs(3)).toBe(time.nowMs + DELAY_MS);
    time.nowMs += DELAY_MS;
    const result = partition.batch([]);
    expect(partition.masked.length).toBe(3);
    for (const { headers, key, timestamp, value } of partition.masked) {
      expect([key, headers, timestamp]).toEqual([null, [], BigInt(time.nowMs)]);
      expect(String(value)).toMatch(
        /^\{"who":\{"ssn":"\[redacted\]"\},"age":"3\d\.\.3\d","where":\{"city":"\w+"\},/,
      );
      expect(String(value)).toMatch(/"diagnosis":"(flu|cold)","visit":\d,"note":null\}$/);
    }
    const shown = texts(partition.masked).map((text) => text.slice(0, text.indexOf('"diagnosis"')));
    expect(new Set(shown).size).toBe(1);
    // The fourth has nobody left to be with.
    expect(result.event).toMatchObject({
      groups: 1,
      waiting: 0,
      suppressed: { 'too-few-subjects': 1 },
    });
    expect(stage.wantedMs(3)).toBeUndefined();
  });

  test('leave nothing of key, header, time, name or subject on masked, on state or in the event', async () => {
    const { partition, time } = await begun();
    const first = partition.batch(four);
    time.nowMs += DELAY_MS;
    const last = partition.batch([]);
    for (const what of ['key-of-s1', 'plain-key-s1', 'canarytrace', 'Ns1', '"s1"', 's1##'])
      for (const result of [first, last]) expect(everyByte(result).includes(what)).toBe(false);
    // State is sealed: what stands in clear on masked does not stand there.
    expect(everyByte(first).includes('flu')).toBe(false);
    expect(everyByte(last).includes('flu')).toBe(true);
    expect(partition.masked.every(({ timestamp }) => timestamp !== 1_234_567n)).toBe(true);
  });

  test('of other spellings, orders and absent fields look the same', async () => {
    const { partition, time } = await begun();
    const odd =
      '{ "visit":1.0e0,"note":"x", "age":31.0,"diagnosis":"\\u0063old","where":{"city":"Ni\\u0063e"},' +
      '"who":{"ssn":"s1"}}';
    partition.batch([four[0], accepted(dataset, odd, 's1'), four[2]]);
    time.nowMs += DELAY_MS;
    partition.batch([]);
    const own = texts(partition.masked).find((text) => text.includes('"visit":1,'));
    expect(own).toMatch(/"diagnosis":"cold","visit":1,"note":null\}$/);
    expect(own?.startsWith('{"who":{"ssn":"[redacted]"},"age":"30..32"')).toBe(true);
  });

  test('which cannot be taken are rejected, and a tombstone is counted', async () => {
    const { partition } = await begun();
    const odd = (change: Partial<Visit>) => recordOf(visit(1, change));
    const twice = valueOf(visit(1)).replace('"age":31', '"age":31,"age":32');
    const result = partition.batch([
      odd({ city: 'Oslo' }),
      odd({ age: 121 }),
      accepted(dataset, twice, 's1'),
      accepted(dataset, '{"age":1}', 's1'),
      accepted(dataset, null, 's1'),
      accepted(dataset, valueOf(visit(1)), null),
      { value: Buffer.from(valueOf(visit(1))) },
    ]);
    expect(result.event.rejected).toEqual({
      RECORD_VALUE_UNFIT: 2,
      RECORD_DUPLICATE_FIELD: 1,
      RECORD_MISSING_FIELD: 1,
      RECORD_NOT_AUTHENTIC: 1,
    });
    expect(result.event).toMatchObject({ tombstones: 1, suppressed: { 'no-subject': 1 } });
    expect(partition.state).toEqual([]);
    expect(everyByte(result).includes('Oslo')).toBe(false);
  });

  test('wait for a count of records where the policy says so', async () => {
    const { partition, stage } = await begun(
      visits((text) => text.replace('delay: 10s', 'delay: 5 records')),
    );
    partition.batch(four);
    expect(stage.wantedMs(3)).toBeUndefined();
    partition.batch([]);
    expect(partition.masked.length).toBe(0);
    partition.batch([recordOf(visit(4))]);
    expect(partition.masked.length).toBe(3);
  });
});

describe('a batch', () => {
  test('that is asked for again before it is committed has the same outcome', async () => {
    const { partition, time } = await begun();
    const first = partition.batch(four, false);
    const again = partition.batch(four);
    const ids = [first, again].map((result) =>
      outputOf(result, 'mask.state.visits').map(({ key }) => key?.toString('hex')),
    );
    expect(ids[0]?.length).toBe(4);
    expect(ids[1]).toEqual(ids[0]);
    time.nowMs += DELAY_MS;
    const due = [partition.batch([], false), partition.batch([])];
    expect(texts(outputOf(due[1], 'masked.visits'))).toEqual(
      texts(outputOf(due[0], 'masked.visits')),
    );
  });

  test('has no outcome before what waits was restored, nor after it was forgotten', async () => {
    const stage = stageOf();
    const partition = new Partition(dataset, stage);
    expect(() => partition.batch(four)).toThrow(/INTERNAL/);
    await partition.restart();
    partition.batch(four);
    stage.forget(3);
    expect(stage.wantedMs(3)).toBeUndefined();
    expect(() => partition.batch([])).toThrow(/INTERNAL/);
  });
});

describe('after a restart', () => {
  test('the delay counts from when a record first came', async () => {
    const { partition, time } = await begun();
    partition.batch(four.slice(0, 3));
    time.nowMs += DELAY_MS - 1;
    const next = stageOf(dataset, () => time.nowMs);
    await partition.restart(next);
    expect(next.wantedMs(3)).toBe(time.nowMs + 1);
    time.nowMs += 1;
    partition.batch([]);
    expect(partition.masked.length).toBe(3);
    await partition.restart(stageOf());
    expect(partition.batch([]).event).toMatchObject({ groups: 0, waiting: 0 });
  });

  test('on a host whose clock is behind, nothing stops', async () => {
    const { partition, time } = await begun();
    partition.batch(four.slice(0, 2));
    const behind = stageOf(dataset, () => time.nowMs - 5000);
    await partition.restart(behind);
    partition.batch(four.slice(2));
    time.nowMs += DELAY_MS + 5000;
    partition.batch([]);
    expect(partition.masked.length + partition.suppressed).toBe(4);
  });

  test('what waited for other quasi-identifiers is suppressed at once, and told', async () => {
    const { partition } = await begun();
    partition.batch(four);
    const other = visits((text) =>
      text
        .replace('revision: 1', 'revision: 2')
        .replace('sensitive: [/diagnosis, /visit]', 'sensitive: [/visit, /diagnosis]'),
    );
    const next = stageOf(other);
    await partition.restart(next);
    expect(next.wantedMs(3)).toBe(0);
    expect(partition.batch([]).event.suppressed).toEqual({ 'policy-changed': 4 });
    await partition.restart(stageOf(other));
    expect(next.wantedMs(3)).toBeUndefined();
  });

  test('what was changed, moved or forged on the state topic is not believed', async () => {
    const { partition, time } = await begun();
    partition.batch(four);
    const [one, two, three] = partition.state;
    if (one?.value && two && three) {
      const changed = Buffer.from(one.value);
      changed[60] ^= 1;
      partition.state.push({ key: one.key, value: changed }, { key: two.key, value: three.value });
    }
    partition.state.push({ key: Buffer.from('forged'), value: Buffer.from('{}') });
    await partition.restart(stageOf(dataset, () => time.nowMs));
    expect(partition.batch([]).event).toMatchObject({
      waiting: 2,
      suppressed: { 'not-authentic': 3 },
    });
    await partition.restart();
    expect(partition.batch([]).event).toMatchObject({ waiting: 2, suppressed: {} });
  });
});

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ does: fc.constant('batch'), count: fc.integer({ min: 0, max: 12 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ does: fc.constant('abort'), count: fc.integer({ min: 0, max: 12 }) }),
  },
  { weight: 2, arbitrary: fc.record({ does: fc.constant('restart'), count: fc.constant(0) }) },
);

test('through aborts and restarts each record is published once or counted, and groups hold at every prefix', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { maxLength: 25 }),
      fc.infiniteStream(fc.nat(30)),
      async (steps, draws) => {
        const { partition, time } = await begun();
        const draw = () => Number(draws.next().value);
        const subjects = new Map<number, string>();
        const checker = new OutputChecker(3, 2);
        const run = (count: number, commits: boolean) => {
          const from = subjects.size;
          const came = Array.from({ length: count }, (_, at) =>
            visit(from + at, {
              ssn: `s${draw() % 12}`,
              age: draw() * 3,
              city: CITIES[draw() % 5] ?? '',
            }),
          );
          const records = came.map(recordOf);
          const result = partition.batch(records, commits);
          if (!commits) return;
          for (const { ssn, visit: id } of came) subjects.set(id, ssn);
          for (const text of texts(outputOf(result, 'masked.visits'))) {
            const { age, diagnosis, visit: id, where } = JSON.parse(text);
            const subject = subjects.get(id) ?? '';
            checker.row({ values: [age, where.city], sensitive: [diagnosis, String(id)], subject });
          }
          checker.commit();
        };
        for (const { count, does } of steps) {
          time.nowMs += draw() * 100;
          if (does === 'batch') run(count, true);
          else {
            if (does === 'abort') run(count, false);
            await partition.restart(stageOf(dataset, () => time.nowMs));
          }
        }
        time.nowMs += DELAY_MS;
        run(0, true);
        const published = texts(partition.masked).map((text) => JSON.parse(text).visit);
        expect(new Set(published).size).toBe(published.length);
        expect(published.length + partition.suppressed).toBe(subjects.size);
        expect(checker.result).toMatchObject({ committed: published.length, faults: [] });
        expect(partition.events.at(-1)?.waiting).toBe(0);
      },
    ),
    { numRuns: 60 },
  );
});
