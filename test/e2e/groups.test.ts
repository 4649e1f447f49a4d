import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditTopic, BatchEvent, maskStateTopic } from '@sealstream/contracts';
import { OutputChecker } from '@sealstream/kanonymity';
import { afterEach, expect, inject, test } from 'vitest';
import { RunningFlow, until } from './running-flow.ts';

const QUICK = { SEALSTREAM_SESSION_TIMEOUT: '2s' };
const K = 4;
const L = 2;
const DELAY_MS = 4000;
/** What a batch and its commit may take on a busy machine. */
const SLACK_MS = 3000;
const PER_WAVE = 160;
const PARTITIONS = 4;

const CITIES = ['Lyon', 'Nice', 'Bonn', 'Lima', 'Cusco'];
const POLICY = {
  'sealstream.yaml': `version: 1
datasets:
  people:
    revision: 1
    subject: /ssn
    required: [/ssn, /age, /city, /diagnosis, /visit]
    key: { mask: drop, encrypt: drop }
    kAnonymity:
      k: ${K}
      l: ${L}
      delay: ${DELAY_MS / 1000}s
      quasiIdentifiers:
        /age: { from: 0, to: 120 }
        /city: { hierarchy: cities.csv }
      sensitive: [/diagnosis, /visit]
    fields:
      /ssn:       { type: string }
      /name:      { type: string }
      /age:       { type: number }
      /city:      { type: string }
      /diagnosis: { type: string }
      /visit:     { type: number }
`,
  'cities.csv': [
    'Lyon;France;Europe;*',
    'Nice;France;Europe;*',
    'Bonn;Germany;Europe;*',
    'Lima;Peru;America;*',
    'Cusco;Peru;America;*',
  ].join('\n'),
};

/** Found in every part of a raw record that must not show; new in each run. */
const CANARY = `canary${randomBytes(6).toString('hex')}`;

interface Visit {
  readonly ssn: string;
  readonly writtenMs: number;
  readonly partition: number;
}

let flow: RunningFlow;
afterEach(() => flow.close());

/** By the number of a visit, which stands on masked: so that a row can be told here, and only here. */
const written = new Map<number, Visit>();
const raw: Buffer[] = [];

async function writeWave(count = PER_WAVE): Promise<void> {
  const { bus, dataset } = flow;
  const writtenMs = Date.now();
  await Promise.all(
    Array.from({ length: PARTITIONS }, async (_, partition) => {
      const records = Array.from({ length: count / PARTITIONS }, () => {
        const visit = written.size;
        const ssn = `${CANARY}-${visit % 60}`;
        written.set(visit, { ssn, writtenMs, partition });
        const value = {
          visit,
          ssn,
          name: `${CANARY} ${visit}`,
          age: (visit * 37) % 100,
          city: CITIES[visit % 5],
          diagnosis: visit % 3 === 0 ? 'flu' : 'cold',
        };
        return {
          key: Buffer.from(`${CANARY}-key-${visit}`),
          value: Buffer.from(JSON.stringify(value)),
          headers: [['traceparent', Buffer.from(`${CANARY}-trace`)] as const],
          timestamp: BigInt(writtenMs),
        };
      });
      raw.push(...records.map(({ value }) => value));
      await bus.append(dataset.topics.raw, partition, records);
    }),
  );
}

async function events(): Promise<BatchEvent[]> {
  const records = await flow.readAll(auditTopic('mask'));
  return records.flatMap(({ value }) => {
    const parsed = BatchEvent.safeParse(JSON.parse(String(value)));
    return parsed.success ? [parsed.data] : [];
  });
}

const suppressedIn = (all: readonly BatchEvent[]) =>
  all
    .flatMap(({ suppressed = {} }) => Object.values(suppressed))
    .reduce((sum, count) => sum + count, 0);

/** Every record has left, in a group or counted. */
async function isOver(): Promise<boolean> {
  const rows = await flow.readAll(flow.dataset.topics.masked);
  return rows.length + suppressedIn(await events()) === written.size;
}

test('masked holds groups of k subjects and l values at every prefix and each record once, though mask is killed and partitions move', async () => {
  flow = await RunningFlow.open(inject('stack'), POLICY);
  const { masked } = flow.dataset.topics;
  await flow.start('ingest', QUICK);
  const first = await flow.start('mask', QUICK);
  for (let wave = 0; wave < 5; wave += 1) {
    await writeWave();
    await sleep(500);
  }
  await until(async () => (await flow.readAll(masked)).length > 0);
  await writeWave();
  // Records wait in it now; it is killed with them, and others wait in what takes over.
  await flow.crash(first);
  await writeWave();
  const second = await flow.start('mask', QUICK);
  await writeWave();
  const third = await flow.start('mask', QUICK);
  await sleep(3000);
  await writeWave();
  await flow.crash(second);
  await until(isOver);
  expect(await flow.isDrained('mask')).toBe(true);

  // Nobody follows the last ones, so only time lets them go.
  const before = written.size;
  await sleep(1000);
  await writeWave();
  await until(isOver);
  const rows = await flow.readAll(masked);
  const visitOf = ({ value }: { value: Buffer | null }) =>
    JSON.parse(String(value)).visit as number;
  for (const row of rows.filter((one) => visitOf(one) >= before)) {
    const waitedMs = Number(row.timestamp) - (written.get(visitOf(row))?.writtenMs ?? 0);
    expect(waitedMs).toBeLessThan(DELAY_MS + SLACK_MS);
  }
  expect(new Set(rows.map(visitOf)).size).toBe(rows.length);
  expect(rows.length).toBeGreaterThan(written.size / 2);
  await provePrefixes(rows, await events());
  await proveNothingShows(rows);
  await flow.crash(third);
}, 240_000);

type Rows = Awaited<ReturnType<RunningFlow['readAll']>>;

/** By what the audit events say was committed together, partition after partition. */
async function provePrefixes(rows: Rows, all: readonly BatchEvent[]): Promise<void> {
  const { masked } = flow.dataset.topics;
  const checker = new OutputChecker(K, L);
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const own = rows.filter((row) => row.partition === partition);
    for (const { outputs } of all.filter((event) => event.partition === partition)) {
      for (const { timestamp, value } of own.splice(0, outputs[masked]?.records ?? 0)) {
        const { age, city, diagnosis, visit } = JSON.parse(String(value));
        const { partition: of, ssn, writtenMs } = written.get(visit) ?? {};
        expect(of).toBe(partition);
        expect(timestamp).not.toBe(BigInt(writtenMs ?? 0));
        checker.row({
          values: [age, city],
          sensitive: [diagnosis, `${visit}`],
          subject: ssn ?? '',
        });
      }
      checker.commit();
    }
    expect(own).toEqual([]);
  }
  expect(checker.result).toEqual({ committed: rows.length, faults: [] });
}

async function proveNothingShows(rows: Rows): Promise<void> {
  for (const { headers, key, value } of rows) {
    expect([key, headers]).toEqual([null, []]);
    expect(String(value)).toMatch(/^\{"ssn":"\[redacted\]","name":"\[redacted\]","age":"[\d.]+",/);
  }
  const state = await flow.readAll(maskStateTopic('people'));
  const told = await flow.readAll(auditTopic('mask'));
  const holds = (records: readonly { readonly value: Buffer | null }[], text: string) =>
    records.some(({ value }) => value?.includes(text) === true);
  expect(
    holds(
      raw.map((value) => ({ value })),
      CANARY,
    ),
  ).toBe(true);
  for (const records of [rows, state, told]) expect(holds(records, CANARY)).toBe(false);
  // With its quotes: three bytes alone stand by chance in one of a few runs of sealed bytes.
  expect(holds(rows, '"flu"')).toBe(true);
  expect(holds(state, '"flu"')).toBe(false);
  // What left is taken away from there; nothing waits any more.
  const last = new Map(state.map(({ key, value }) => [key?.toString('hex'), value]));
  expect(last.size).toBeGreaterThan(K);
  expect([...last.values()].filter((value) => value !== null)).toEqual([]);
}
