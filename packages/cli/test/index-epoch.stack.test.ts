import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { epochFiles, fileProvider, openSubjects, readPublicKeyFile } from '@sealstream/keyring';
import { KafkaKeysetHeads } from '@sealstream/service';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';

import { ran } from './surroundings.ts';

const stack = inject('stack');
const prefix = `index-${randomBytes(4).toString('hex')}.`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-index-'));
const policyFile = join(dir, 'staff.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = {
  KAFKA_BROKERS: stack.kafkaBrokers,
  REDIS_URL: stack.redisUrl,
  SEALSTREAM_NAME_PREFIX: prefix,
  SEALSTREAM_EPOCH_DIR: join(dir, 'epochs'),
};
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
let bus: Bus;

const sealstream = (line: string) => ran([...line.split(' '), '--policy', policyFile], { env });
const withKeys = (line: string) => sealstream(`${line} --key-dir ${keyDir}`);

beforeAll(async () => {
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  staff:
    revision: 1
    topics: { raw: raw.staff }
    subject: /ssn
    required: [/ssn]
    fields:
      /ssn: { type: string, class: ssn, mask: redact, encrypt: seal }
`,
  );
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  expect((await sealstream('topics apply --partitions 1')).exit).toBe(0);
  const brokers = stack.kafkaBrokers.split(',');
  bus = await openBus({ brokers, clientId: 'test', logger, namePrefix: prefix });
});
afterAll(async () => {
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

test('subject-index never goes on in a new epoch once there was a subject', async () => {
  const made = await withKeys('keys rotate --missing');
  expect(made).toMatchObject({ exit: 0 });
  const subjects = await openSubjects({
    dataset: 'staff',
    redisUrl: stack.redisUrl,
    prefix,
    epochs: {
      store: epochFiles(env.SEALSTREAM_EPOCH_DIR),
      provider: fileProvider(keyDir, ['subject']),
    },
    mayCreate: true,
    signerPublicKey: readPublicKeyFile(join(keyDir, 'signer.pub')),
    heads: new KafkaKeysetHeads(bus),
    logger,
  });
  await subjects.ready();
  const use = {
    purpose: 'subject',
    format: 'field-token',
    dataset: 'staff',
    path: '/ssn',
  } as const;
  const subject = randomBytes(16);
  const ask = () => subjects.keys.active({ ...use, algorithm: 'xchacha20-poly1305' }, subject, 0);
  const line = 'keys new-epoch --purpose subject-index --dataset staff --yes';
  expect((await withKeys(line)).exit).toBe(0);
  expect(codeOf(ask)).toBe('SUBJECT_KEYS_WANTED');
  await subjects.keys.bring();
  subjects.stop();
  const refused = await withKeys(line);
  expect(refused).toMatchObject({ exit: 2 });
  expect(refused.err).toContain('live 1');
  const index = subject.toString('base64url');
  const shred = `subjects shred --dataset staff --index ${index} --reason test --yes`;
  expect((await withKeys(shred)).exit).toBe(0);
  expect((await withKeys(line)).err).toContain('live 0, shreds 1');
  const redis = new Redis(stack.redisUrl);
  await redis.del(`${prefix}keyset:subject/staff`);
  redis.disconnect();
  const lost = await withKeys(line);
  expect(lost.exit).not.toBe(0);
  expect(lost.err).toContain('KEYSET_MISSING');
});

function codeOf(work: () => unknown): unknown {
  try {
    return ['gave', work()];
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
