import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { startFlow, stopFlow, until } from './flow-processes.ts';
import { type Ran, ran } from './surroundings.ts';

const ALL_USES = 2 ** 31;
/** Long enough for several tries of a batch. */
const STILL_MS = 2000;
const stack = inject('stack');
const prefix = `spent-${randomBytes(4).toString('hex')}.`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-spent-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = {
  KAFKA_BROKERS: stack.kafkaBrokers,
  REDIS_URL: stack.redisUrl,
  SEALSTREAM_NAME_PREFIX: prefix,
  SEALSTREAM_POLICY_FILE: policyFile,
  SEALSTREAM_KEY_DIR: keyDir,
  SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(keyDir, 'signer.pub'),
};

interface Change {
  readonly action: string;
  readonly keyId: string;
  readonly algorithm?: string;
  readonly why?: string;
}

const sealstream = (line: string, stdin = ''): Promise<Ran> => ran(line.split(' '), { env, stdin });
const made = ({ out }: Ran): Change | undefined =>
  (JSON.parse(out) as { changes: Change[] }).changes.find(
    ({ algorithm }) => algorithm === 'aes-256-gcm',
  );

async function encrypted(): Promise<string[]> {
  const { out } = await sealstream('tail encrypted.people --open');
  return out.split('\n').filter((line) => line !== '');
}

beforeAll(async () => {
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  people:
    revision: 1
    topics: { raw: raw.people }
    format: json
    unknownFields: reject
    headers: []
    required: []
    fields:
      /name: { type: string, mask: redact, encrypt: { seal: { form: jwe } } }
`,
  );
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  expect((await sealstream('topics apply --partitions 1')).exit).toBe(0);
});
afterAll(async () => {
  await stopFlow();
  rmSync(dir, { recursive: true, force: true });
});

test('a flow whose AES-GCM key is spent writes nothing under it, and goes on by itself after keys rotate --due', async () => {
  const first = made(await sealstream('keys rotate --json'));
  const redis = new Redis(stack.redisUrl);
  await redis.set(`${prefix}uses:${first?.keyId}`, ALL_USES);
  const rows = Array.from({ length: 20 }, (_, n) => `{"name":"Ann ${n}"}\n`).join('');
  expect((await sealstream('ingest --dataset people', rows)).exit).toBe(0);
  startFlow(env);
  await until(async () => {
    const { out } = await sealstream('tail accepted.people');
    return out.split('\n').length > 20;
  }, 'all accepted');
  await sleep(STILL_MS);
  expect(await encrypted()).toEqual([]);
  const second = made(await sealstream('keys rotate --due --json'));
  expect(second).toMatchObject({ action: 'rotated', why: 'uses' });
  await until(async () => (await encrypted()).length === 20, 'all encrypted');
  const opened = await encrypted();
  expect(opened.every((line) => /"value":\{"name":"Ann \d+"\}/.test(line))).toBe(true);
  // Reserved by the service before it sealed the first one.
  expect(Number(await redis.get(`${prefix}uses:${second?.keyId}`))).toBeGreaterThanOrEqual(20);
  redis.disconnect();
}, 60_000);
