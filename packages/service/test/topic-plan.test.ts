import { datasetTopics } from '@sealstream/contracts';
import { expect, test } from 'vitest';

import { type ExistingTopic, type PlannedTopic, planTopics } from '../src/topic-plan.ts';

const PEOPLE = { name: 'people', topics: datasetTopics('people'), maxRecordBytes: 1024 * 1024 };
const MIB = 1024 * 1024;

function existing(over: Partial<ExistingTopic> = {}): ExistingTopic {
  return { partitions: 4, replicas: 1, settings: new Map(), isOurs: true, ...over };
}

function named(plan: readonly PlannedTopic[], topic: string): PlannedTopic {
  const found = plan.find((one) => one.topic === topic);
  if (found === undefined) throw new Error(`${topic} is not planned`);
  return found;
}

test('an empty cluster lacks every topic of the flow, shared ones and outputs before raw', () => {
  const plan = planTopics({ datasets: [PEOPLE], existing: new Map(), brokers: 1 });
  expect(plan.map(({ topic }) => topic)).toEqual([
    'sealstream.control',
    'keyring',
    'audit.checkpoints',
    'security.alerts',
    'audit.events.ingest',
    'audit.events.mask',
    'audit.events.encrypt',
    'audit.events.audit',
    'audit.events.anomaly-alert',
    'audit.events.access',
    'audit.events.cli',
    'encrypted.people',
    'masked.people',
    'rejected.people',
    'accepted.people',
    'raw.people',
  ]);
  expect(new Set(plan.map(({ state }) => state))).toEqual(new Set(['missing']));
});

test('raw keeps plaintext for 7 days at most in segments of 10 minutes', () => {
  const plan = planTopics({ datasets: [PEOPLE], existing: new Map(), brokers: 1 });
  expect(named(plan, 'raw.people').settings).toEqual({
    'cleanup.policy': 'delete',
    'retention.ms': '604800000',
    'segment.ms': '600000',
    'message.timestamp.type': 'CreateTime',
    'max.message.bytes': String(4 * MIB),
  });
});

test('a dataset of groups has a compacted topic for what waits, with as many partitions as raw', () => {
  const grouped = { ...PEOPLE, kAnonymity: {} };
  const raw = existing({ partitions: 6 });
  const facts = { existing: new Map([['raw.people', raw]]), brokers: 1 };
  const plan = planTopics({ ...facts, datasets: [grouped] });
  expect(named(plan, 'mask.state.people')).toMatchObject({
    role: 'state',
    partitions: 6,
    settings: { 'cleanup.policy': 'compact', 'max.message.bytes': String(8 * MIB + 64 * 1024) },
  });
  const without = planTopics({ ...facts, datasets: [PEOPLE] });
  expect(without.some(({ topic }) => topic === 'mask.state.people')).toBe(false);
});

test('size limits leave room for what sealing adds', () => {
  const plan = planTopics({ datasets: [PEOPLE], existing: new Map(), brokers: 1 });
  const limitOf = (topic: string) => Number(named(plan, topic).settings['max.message.bytes']);
  expect(limitOf('accepted.people')).toBe(4 * MIB + 64 * 1024);
  expect(limitOf('rejected.people')).toBe(4 * MIB + 64 * 1024);
  expect(limitOf('masked.people')).toBe(8 * MIB);
  expect(limitOf('encrypted.people')).toBe(8 * MIB);
});

test('a policy with larger records gets a raw limit above them', () => {
  const large = { ...PEOPLE, maxRecordBytes: 6 * MIB };
  const plan = planTopics({ datasets: [large], existing: new Map(), brokers: 1 });
  expect(named(plan, 'raw.people').settings['max.message.bytes']).toBe(String(7 * MIB));
});

test('a raw topic of others gives the partition count and size limit and is not judged', () => {
  const raw = existing({
    partitions: 12,
    isOurs: false,
    settings: new Map([
      ['max.message.bytes', String(2 * MIB)],
      ['retention.ms', '-1'],
    ]),
  });
  const plan = planTopics({
    datasets: [PEOPLE],
    existing: new Map([['raw.people', raw]]),
    brokers: 3,
  });
  expect(named(plan, 'raw.people')).toMatchObject({ state: 'ok', isOurs: false, partitions: 12 });
  expect(named(plan, 'masked.people')).toMatchObject({
    partitions: 12,
    settings: { 'max.message.bytes': String(4 * MIB) },
  });
  expect(named(plan, 'audit.events.mask').partitions).toBe(12);
});

test('replication is 3 with 2 in sync where there are brokers for it, and less where not', () => {
  const of = (brokers: number) =>
    named(planTopics({ datasets: [PEOPLE], existing: new Map(), brokers }), 'keyring');
  expect(of(5)).toMatchObject({ replicas: 3, settings: { 'min.insync.replicas': '2' } });
  expect(of(2).replicas).toBe(2);
  expect(of(1).settings).toEqual({ 'cleanup.policy': 'compact' });
});

test('a topic with too few partitions or another setting differs, and says in what', () => {
  const control = existing({ partitions: 1, settings: new Map([['cleanup.policy', 'delete']]) });
  const masked = existing({
    partitions: 2,
    settings: new Map([
      ['message.timestamp.type', 'CreateTime'],
      ['max.message.bytes', String(9 * MIB)],
    ]),
  });
  const plan = planTopics({
    datasets: [PEOPLE],
    existing: new Map([
      ['sealstream.control', control],
      ['masked.people', masked],
    ]),
    brokers: 1,
  });
  expect(named(plan, 'sealstream.control')).toMatchObject({
    state: 'differs',
    differences: [{ setting: 'cleanup.policy', wanted: 'compact', found: 'delete' }],
  });
  // A larger size limit than needed is no difference.
  expect(named(plan, 'masked.people').differences).toEqual([
    { setting: 'partitions', wanted: '4', found: '2' },
  ]);
});

test('growing asks for more partitions everywhere and never for fewer', () => {
  const raw = existing({ partitions: 6, isOurs: false });
  const plan = planTopics({
    datasets: [PEOPLE],
    existing: new Map([['raw.people', raw]]),
    brokers: 1,
    partitions: 8,
  });
  expect(named(plan, 'raw.people').differences).toEqual([
    { setting: 'partitions', wanted: '8', found: '6' },
  ]);
  const fewer = planTopics({
    datasets: [PEOPLE],
    existing: new Map([['raw.people', raw]]),
    brokers: 1,
    partitions: 2,
  });
  expect(named(fewer, 'masked.people').partitions).toBe(6);
});

test('several datasets share the audit topics, which have the partitions of the largest', () => {
  const orders = { name: 'orders', topics: datasetTopics('orders'), maxRecordBytes: MIB };
  const plan = planTopics({
    datasets: [PEOPLE, orders],
    existing: new Map([['raw.orders', existing({ partitions: 9 })]]),
    brokers: 1,
  });
  expect(plan.filter(({ topic }) => topic === 'audit.events.cli')).toHaveLength(1);
  expect(named(plan, 'audit.events.cli').partitions).toBe(9);
  expect(named(plan, 'masked.people').partitions).toBe(4);
});
