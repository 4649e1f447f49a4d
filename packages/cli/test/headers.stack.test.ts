import { generateKeyPairSync, randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, type KafkaRecord, openBus } from '@sealstream/bus';
import { auditTopic } from '@sealstream/contracts';
import { openGrant } from '@sealstream/sdk';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { startFlow, stopFlow, until } from './flow-processes.ts';
import { type Ran, ran } from './surroundings.ts';

const stack = inject('stack');
const D = `headers-${randomBytes(4).toString('hex')}`;
const CANARY = `canary-${randomBytes(6).toString('hex')}`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-headers-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
// No leading zero: then it is a number of JSON, and shown as one.
const KEY = String(randomInt(10 ** 11, 10 ** 12));
const value = (n: number) => Buffer.from(`{"id":"${n}"}`);
let bus: Bus;

function sealstream(line: string): Promise<Ran> {
  const keys = /^(keys|tail|grants)/.test(line) ? ['--key-dir', keyDir] : [];
  return ran([...line.split(' '), '--policy', policyFile, ...keys], { env });
}

const linesOf = ({ out }: Ran) =>
  out
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function recordsOf(topic: string): Promise<KafkaRecord[]> {
  const starts = [{ topic, partition: 0, offset: 'earliest' as const }];
  const found: KafkaRecord[] = [];
  for await (const { records } of bus.read({ starts, until: 'end' })) found.push(...records);
  return found;
}

beforeAll(async () => {
  bus = await openBus({ brokers: stack.kafkaBrokers.split(','), clientId: 'test', logger });
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  ${D}:
    revision: 1
    topics: { raw: raw.${D} }
    key: { mask: fpe, encrypt: { seal: { deterministic: true } } }
    headers:
      traceparent: keep
      x-user: { class: email, mask: hash, encrypt: seal }
      x-ssn: { class: ssn, mask: { partial: { hideLast: 4 } }, encrypt: drop }
    fields:
      /id: { type: string, mask: keep, encrypt: keep }
`,
  );
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  expect([0, 1]).toContain((await sealstream('topics apply --partitions 1')).exit);
  for (const name of ['ingest', 'mask', 'encrypt', 'cli'].map(auditTopic))
    expect(await bus.admin.partitionCount(name)).toBeGreaterThan(0);
  expect((await sealstream('keys rotate --missing')).exit).toBe(0);
  startFlow({
    ...env,
    SEALSTREAM_POLICY_FILE: policyFile,
    SEALSTREAM_KEY_DIR: keyDir,
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(keyDir, 'signer.pub'),
  });
});

afterAll(async () => {
  await stopFlow();
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('a record with a masked and a sealed header, and a key of that kind', () => {
  const trace = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

  test('comes out right on masked and encrypted, and a header that does not fit rejects it', async () => {
    const headers = [
      ['x-user', Buffer.from(CANARY)],
      ['traceparent', Buffer.from(trace)],
      ['x-ssn', Buffer.from('123-45-6789')],
      ['other', Buffer.from(CANARY)],
    ] as const;
    const unfit = [['x-user', Buffer.from([0xff, 0xfe])]] as const;
    await bus.append(`raw.${D}`, 0, [
      { key: Buffer.from(KEY), value: value(1), headers },
      { key: null, value: value(2), headers: unfit },
    ]);
    const count = async (topic: string) => (await recordsOf(topic)).length;
    await until(async () => (await count(`masked.${D}`)) === 1, 'masked');
    await until(async () => (await count(`encrypted.${D}`)) === 1, 'encrypted');
    await until(async () => (await count(`rejected.${D}`)) === 1, 'rejected');

    const masked = (await recordsOf(`masked.${D}`))[0]?.headers.slice(1);
    expect(masked?.map(([name, bytes]) => [name, String(bytes)])).toEqual([
      ['x-user', expect.stringMatching(/^[\w-]{22}$/)],
      ['traceparent', trace],
      ['x-ssn', '123-45-XXXX'],
    ]);
    const sealed = (await recordsOf(`encrypted.${D}`))[0]?.headers.slice(1);
    expect(sealed?.map(([name, bytes]) => [name, String(bytes).slice(0, 4)])).toEqual([
      ['x-user', 'ss1:'],
      ['traceparent', trace.slice(0, 4)],
    ]);
    const [opened] = linesOf(await sealstream(`tail encrypted.${D} --open`));
    expect(opened).toMatchObject({
      headers: [
        ['x-user', CANARY],
        ['traceparent', trace],
      ],
    });
    const keyOf = async (topic: string) => String((await recordsOf(topic))[0]?.key);
    expect(await keyOf(`masked.${D}`)).toMatch(/^\d{12}$/);
    expect(await keyOf(`encrypted.${D}`)).toMatch(/^ss1:/);
    expect(String(opened?.['key'])).toBe(KEY);
    const [rejected] = linesOf(await sealstream(`tail rejected.${D}`));
    expect(rejected?.['reject']).toMatchObject({
      stage: 'ingest',
      code: 'RECORD_VALUE_UNFIT',
      path: '#header/x-user',
    });
  });

  test('shows its sealed header to a consumer to whom it was granted', async () => {
    const consumer = generateKeyPairSync('x25519');
    const pem = join(dir, 'billing.pem');
    writeFileSync(pem, consumer.publicKey.export({ format: 'pem', type: 'spki' }));
    const made = await sealstream(
      `grants create --public-key ${pem} --dataset ${D} --fields #header/x-user,#key --expires 1d`,
    );
    const reader = await openGrant({
      grant: made.out,
      privateKey: consumer.privateKey,
      signerPublicKey: readFileSync(join(keyDir, 'signer.pub')),
    });
    const [opened] = await reader.openBatch(await recordsOf(`encrypted.${D}`));
    reader.close();
    const headers = opened.ok ? (opened.headers ?? []) : [];
    expect(opened.ok && String(opened.key)).toBe(KEY);
    expect(headers.slice(1).map(([name, bytes]) => [name, String(bytes)])).toEqual([
      ['x-user', CANARY],
      ['traceparent', trace],
    ]);
  });

  test('leaves nothing of them in any other topic than raw', async () => {
    const searched = ['accepted', 'rejected', 'masked', 'encrypted'].map((role) => `${role}.${D}`);
    const has = async (topic: string) =>
      (await recordsOf(topic)).some(({ headers, key, value: bytes }) =>
        [key, bytes, ...headers.map(([, header]) => header)].some(
          (part) => part?.includes(CANARY) === true || part?.includes(KEY) === true,
        ),
      );
    expect(await has(`raw.${D}`)).toBe(true);
    for (const topic of searched) expect(await has(topic)).toBe(false);
  });
});
