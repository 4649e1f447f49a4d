import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { type Bus, openBus, type Stage } from '@sealstream/bus';
import {
  ALERT_TOPIC,
  AlertEvent,
  AuditEvent,
  auditTopic,
  CHECKPOINT_TOPIC,
  datasetTopics,
  type Logger,
  SERVICES,
  stageGroup,
} from '@sealstream/contracts';
import type { Stop } from '@sealstream/service';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';

import { start } from '../src/main.ts';

const { kafkaBrokers } = inject('stack');
const quiet = () => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const POLL = { timeout: 20_000, interval: 50 };

let bus: Bus;
let dataset: string;
let topics: ReturnType<typeof datasetTopics>;
let policyFile: string;
const stops: (() => Promise<void>)[] = [];
let stages: Stage[] = [];

beforeAll(async () => {
  bus = await openBus({ brokers: kafkaBrokers.split(','), clientId: 'test', logger });
  for (const service of [...SERVICES, 'cli'])
    await bus.admin.createTopic(auditTopic(service), 2, 1, {});
  for (const topic of [ALERT_TOPIC, CHECKPOINT_TOPIC])
    await bus.admin.createTopic(topic, 1, 1, { 'cleanup.policy': 'compact' });
});
afterAll(async () => bus.stop());

beforeEach(async () => {
  // A flow of its own for every test, so that none sees what another left.
  dataset = `d${randomBytes(4).toString('hex')}`;
  topics = datasetTopics(dataset);
  for (const topic of Object.values(topics)) await bus.admin.createTopic(topic, 2, 1, {});
  policyFile = join(mkdtempSync(join(tmpdir(), 'policy-')), 'policy.yaml');
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  ${dataset}:
    revision: 1
    topics: { raw: ${topics.raw} }
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/name]
    fields:
      /name: { type: string, mask: redact, encrypt: seal }
`,
  );
});
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
  await Promise.all(stages.splice(0).map((stage) => stage.stop()));
});

async function watch(env: Record<string, string> = {}): Promise<Stop> {
  const stop = await start({
    KAFKA_BROKERS: kafkaBrokers,
    SEALSTREAM_POLICY_FILE: policyFile,
    SEALSTREAM_HTTP_PORT: '0',
    SEALSTREAM_LOG_LEVEL: 'error',
    SEALSTREAM_INSTANCE: randomBytes(4).toString('hex'),
    SEALSTREAM_LOOK_EVERY: '100ms',
    SEALSTREAM_SAMPLE_EVERY: '200ms',
    SEALSTREAM_FLOW_WINDOW: '5s',
    SEALSTREAM_FLOW_SILENCE: '1s',
    SEALSTREAM_FLOW_PENDING: '1s',
    SEALSTREAM_LAG_PENDING: '500ms',
    SEALSTREAM_DOWN_PENDING: '500ms',
    SEALSTREAM_AUDIT_PENDING: '500ms',
    SEALSTREAM_PAUSE_PENDING: '500ms',
    SEALSTREAM_RESOLVE: '500ms',
    ...env,
  });
  stops.push(stop);
  return stop;
}

/** Every change of an alert of this test's dataset, in order. */
async function changes(id: string): Promise<AlertEvent[]> {
  const found: AlertEvent[] = [];
  const starts = [{ topic: ALERT_TOPIC, partition: 0, offset: 'earliest' }] as const;
  for await (const { records } of bus.read({ starts, until: 'end' }))
    for (const { key, value } of records)
      if (key?.toString() === id) found.push(AlertEvent.parse(JSON.parse(String(value))));
  return found;
}

async function states(id: string): Promise<string[]> {
  return (await changes(id)).map(({ state }) => state);
}

let nextOffset = 0;
async function batch(service: string, topic: string, output: string, records: number) {
  const from = nextOffset;
  nextOffset += records;
  await tell(service, {
    type: 'batch',
    emitter: `${service}/${dataset}/1`,
    stage: service,
    dataset,
    topic,
    partition: 1,
    range: { from: String(from), to: String(nextOffset) },
    recordsIn: records,
    bytesIn: records,
    outputs: { [output]: { records, bytes: records, sha256: 'x' } },
    rejected: {},
    treated: {},
    droppedHeaders: 0,
    tombstones: 0,
    policy: 'x',
    keyIds: [],
  });
}

async function tell(service: string, event: object): Promise<void> {
  const value = JSON.stringify({ v: 1, time: new Date().toISOString(), ...event });
  await bus.append(auditTopic(service), 1, [{ key: null, value: Buffer.from(value) }]);
}

function plain(type: string, details: Record<string, string | number>, of = dataset): object {
  return { type, emitter: 'mask/m', number: 0, actor: 'mask/m', dataset: of, details };
}

async function runStage(name: string, source: string): Promise<Stage> {
  const stage = await bus.stage({
    name,
    groupId: stageGroup(name, dataset),
    source,
    outputs: [],
    transform: () => undefined,
  });
  stages.push(stage);
  return stage;
}

/** A few records every 100 ms until told to stop. */
function flow(service: string, topic: string, output: string): () => Promise<void> {
  const stopping = new AbortController();
  const done = (async () => {
    while (!stopping.signal.aborted) {
      await batch(service, topic, output, 5);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  })();
  return async () => {
    stopping.abort();
    await done;
  };
}

describe('throughput-stopped', () => {
  test('fires within the promised time of the stop and resolves when records flow again', async () => {
    await watch();
    const id = `throughput-stopped/${dataset}/${topics.masked}`;
    const stopFlow = flow('mask', topics.accepted, topics.masked);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await states(id)).toEqual([]);
    await stopFlow();
    const stoppedMs = Date.now();
    await expect.poll(() => states(id), POLL).toEqual(['firing']);
    const [fired] = await changes(id);
    const tookMs = Date.parse(fired?.time ?? '') - stoppedMs;
    expect(tookMs).toBeGreaterThan(1500);
    expect(tookMs).toBeLessThan(4000);
    expect(fired).toMatchObject({
      rule: 'throughput-stopped',
      dataset,
      topic: topics.masked,
      service: 'mask',
      runbook: 'docs/runbooks/throughput-stopped.md',
      firstOffset: `1:${nextOffset}`,
    });
    expect(Math.abs(Date.parse(fired?.since ?? '') - stoppedMs)).toBeLessThan(1500);
    const again = flow('mask', topics.accepted, topics.masked);
    await expect.poll(() => states(id), POLL).toEqual(['firing', 'resolved']);
    await again();
  });

  test('a stop that a restarted watcher did not see from its start is known from the topic', async () => {
    const stopFlow = flow('encrypt', topics.accepted, topics.encrypted);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    await stopFlow();
    await watch();
    const id = `throughput-stopped/${dataset}/${topics.encrypted}`;
    await expect.poll(() => states(id), POLL).toEqual(['firing']);
  });

  test('a firing alert is neither forgotten nor told again over a restart', async () => {
    const id = `throughput-stopped/${dataset}/${topics.masked}`;
    await flow('mask', topics.accepted, topics.masked)();
    await batch('mask', topics.accepted, topics.masked, 100);
    const stop = await watch();
    await expect.poll(() => states(id), POLL).toEqual(['firing']);
    await stop();
    await watch({ SEALSTREAM_FLOW_WINDOW: '1s', SEALSTREAM_PAUSE_SILENCE: '1s' });
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(await states(id)).toEqual(['firing']);
    const again = flow('mask', topics.accepted, topics.masked);
    await expect.poll(() => states(id), POLL).toEqual(['firing', 'resolved']);
    await again();
  });

  test('two watchers at once say the same under the same id', async () => {
    await Promise.all([watch(), watch()]);
    const id = `throughput-stopped/${dataset}/${topics.masked}`;
    await batch('mask', topics.accepted, topics.masked, 100);
    await expect.poll(async () => (await states(id)).at(-1), POLL).toBe('firing');
    const again = flow('mask', topics.accepted, topics.masked);
    await expect.poll(async () => (await states(id)).at(-1), POLL).toBe('resolved');
    await again();
    const seen = await states(id);
    expect(seen.slice(0, seen.indexOf('resolved'))).not.toContain('resolved');
    expect(seen.length).toBeLessThanOrEqual(4);
  });
});

test('service-down: a service is alive while its group has members', async () => {
  await watch({ SEALSTREAM_START_GRACE: '3s' });
  const id = `service-down/${dataset}/mask`;
  const stage = await runStage('mask', topics.accepted);
  await new Promise((resolve) => setTimeout(resolve, 4500));
  expect(await states(id)).toEqual([]);
  expect(await states(`service-down/${dataset}/encrypt`)).toEqual(['firing']);
  await stage.stop();
  await expect.poll(() => states(id), POLL).toEqual(['firing']);
  await runStage('mask', topics.accepted);
  await expect.poll(() => states(id), POLL).toEqual(['firing', 'resolved']);
});

test('lag: fires while a stage stands still and resolves when it caught up, to 0 when idle', async () => {
  const id = `lag/${dataset}/${topics.raw}/ingest`;
  const stop = await watch({ SEALSTREAM_LAG_RECORDS: '10' });
  const record = { key: null, value: Buffer.from('{"name":"x"}') };
  await bus.append(
    topics.raw,
    0,
    Array.from({ length: 20 }, () => record),
  );
  await expect.poll(() => states(id), POLL).toEqual(['firing']);
  expect(await changes(id)).toMatchObject([
    { seen: expect.stringMatching(/^20 records/), firstOffset: '0:0', service: 'ingest' },
  ]);
  await runStage('ingest', topics.raw);
  await expect.poll(() => states(id), POLL).toEqual(['firing', 'resolved']);
  expect((await changes(id)).at(-1)?.seen).toBe('0 records, 0.0 s behind');
  await stop();
});

test('audit-stale: an old checkpoint fires and a new one resolves', async () => {
  const id = 'audit-stale/audit';
  const checkpoint = { key: Buffer.from('log'), value: Buffer.from('note') };
  await bus.append(CHECKPOINT_TOPIC, 0, [checkpoint]);
  // The topic is shared: what an earlier watcher left firing resolves first.
  const resolve = await watch({ SEALSTREAM_CHECKPOINT_AGE: '30s' });
  await expect.poll(async () => (await states(id)).at(-1) ?? 'quiet', POLL).not.toBe('firing');
  await resolve();
  // Old now: the newest counts, whoever wrote it.
  await new Promise((settle) => setTimeout(settle, 5_500));
  const before = (await states(id)).length;
  await watch({ SEALSTREAM_CHECKPOINT_AGE: '5s' });
  const since = async () => (await states(id)).slice(before);
  await expect.poll(async () => (await since())[0], POLL).toBe('firing');
  await bus.append(CHECKPOINT_TOPIC, 0, [checkpoint]);
  await expect.poll(async () => (await since())[1], POLL).toBe('resolved');
});

test('stage-paused: what a service says about a partition fires and resolves', async () => {
  await watch();
  const id = `stage-paused/${dataset}/mask`;
  await tell('mask', plain('paused', { stage: 'mask', partition: 1, code: 'POLICY_BEHIND' }));
  await expect.poll(() => states(id), POLL).toEqual(['firing']);
  expect((await changes(id))[0]?.seen).toBe('POLICY_BEHIND on partition 1');
  await tell('mask', plain('resumed', { stage: 'mask', partition: 1 }));
  await expect.poll(() => states(id), POLL).toEqual(['firing', 'resolved']);
});

test('missing-outcome: an order nobody tells the end of fires, and resolves when somebody does', async () => {
  const id = 'missing-outcome/access';
  const before = (await states(id)).length;
  const since = async () => (await states(id)).slice(before);
  const request = randomBytes(8).toString('hex');
  const details = { action: 'reveal', request, person: 'p', told: 'plaintext', values: 3 };
  await tell('access', plain('access-ordered', details));
  const stop = await watch({ SEALSTREAM_OUTCOME_WAIT: '1s' });
  await expect.poll(since, POLL).toEqual(['firing']);
  expect((await changes(id)).at(-1)).toMatchObject({
    service: 'access',
    seen: `1 order without, 3 values at most; the first: access-ordered mask/m reveal ${dataset} ${request}`,
    runbook: 'docs/runbooks/missing-outcome.md',
  });
  await stop();
  await watch({ SEALSTREAM_OUTCOME_WAIT: '1s', SEALSTREAM_GAP_HOLD: '6s' });
  await tell('access', plain('access-done', { ...details, given: 3 }));
  await expect.poll(since, POLL).toEqual(['firing', 'resolved']);
});

test('audit-gap: a gap fires, stays over a restart, and is an audit event of the watcher too', async () => {
  const service = `s${randomBytes(4).toString('hex')}`;
  const id = `audit-gap/${service}`;
  const stop = await watch();
  await tell('audit', plain('gap', { service, expected: 'from 10', seen: 'from 12' }));
  await expect.poll(() => states(id), POLL).toEqual(['firing']);
  await stop();
  await watch({ SEALSTREAM_FLOW_WINDOW: '1s', SEALSTREAM_PAUSE_SILENCE: '1s' });
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(await states(id)).toEqual(['firing']);
  const told: AuditEvent[] = [];
  const starts = [
    { topic: auditTopic('anomaly-alert'), partition: 0, offset: 'earliest' },
  ] as const;
  for await (const { records } of bus.read({ starts, until: 'end' }))
    for (const { value } of records) told.push(AuditEvent.parse(JSON.parse(String(value))));
  expect(told).toContainEqual(
    expect.objectContaining({
      type: 'alert',
      details: expect.objectContaining({ id, state: 'firing' }),
    }),
  );
});
