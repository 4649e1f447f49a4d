import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { auditTopic, BatchEvent, maskStateTopic } from '@sealstream/contracts';
import { afterEach, expect, inject, test } from 'vitest';
import { RunningFlow, until } from './running-flow.ts';

const QUICK = { SEALSTREAM_SESSION_TIMEOUT: '2s' };
const MOST = 3;
const PARTITIONS = 4;
const PER_PARTITION = 30;
const SUBJECTS = 25;

const POLICY = {
  'sealstream.yaml': `version: 1
datasets:
  people:
    revision: 1
    subject: /ssn
    required: [/ssn, /age, /visit]
    key: { mask: drop, encrypt: drop }
    kAnonymity:
      k: 3
      delay: 1s
      maxGroupsPerSubject: ${MOST}
      forgetAfter: 1h
      quasiIdentifiers:
        /age: { from: 0, to: 120 }
      sensitive: [/visit]
    fields:
      /ssn:   { type: string }
      /age:   { type: number }
      /visit: { type: number }
`,
};

/** Stands in each subject; new in each run. */
const CANARY = `canary${randomBytes(6).toString('hex')}`;

let flow: RunningFlow;
afterEach(() => flow.close());

/** By the number of a visit whose it was and where it went, which only this test knows. */
const written = new Map<number, { readonly ssn: string; readonly partition: number }>();

async function writeWave(): Promise<void> {
  const { bus, dataset } = flow;
  for (let partition = 0; partition < PARTITIONS; partition += 1) {
    const records = Array.from({ length: PER_PARTITION }, () => {
      const visit = written.size;
      const ssn = `${CANARY}-${(visit * 7) % SUBJECTS}`;
      written.set(visit, { ssn, partition });
      const value = Buffer.from(JSON.stringify({ ssn, age: (visit * 37) % 100, visit }));
      const timestamp = BigInt(Date.now());
      return { key: Buffer.from(`key-${visit}`), value, headers: [], timestamp };
    });
    await bus.append(dataset.topics.raw, partition, records);
  }
}

async function suppressed(): Promise<Map<string, number>> {
  const reasons = new Map<string, number>();
  for (const { value } of await flow.readAll(auditTopic('mask'))) {
    const event = BatchEvent.safeParse(JSON.parse(String(value))).data;
    for (const [reason, count] of Object.entries(event?.suppressed ?? {}))
      reasons.set(reason, (reasons.get(reason) ?? 0) + count);
  }
  return reasons;
}

/** Every record has left, in a group or counted. */
async function isOver(): Promise<boolean> {
  const rows = await flow.readAll(flow.dataset.topics.masked);
  const counts = [...(await suppressed()).values()];
  return rows.length + counts.reduce((sum, count) => sum + count, 0) === written.size;
}

test('in no partition is a subject in more groups than it may, though mask is killed and partitions move', async () => {
  flow = await RunningFlow.open(inject('stack'), POLICY);
  const { masked } = flow.dataset.topics;
  await flow.start('ingest', QUICK);
  const first = await flow.start('mask', QUICK);
  await writeWave();
  await until(async () => (await flow.readAll(masked)).length > 0);
  await writeWave();
  await flow.crash(first);
  const second = await flow.start('mask', QUICK);
  for (let wave = 0; wave < 3; wave += 1) {
    await writeWave();
    await sleep(1200);
  }
  const third = await flow.start('mask', QUICK);
  await sleep(2000);
  await writeWave();
  await flow.crash(second);
  for (let wave = 0; wave < 4; wave += 1) {
    await writeWave();
    await sleep(1200);
  }
  await until(isOver);

  const groups = new Map<string, number>();
  for (const { partition, value } of await flow.readAll(masked)) {
    const { visit } = JSON.parse(String(value)) as { visit: number };
    const of = written.get(visit);
    expect(of?.partition).toBe(partition);
    const name = `${partition} ${of?.ssn}`;
    groups.set(name, (groups.get(name) ?? 0) + 1);
  }
  // All came much oftener than they may, so each is in as many groups as that, and in every partition.
  expect(groups.size).toBe(SUBJECTS * PARTITIONS);
  expect(Math.max(...groups.values())).toBe(MOST);
  const full = [...groups.values()].filter((count) => count === MOST).length;
  expect(full).toBeGreaterThan(groups.size / 2);
  expect((await suppressed()).get('subject-in-too-many-groups')).toBeGreaterThan(written.size / 4);

  // What is kept is one sealed count for each subject in each partition, and nothing waits.
  const state = await flow.readAll(maskStateTopic('people'));
  const last = new Map(state.map(({ key, value }) => [key?.toString('hex'), value]));
  expect([...last.values()].filter((value) => value !== null).length).toBe(groups.size);
  const holds = ({ key, value }: { key: Buffer | null; value: Buffer | null }) =>
    key?.includes(CANARY) === true || value?.includes(CANARY) === true;
  expect((await flow.readAll(flow.dataset.topics.raw)).some(holds)).toBe(true);
  expect(state.some(holds)).toBe(false);
  await flow.crash(third);
}, 240_000);
