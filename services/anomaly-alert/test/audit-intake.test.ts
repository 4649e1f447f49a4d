import type { AuditEvent } from '@sealstream/contracts';
import { watchedStages } from '@sealstream/service';
import { describe, expect, test } from 'vitest';

import { AuditGaps } from '../src/audit-gaps.ts';
import { UndeclaredData } from '../src/undeclared-data.ts';
import { UnknownSchemaFields } from '../src/unknown-schema-fields.ts';
import { MissingOutcomes } from '../src/missing-outcomes.ts';
import { AuditIntake } from '../src/audit-intake.ts';
import { Pauses } from '../src/pauses.ts';
import { Throughput } from '../src/throughput.ts';
import { watchedTopics } from '../src/watched-flow.ts';

const FLOW = new Map([
  [
    'people',
    {
      raw: 'raw.people',
      accepted: 'accepted.people',
      rejected: 'rejected.people',
      masked: 'masked.people',
      encrypted: 'encrypted.people',
    },
  ],
]);

function intake() {
  const throughput = new Throughput(watchedTopics(FLOW), {
    rate: 1,
    windowMs: 10_000,
    silenceMs: 5000,
  });
  const pauses = new Pauses(watchedStages(FLOW), 90_000);
  const gaps = new AuditGaps(1000);
  const undeclared = new UndeclaredData(1000);
  const schemas = new UnknownSchemaFields(1000);
  const outcomes = new MissingOutcomes({ waitMs: 1000, holdMs: 10_000 });
  const taker = new AuditIntake({ throughput, pauses, gaps, undeclared, schemas, outcomes });
  const take = (service: string, event: object | string) =>
    taker.take(
      service,
      { value: Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)) },
      1000,
    );
  const rate = (topic: string) =>
    (throughput.rates(1000).find(({ watched }) => watched.topic === topic)?.perSecond ?? 0) * 10;
  return { take, rate, pauses, gaps, undeclared, schemas, outcomes };
}

const output = (records: number) => ({ records, bytes: 1, sha256: 'x' });
function batch(stage: string, topic: string, outputs: Record<string, number>): AuditEvent {
  return {
    v: 1,
    time: '2026-01-01T00:00:00.000Z',
    emitter: `${stage}/people/3`,
    type: 'batch',
    stage,
    dataset: 'people',
    topic,
    partition: 3,
    range: { from: '0', to: '50' },
    recordsIn: 50,
    bytesIn: 1,
    outputs: Object.fromEntries(
      Object.entries(outputs).map(([name, records]) => [name, output(records)]),
    ),
    rejected: {},
    treated: {},
    droppedHeaders: 0,
    tombstones: 0,
    policy: 'x',
    keyIds: [],
  };
}

function plain(type: string, details: Record<string, string | number>): object {
  const base = { v: 1, time: '2026-01-01T00:00:00.000Z', emitter: 'mask/m-1', number: 0 };
  return { ...base, type, actor: 'mask/m-1', dataset: 'people', details };
}

describe('batch events', () => {
  test('a schema that ingest met counts, one that another stage met does not', () => {
    const { schemas, take } = intake();
    const event = {
      v: 1,
      time: '2026-01-01T00:00:00.000Z',
      emitter: 'x/1',
      type: 'schema-met',
      number: 0,
      actor: 'x',
      dataset: 'people',
      details: { schemaId: 7, unknown: '/nickname', unknownFields: 'drop' },
    };
    expect(take('mask', event)).toBe(true);
    expect(schemas.conditions(1000)).toEqual([]);
    expect(take('ingest', event)).toBe(true);
    expect(schemas.conditions(1000)).toMatchObject([{ id: 'unknown-schema-fields/people' }]);
  });

  test('tell what ingest saw in fields that the policy does not name, and nobody else does', () => {
    const { take, undeclared } = intake();
    const event = { ...batch('ingest', 'raw.people', {}), undeclared: { card: 2, email: 1 } };
    expect(take('mask', { ...event, stage: 'mask' })).toBe(true);
    expect(undeclared.conditions(1000)).toEqual([]);
    expect(take('ingest', event)).toBe(true);
    expect(undeclared.conditions(1000)).toMatchObject([
      {
        id: 'undeclared-personal-data/people',
        signal: 'bad',
        seen: '3 records in which a field looks like card, email',
        firstOffset: '3:0',
      },
    ]);
  });

  test('count raw by what ingest read and every other topic by what was written to it', () => {
    const { rate, take } = intake();
    take('ingest', batch('ingest', 'raw.people', { 'accepted.people': 40, 'rejected.people': 10 }));
    take('mask', batch('mask', 'accepted.people', { 'masked.people': 39 }));
    take('encrypt', batch('encrypt', 'accepted.people', { 'encrypted.people': 38 }));
    expect(
      ['raw.people', 'accepted.people', 'masked.people', 'encrypted.people'].map(rate),
    ).toEqual([50, 40, 39, 38]);
  });

  test('count only for the service whose topic they stand on', () => {
    const { rate, take } = intake();
    take('mask', batch('ingest', 'raw.people', { 'accepted.people': 40 }));
    expect(rate('accepted.people')).toBe(0);
  });
});

describe('plain events', () => {
  test('paused and resumed reach the rule, and a batch ends the pause of its partition', () => {
    const { pauses, take } = intake();
    const signal = () => pauses.conditions(1000).find(({ service }) => service === 'mask')?.signal;
    take('mask', plain('paused', { stage: 'mask', partition: 3, code: 'POLICY_BEHIND' }));
    expect(signal()).toBe('bad');
    take('mask', plain('resumed', { stage: 'mask', partition: 3 }));
    expect(signal()).toBe('good');
    take('mask', plain('paused', { stage: 'mask', partition: 3, code: 'POLICY_BEHIND' }));
    take('mask', batch('mask', 'accepted.people', {}));
    expect(signal()).toBe('good');
  });

  test('a gap names the service that it is about', () => {
    const { gaps, take } = intake();
    const details = { service: 'mask', kind: 'gap', emitter: 'mask/people/3' };
    take('audit', plain('gap', { ...details, expected: '10', seen: '12' }));
    expect(gaps.conditions(1000)).toMatchObject([
      {
        id: 'audit-gap/mask',
        expected: 'mask/people/3 goes on at 10',
        seen: 'gap of mask/people/3: 12 came',
      },
    ]);
  });
});

test('what is no event is passed over and said', () => {
  const { take } = intake();
  for (const text of ['', '{', '{"type":"batch"}', 'null', '[]'])
    expect(take('mask', text)).toBe(false);
  expect(take('mask', plain('heartbeat', { last: 1 }))).toBe(true);
});
