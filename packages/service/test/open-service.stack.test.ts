import { randomBytes } from 'node:crypto';
import { join } from 'node:path';

import { type Bus, openBus } from '@sealstream/bus';
import {
  auditTopic,
  KEYRING_TOPIC,
  PlainEvent,
  SealstreamError,
  type ServiceName,
} from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { baseSettings } from '../src/base-settings.ts';
import { KafkaKeysetHeads } from '../src/keyset-heads.ts';
import { logTo } from '../src/log.ts';
import { openService } from '../src/open-service.ts';
import { readConfig } from '../src/settings.ts';

const POLICY = join(import.meta.dirname, '../../../examples/people/sealstream.yaml');
const { kafkaBrokers } = inject('stack');
const logger = logTo(
  { service: 'test', instance: 't', level: 'error' },
  { write: () => undefined },
);
let bus: Bus;

beforeAll(async () => {
  bus = await openBus({ brokers: kafkaBrokers.split(','), clientId: 'test', logger });
});
afterAll(async () => bus.stop());

function configOf(env: Record<string, string> = {}) {
  return readConfig(baseSettings('audit'), {
    KAFKA_BROKERS: kafkaBrokers,
    SEALSTREAM_POLICY_FILE: POLICY,
    SEALSTREAM_HTTP_PORT: '0',
    SEALSTREAM_LOG_LEVEL: 'error',
    SEALSTREAM_INSTANCE: `i-${randomBytes(4).toString('hex')}`,
    ...env,
  });
}

async function eventsOf(topic: string, emitter: string): Promise<PlainEvent[]> {
  const events: PlainEvent[] = [];
  const starts = [{ topic, partition: 0, offset: 'earliest' }] as const;
  for await (const { records } of bus.read({ starts, until: 'end' }))
    for (const { value } of records) events.push(PlainEvent.parse(JSON.parse(String(value))));
  return events.filter((event) => event.emitter === emitter);
}

describe('openService', () => {
  test('gives up with TOPIC_MISSING when its audit topic does not come in time', async () => {
    const config = configOf({ SEALSTREAM_START_WAIT: '1s' });
    const name = 'never-made' as ServiceName;
    await expect(openService(name, config)).rejects.toMatchObject({ code: 'TOPIC_MISSING' });
  });

  test('gives up with KAFKA_UNREACHABLE when no broker answers', async () => {
    const config = configOf({ KAFKA_BROKERS: '127.0.0.1:1', SEALSTREAM_START_WAIT: '500ms' });
    await expect(openService('audit', config)).rejects.toMatchObject({
      code: 'KAFKA_UNREACHABLE',
      retryable: true,
    });
  });

  test('a policy that does not parse ends it before anything is opened', async () => {
    const config = configOf({ SEALSTREAM_POLICY_FILE: import.meta.filename });
    await expect(openService('audit', config)).rejects.toMatchObject({ code: 'POLICY_INVALID' });
    const none = configOf({ SEALSTREAM_POLICY_FILE: '/none' });
    await expect(openService('audit', none)).rejects.toBeInstanceOf(SealstreamError);
  });

  test('says start, policy and stop on its audit topic, and is ready only when told so', async () => {
    const topic = auditTopic('audit');
    await bus.admin.createTopic(topic, 1, 1, {});
    const config = configOf();
    const opened = await openService('audit', config);
    const emitter = `audit/${config.instance}`;
    const get = (path: string) => fetch(`http://127.0.0.1:${opened.httpPort}${path}`);
    expect(await (await get('/readyz')).json()).toEqual({
      status: 'waiting',
      waitsFor: [{ name: 'service', why: 'starting' }],
    });
    opened.ready();
    expect((await get('/readyz')).status).toBe(200);
    expect(await (await get('/metrics')).text()).toMatch(
      /sealstream_policy_info\{dataset="people",revision="\d+",sha256="[0-9a-f]{64}"\} 1/,
    );
    const order: string[] = [];
    opened.onStop('part', async () => void order.push('part'));
    await opened.stop();
    expect(order).toEqual(['part']);
    await expect(get('/livez')).rejects.toThrow();
    expect(await eventsOf(topic, emitter)).toMatchObject([
      { number: 0, type: 'service-started' },
      { number: 1, type: 'policy-loaded', dataset: 'people' },
      { number: 2, type: 'service-stopped', details: { drained: true } },
    ]);
  });
});

describe('keyset heads on Kafka', () => {
  const dataset = randomBytes(4).toString('hex');
  const [field, hash] = [`field/${dataset}`, `hash/${dataset}`];

  test('load gives the last document of each keyset, byte for byte', async () => {
    const heads = new KafkaKeysetHeads(bus);
    await bus.admin.createTopic(KEYRING_TOPIC, 1, 1, { 'cleanup.policy': 'compact' });
    const [first, second, other] = [randomBytes(100), randomBytes(2000), randomBytes(10)];
    await heads.publish(field, first);
    await heads.publish(hash, other);
    await heads.publish(field, second);
    const loaded = await heads.load();
    expect(Buffer.from(loaded.get(field) ?? [])).toEqual(second);
    expect(Buffer.from(loaded.get(hash) ?? [])).toEqual(other);
  });

  test('a tombstone takes no head back', async () => {
    await bus.append(KEYRING_TOPIC, 0, [{ key: Buffer.from(field), value: null }]);
    expect((await new KafkaKeysetHeads(bus).load()).has(field)).toBe(true);
  });
});
