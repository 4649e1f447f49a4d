import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

import {
  createAuditKey,
  decodeEntry,
  openCheckpoint,
  parseEvent,
  readEntries,
  readHead,
  verifyLog,
} from '@sealstream/audit-log';
import { type Bus, openBus } from '@sealstream/bus';
import {
  auditTopic,
  CHECKPOINT_TOPIC,
  type Logger,
  PlainEvent,
  SERVICES,
} from '@sealstream/contracts';
import { parseVerifierKey } from '@sealstream/crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, inject, test } from 'vitest';

import { batchEvent, plainEvent, valueOf } from './sample-events.ts';

const { kafkaBrokers } = inject('stack');
const ROOT = join(import.meta.dirname, '../../..');
const POLICY = join(ROOT, 'examples/people/sealstream.yaml');
const POLL = { timeout: 30_000, interval: 100 };
const quiet = () => undefined;
const logger: Logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };

let bus: Bus;
let dir = '';
let vkey = '';
/** A run's own emitters, since the topics outlive a test. */
let run = '';
const children: ChildProcess[] = [];

beforeAll(async () => {
  bus = await openBus({ brokers: kafkaBrokers.split(','), clientId: 'test', logger });
  for (const service of [...SERVICES, 'cli'])
    await bus.admin.createTopic(auditTopic(service), 2, 1, {});
  await bus.admin.createTopic(CHECKPOINT_TOPIC, 1, 1, { 'cleanup.policy': 'compact' });
});
afterAll(async () => bus.stop());

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'audit-service-'));
  vkey = await createAuditKey(join(dir, 'audit.key'));
  run = randomBytes(4).toString('hex');
});
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
  await rm(dir, { recursive: true, force: true });
});

interface Service {
  readonly child: ChildProcess;
  readonly stderr: () => string;
  /** The answer of /readyz, /metrics or /livez. */
  readonly get: (path: string) => Promise<Response>;
}

/** The service as the process that it is in production. */
async function audit(env: Record<string, string> = {}): Promise<Service> {
  const child = spawn(
    process.execPath,
    ['--conditions=sealstream-source', join(ROOT, 'services/audit/src/main.ts')],
    {
      env: {
        PATH: process.env['PATH'],
        KAFKA_BROKERS: kafkaBrokers,
        SEALSTREAM_POLICY_FILE: POLICY,
        SEALSTREAM_HTTP_PORT: '0',
        SEALSTREAM_AUDIT_DIR: join(dir, 'log'),
        SEALSTREAM_AUDIT_KEY_FILE: join(dir, 'audit.key'),
        SEALSTREAM_AUDIT_BEAT: '500ms',
        SEALSTREAM_AUDIT_SIGN: '100ms',
        SEALSTREAM_AUDIT_LOOK: '200ms',
        ...env,
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  children.push(child);
  let stderr = '';
  child.stderr?.on('data', (bytes: Buffer) => {
    stderr += String(bytes);
  });
  const port = await expect
    .poll(() => /"server\.port":(\d+)/.exec(stderr)?.[1], POLL)
    .toBeDefined()
    .then(() => /"server\.port":(\d+)/.exec(stderr)?.[1]);
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);
  return { child, get, stderr: () => stderr };
}

async function ready(service: Service): Promise<void> {
  await expect.poll(async () => (await service.get('/readyz')).status, POLL).toBe(200);
}

async function end(service: Service, signal: NodeJS.Signals): Promise<number | null> {
  const exit = once(service.child, 'exit');
  service.child.kill(signal);
  const [code] = (await exit) as [number | null];
  return code;
}

/** Batches of 10 records each of one emitter of this run, from batch number `first`. */
async function tell(count: number, first: number, partition = 0): Promise<void> {
  const records = Array.from({ length: count }, (_, at) => {
    const from = (first + at) * 10;
    const event = batchEvent(from, from + 10, `mask/${run}/${partition}`);
    return { key: Buffer.from(event.emitter), value: valueOf(event) };
  });
  await bus.append(auditTopic('mask'), partition, records);
}

/** Starts of the ranges that the log holds of one emitter of this run, in its order. */
async function logged(partition = 0): Promise<number[]> {
  const emitter = `mask/${run}/${partition}`;
  const found: number[] = [];
  for await (const { bytes } of readEntries(join(dir, 'log'), vkey)) {
    const entry = decodeEntry(bytes);
    const event = entry.kind === 'sourced' ? parseEvent(entry.value) : null;
    if (event?.type !== 'batch' || event.emitter !== emitter) continue;
    found.push(Number(event.range.from));
  }
  return found;
}

/** Entries under the newest checkpoint; 0 while there is none. */
async function sizeNow(): Promise<number> {
  return (await readHead(join(dir, 'log'), vkey).catch(() => ({ size: 0 }))).size;
}

/** Entries of a topic. */
async function loggedOf(topic: string): Promise<number> {
  return (await verifyLog(join(dir, 'log'), vkey)).entries[topic] ?? 0;
}

const upTo = (count: number) => Array.from({ length: count }, (_, at) => at * 10);

test('every event is in the log once, in order, with checkpoints on Kafka, and the log verifies', async () => {
  const service = await audit();
  await ready(service);
  await tell(300, 0);
  await tell(5, 0, 1);
  await expect.poll(async () => (await logged()).length, POLL).toBe(300);
  await expect.poll(async () => (await logged(1)).length, POLL).toBe(5);
  expect(await logged()).toEqual(upTo(300));
  const metrics = await (await service.get('/metrics')).text();
  expect(metrics).toMatch(/sealstream_audit_tree_size \d{3,}/);
  expect(metrics).toMatch(/sealstream_audit_entries_total\{topic="audit\.events\.mask"\} \d{3,}/);
  // Just signed is 0, and a busy machine may take its time.
  const age = /sealstream_audit_checkpoint_age_seconds (\d+(?:\.\d+)?)/.exec(metrics)?.[1];
  expect(Number(age)).toBeLessThan(10);
  expect(await end(service, 'SIGTERM')).toBe(0);
  const report = await verifyLog(join(dir, 'log'), vkey, { maxAgeMs: 60_000 });
  expect(report).toMatchObject({ intact: true, unsignedEntries: 0, filesBeyond: 0 });
  const own = report.findings.filter(({ emitter }) => emitter?.includes(run) === true);
  expect(own).toEqual([]);
  const notes: Buffer[] = [];
  const starts = [{ topic: CHECKPOINT_TOPIC, partition: 0, offset: 'earliest' }] as const;
  for await (const { records } of bus.read({ starts, until: 'end' }))
    for (const { value } of records) if (value !== null) notes.push(value);
  const heads = notes.map((note) => openCheckpoint(note, parseVerifierKey(vkey)));
  const last = heads.flatMap((opened) => (opened.ok ? [opened.head] : [])).at(-1);
  expect(last).toEqual(await readHead(join(dir, 'log'), vkey));
});

test('killed again and again in the middle, it doubles and loses no event', async () => {
  let total = 0;
  const killed = new AbortController();
  const telling = (async () => {
    for (; !killed.signal.aborted; total += 20) {
      await tell(20, total);
      await sleep(20);
    }
  })();
  for (const delayMs of [0, 30, 110, 70]) {
    const service = await audit();
    const before = await sizeNow();
    // Only kills that fall between appends and checkpoints mean something.
    await expect
      .poll(async () => (await sizeNow()) > before + 50, { ...POLL, interval: 10 })
      .toBe(true);
    await sleep(delayMs);
    expect(await end(service, 'SIGKILL')).toBe(null);
  }
  killed.abort();
  await telling;
  const service = await audit();
  await ready(service);
  await expect.poll(async () => (await logged()).length, POLL).toBeGreaterThanOrEqual(total);
  expect(await logged()).toEqual(upTo(total));
  expect(await end(service, 'SIGTERM')).toBe(0);
  const report = await verifyLog(join(dir, 'log'), vkey);
  expect(report.intact).toBe(true);
  const own = report.findings.filter(
    ({ emitter, kind }) => emitter?.includes(run) === true || kind === 'source-repeat',
  );
  expect(own).toEqual([]);
}, 240_000);

test('a gap is told in the log, as an event and as a metric; a bad event is logged and counted', async () => {
  const service = await audit();
  await ready(service);
  await tell(2, 0);
  await tell(1, 5);
  const garbage = { key: null, value: Buffer.from(`no event ${run}`) };
  await bus.append(auditTopic('mask'), 0, [garbage]);
  await expect.poll(async () => (await logged()).length, POLL).toBe(3);
  const emitter = `mask/${run}/0`;
  const told = async () => {
    const found: PlainEvent[] = [];
    const starts = [{ topic: auditTopic('audit'), partition: 0, offset: 'earliest' }] as const;
    for await (const { records } of bus.read({ starts, until: 'end' }))
      for (const { value } of records) {
        const { data } = PlainEvent.safeParse(JSON.parse(String(value)));
        if (data?.type === 'gap' && data.details['emitter'] === emitter) found.push(data);
      }
    return found;
  };
  await expect.poll(async () => (await told()).length, POLL).toBe(1);
  expect((await told())[0]?.details).toMatchObject({
    service: 'mask',
    kind: 'gap',
    expected: '20',
    seen: '50',
  });
  const metrics = async () => (await service.get('/metrics')).text();
  await expect
    .poll(metrics, POLL)
    .toMatch(/sealstream_audit_invalid_events_total\{topic="audit\.events\.mask"\} 1/);
  expect(await metrics()).toMatch(/sealstream_audit_gaps_total\{service="mask",kind="gap"\} [1-9]/);
  expect(service.stderr()).not.toContain(`no event ${run}`);
  await end(service, 'SIGTERM');
  const report = await verifyLog(join(dir, 'log'), vkey);
  expect(report).toMatchObject({ intact: true, complete: false });
  expect(report.findings.filter((finding) => finding.emitter === emitter)).toMatchObject([
    { kind: 'gap', expected: '20', seen: '50' },
  ]);
});

test('a topic that is not there is named by /readyz, and read once it is', async () => {
  const topic = auditTopic('cli');
  await bus.admin.deleteTopic(topic);
  const service = await audit();
  const waits = async () => (await service.get('/readyz')).text();
  await expect.poll(waits, POLL).toContain('"topic audit.events.cli","why":"TOPIC_MISSING"');
  await tell(1, 0);
  await expect.poll(() => logged(), POLL).toEqual([0]);
  await bus.admin.createTopic(topic, 2, 1, {});
  await bus.append(topic, 0, [{ key: null, value: valueOf(plainEvent(0, `cli/${run}`)) }]);
  await ready(service);
  await expect.poll(() => loggedOf(topic), POLL).toBe(1);
  expect(await end(service, 'SIGTERM')).toBe(0);
});

test('a topic that was made anew is read from its beginning, and the log says so', async () => {
  const topic = auditTopic('cli');
  const events = (numbers: number[]) =>
    bus.append(
      topic,
      0,
      numbers.map((number) => ({ key: null, value: valueOf(plainEvent(number, `cli/${run}`)) })),
    );
  await events([0]);
  const before = await audit();
  await ready(before);
  await expect.poll(() => loggedOf(topic), POLL).toBeGreaterThan(0);
  expect(await end(before, 'SIGKILL')).toBe(null);
  const count = await loggedOf(topic);
  await bus.admin.deleteTopic(topic);
  await expect.poll(() => bus.admin.createTopic(topic, 2, 1, {}), POLL).toBe(true);
  // More records than before, so that the old position would fit the new topic.
  await events(Array.from({ length: count + 10 }, (_, at) => at + 1));
  const after = await audit();
  await ready(after);
  await expect.poll(() => loggedOf(topic), POLL).toBe(count + count + 10);
  expect(await end(after, 'SIGTERM')).toBe(0);
  const report = await verifyLog(join(dir, 'log'), vkey);
  expect(report.findings.filter((finding) => finding.topic === topic)).toEqual([]);
  const own: string[] = [];
  for await (const { bytes } of readEntries(join(dir, 'log'), vkey)) {
    const entry = decodeEntry(bytes);
    const event = entry.kind === 'own' ? parseEvent(entry.value) : null;
    if (event?.type === 'offsets-lost') own.push(String(event.details['reason']));
  }
  expect(own[0]).toBe('topic-made-anew');
});

test('a second process on the same log waits for the lock and then exits with 78', async () => {
  const service = await audit();
  await ready(service);
  const second = await audit({ SEALSTREAM_START_WAIT: '2s' });
  const [code] = (await once(second.child, 'exit')) as [number | null];
  expect(code).toBe(78);
  expect(second.stderr()).toContain('AUDIT_LOG_LOCKED');
  expect((await service.get('/readyz')).status).toBe(200);
  expect(await end(service, 'SIGTERM')).toBe(0);
});
