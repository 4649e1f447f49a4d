import { randomBytes, randomInt } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, type KafkaRecord, openBus } from '@sealstream/bus';
import { openProducerSeal } from '@sealstream/sdk';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { startFlow, stopFlow, until } from '../../packages/cli/test/flow-processes.ts';
import { type Ran, ran } from '../../packages/cli/test/surroundings.ts';

const stack = inject('stack');
const D = `sealed-${randomBytes(4).toString('hex')}`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-producer-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
/** Random, so that they can be searched for in all that stands on raw. */
const [canary, control] = [`ann-${randomInt(1e12)}`, `bob-${randomInt(1e12)}`];
let bus: Bus;

async function sealstream(line: string): Promise<Ran> {
  const keys = line.startsWith('keys') ? ['--key-dir', keyDir] : [];
  const policy = line.startsWith('keys public') ? [] : ['--policy', policyFile];
  const done = await ran([...line.split(' '), ...keys, ...policy], { env });
  expect(done).toMatchObject({ exit: 0 });
  return done;
}

async function records(topic: string): Promise<KafkaRecord[]> {
  const starts = [{ topic, partition: 0, offset: 'earliest' as const }];
  const found: KafkaRecord[] = [];
  for await (const batch of bus.read({ starts, until: 'end' })) found.push(...batch.records);
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
    producerSeal: required
    deleteAfterIngest: false
    fields:
      /name: { type: string, mask: keep }
`,
  );
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  await sealstream('topics apply --partitions 1');
  await sealstream('keys rotate --missing');
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

describe('a producer that seals', () => {
  test('puts no plaintext on raw, also across a rotation, and its records reach both outputs', async () => {
    const signerPublicKey = readFileSync(join(keyDir, 'signer.pub'));
    const publicKey = join(dir, 'people.pub');
    await sealstream(`keys public --purpose producer --dataset ${D} --out ${publicKey}`);
    const first = openProducerSeal({ publicKey: readFileSync(publicKey), signerPublicKey });
    await sealstream(`keys rotate --purpose producer --dataset ${D}`);
    const printed = await sealstream(`keys public --dataset ${D}`);
    const second = openProducerSeal({ publicKey: printed.out, signerPublicKey });
    expect(second.keyId).not.toBe(first.keyId);
    const key = Buffer.from('k');
    const value = (name: string, n: number) => JSON.stringify({ name: `${name} ${n}` });
    const sent = [
      first.sealRecord({ key, value: value(canary, 1) }),
      second.sealRecord({ key, value: value(canary, 2) }),
      { key, value: Buffer.from(value(control, 3)) },
    ];
    const raw = `raw.${D}`;
    for (const record of sent) await bus.append(raw, 0, [record]);
    await until(async () => (await records(`masked.${D}`)).length === 2, 'masked');
    await until(async () => (await records(`encrypted.${D}`)).length === 2, 'encrypted');
    const masked = (await records(`masked.${D}`)).map((record) => String(record.value));
    expect(masked).toEqual([value(canary, 1), value(canary, 2)]);
    const onRaw = (await records(raw)).map((record) => String(record.value));
    expect(onRaw.filter((text) => text.includes(canary))).toEqual([]);
    // The same search finds what was not sealed, which is rejected for it.
    expect(onRaw.filter((text) => text.includes(control))).toHaveLength(1);
    const [rejected, ...more] = await records(`rejected.${D}`);
    expect(more).toEqual([]);
    const note = rejected?.headers.find(([name]) => name === 'sealstream-reject')?.[1];
    expect(JSON.parse(String(note))).toMatchObject({ code: 'RECORD_NOT_SEALED' });
  });

  test('is also `sealstream ingest`, where the policy requires it', async () => {
    const name = `cy-${randomInt(1e12)}`;
    const file = join(dir, 'people.ndjson');
    writeFileSync(file, `${JSON.stringify({ name })}\n`);
    const before = await records(`masked.${D}`);
    await sealstream(`ingest ${file} --dataset ${D} --format ndjson --key-dir ${keyDir}`);
    const masked = async () => (await records(`masked.${D}`)).slice(before.length);
    await until(async () => (await masked()).length === 1, 'masked');
    expect((await masked()).map((record) => String(record.value))).toEqual([
      JSON.stringify({ name }),
    ]);
    const onRaw = (await records(`raw.${D}`)).map((record) => String(record.value));
    expect(onRaw.filter((text) => text.includes(name))).toEqual([]);
  });
});
