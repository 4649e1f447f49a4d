import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { auditTopic } from '@sealstream/contracts';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { startFlow, stopFlow, until } from '../../packages/cli/test/flow-processes.ts';
import { ran } from '../../packages/cli/test/surroundings.ts';
import { valuesOf } from '../../packages/cli/test/topic-values.ts';

const stack = inject('stack');
const D = `reload-${randomBytes(4).toString('hex')}`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-reload-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
let bus: Bus;

function writePolicy(revision: number, fields: string): void {
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  ${D}:
    revision: ${revision}
    deleteAfterIngest: false
    fields:
      /name: { type: string, mask: keep }
${fields}`,
  );
}

const masked = async () =>
  (await valuesOf(bus, `masked.${D}`)).map((value) => value.toString()).sort();
const send = (text: string) => bus.append(`raw.${D}`, 0, [{ key: null, value: Buffer.from(text) }]);

/** Types of the events about the dataset that a stage told. */
async function told(stage: 'ingest' | 'mask' | 'encrypt', type: string): Promise<number[]> {
  const events = await valuesOf(bus, auditTopic(stage));
  return events
    .filter((value) => value.includes(D))
    .map((value) => JSON.parse(value.toString()) as Record<string, unknown>)
    .filter((event) => event['type'] === type && event['dataset'] === D)
    .map((event) => (event['details'] as { revision: number }).revision);
}

beforeAll(async () => {
  bus = await openBus({ brokers: stack.kafkaBrokers.split(','), clientId: 'test', logger });
  writePolicy(1, '');
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  const policy = ['--policy', policyFile];
  // 1 says that topics which all datasets share were made by other tests, with other partitions.
  const applied = await ran(['topics', 'apply', '--partitions', '1', ...policy], { env });
  expect([0, 1]).toContain(applied.exit);
  const keys = ['keys', 'rotate', '--missing', '--key-dir', keyDir, ...policy];
  expect((await ran(keys, { env })).exit).toBe(0);
  startFlow({
    ...env,
    SEALSTREAM_POLICY_FILE: policyFile,
    SEALSTREAM_POLICY_POLL: '100ms',
    SEALSTREAM_KEY_DIR: keyDir,
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(keyDir, 'signer.pub'),
  });
});

afterAll(async () => {
  await stopFlow();
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('a running flow takes another policy, and refuses a bad one and goes on', async () => {
  await send('{"name":"ann"}');
  await send('{"name":"bob","city":"Bern"}');
  await until(async () => (await masked()).length === 1, 'the first is masked');
  const rejects = async () => (await valuesOf(bus, `rejected.${D}`)).length;
  await until(async () => (await rejects()) === 1, 'the field that nobody named is rejected');

  writePolicy(2, '      /city: { type: string, mask: drop }\n');
  for (const stage of ['ingest', 'mask', 'encrypt'] as const)
    await until(async () => (await told(stage, 'policy-loaded')).includes(2), `${stage} took it`);
  await send('{"name":"cem","city":"Bern"}');
  await until(async () => (await masked()).length === 2, 'named, it passes');

  writePolicy(3, '      /city: { type: string, mask: kept }\n');
  await until(async () => {
    const events = await valuesOf(bus, auditTopic('mask'));
    return events.some((value) => value.includes('"policy-refused"'));
  }, 'the bad one is refused');
  await send('{"name":"dan","city":"Bern"}');
  await until(async () => (await masked()).length === 3, 'the old one stays');
  expect(await masked()).toEqual(['{"name":"ann"}', '{"name":"cem"}', '{"name":"dan"}']);
  expect(await rejects()).toBe(1);
}, 120_000);
