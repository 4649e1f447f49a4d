import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Bus, openBus } from '@sealstream/bus';
import type { Purpose } from '@sealstream/contracts';
import { fieldCipher, ProducerCipher, RecordCipher } from '@sealstream/crypto';
import {
  fileProvider,
  type Keyring,
  openKeyring,
  openKeysetAdmin,
  readPublicKeyFile,
  readSignerFile,
} from '@sealstream/keyring';
import { KafkaKeysetHeads } from '@sealstream/service';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { type Ran, ran } from './surroundings.ts';
import { eventsOfCli, type ToldEvent } from './topic-values.ts';

const stack = inject('stack');
const prefix = `life-${randomBytes(4).toString('hex')}.`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-life-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const env = {
  KAFKA_BROKERS: stack.kafkaBrokers,
  REDIS_URL: stack.redisUrl,
  SEALSTREAM_NAME_PREFIX: prefix,
  SEALSTREAM_EPOCH_DIR: join(dir, 'epochs'),
};
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const value = Buffer.from(`canary ${randomBytes(9).toString('hex')}`);
const binding = { source: Buffer.alloc(16), key: null, headers: Buffer.alloc(0) };
const ALGORITHMS = ['xchacha20-poly1305', 'aes-256-gcm', 'xchacha20-poly1305-siv', 'fernet'];
const cipher = fieldCipher('people', '/b', {
  form: 'jwe',
  algorithm: 'aes-256-gcm',
  keys: 'field',
  bind: [],
  pad: true,
});

let bus: Bus;
let keyring: Keyring;

interface Change {
  readonly name: string;
  readonly action: string;
  readonly keyId: string;
  readonly algorithm?: string;
  readonly why?: string;
}

async function sealstream(line: string): Promise<Ran> {
  const policy =
    /^(topics|keys (rotate|usage|destroy|new-epoch))/.test(line) && !line.includes('--policy');
  const given = [
    ...(policy ? ['--policy', policyFile] : []),
    ...(line.startsWith('keys') ? ['--key-dir', keyDir] : []),
  ];
  return ran([...line.split(' '), ...given], { env });
}
const jsonOf = ({ out }: Ran): unknown => JSON.parse(out);
const changesOf = (from: Ran) => (jsonOf(from) as { changes: Change[] }).changes;

/** What the audit topic says of one type of event. */
async function told(type: string): Promise<ToldEvent['details'][]> {
  const found = (await eventsOfCli(bus)).filter((event) => event.type === type);
  return found.map(({ details }) => details);
}

const append = (topic: string, bytes: Buffer) =>
  bus.append(topic, 0, [{ key: null, value: bytes }]);

beforeAll(async () => {
  writeFileSync(
    policyFile,
    `version: 1
datasets:
  people:
    revision: 7
    topics: { raw: raw.people }
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    headers: []
    required: []
    fields:
      /a: { type: string, mask: redact, encrypt: seal }
      /b: { type: string, mask: redact, encrypt: { seal: { form: jwe } } }
      /c: { type: string, class: ssn, mask: redact, encrypt: { seal: { deterministic: true } }, equalityOracle: { accepted: test } }
      /d: { type: string, mask: redact, encrypt: { seal: { form: fernet } } }
`,
  );
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  expect((await sealstream('topics apply --partitions 1')).exit).toBe(0);
  bus = await openBus({
    brokers: stack.kafkaBrokers.split(','),
    clientId: 'test',
    logger,
    namePrefix: prefix,
  });
});
afterAll(async () => {
  keyring.stop();
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

async function opened(purposes: readonly Purpose[]): Promise<Keyring> {
  const ring = await openKeyring({
    redisUrl: stack.redisUrl,
    prefix,
    provider: fileProvider(keyDir, purposes),
    purposes,
    sealTo: ['rejected', 'producer'],
    datasets: ['people'],
    signerPublicKey: readPublicKeyFile(join(keyDir, 'signer.pub')),
    heads: new KafkaKeysetHeads(bus),
    logger,
    sealsFields: true,
  });
  await ring.ready();
  return ring;
}

describe('the life of keys', () => {
  test('begins with one for each algorithm of the policy, and those rotate but deterministic ones', async () => {
    const made = changesOf(await sealstream('keys rotate --json'));
    const ofFields = made.filter(({ name }) => name === 'field/people');
    expect(ofFields.map(({ algorithm }) => algorithm)).toEqual(ALGORITHMS);
    expect(new Set(made.map(({ action }) => action))).toEqual(new Set(['created']));
    const again = changesOf(await sealstream('keys rotate --purpose field --json'));
    expect(again.map(({ action, algorithm }) => `${algorithm} ${action}`)).toEqual([
      'xchacha20-poly1305 rotated',
      'aes-256-gcm rotated',
      'xchacha20-poly1305-siv unchanged',
      'fernet rotated',
    ]);
  });

  test('rotates what is due and nothing else, and says why', async () => {
    const none = changesOf(await sealstream('keys rotate --due --json'));
    expect(new Set(none.map(({ action, why }) => `${action} ${why}`))).toEqual(
      new Set(['unchanged undefined']),
    );
    keyring = await opened(['accepted', 'rejected', 'field']);
    const redis = new Redis(stack.redisUrl);
    const gcm = none.find(({ algorithm }) => algorithm === 'aes-256-gcm')?.keyId ?? '';
    await redis.incrby(`${prefix}uses:${gcm}`, 2 ** 30);
    redis.disconnect();
    const used = changesOf(await sealstream('keys rotate --due --json'));
    const done = used.filter(({ action }) => action !== 'unchanged');
    expect(done).toMatchObject([{ algorithm: 'aes-256-gcm', action: 'rotated', why: 'uses' }]);
    const old = changesOf(await sealstream('keys rotate --due --max-age 0ms --json'));
    const aged = old
      .filter(({ why }) => why === 'age')
      .map(({ algorithm, name }) => algorithm ?? name);
    expect(aged).toEqual([
      'accepted/people',
      'rejected/people',
      'xchacha20-poly1305',
      'aes-256-gcm',
      'fernet',
      'producer/people',
    ]);
    expect((await sealstream('keys rotate --max-age 1d')).exit).toBe(2);
    expect(await told('key-rotated')).toContainEqual(
      expect.objectContaining({ why: 'uses', algorithm: 'aes-256-gcm' }),
    );
  });

  test('is found on topics: sealed records, tokens of every form, copies elsewhere', async () => {
    await keyring.refresh();
    const { keys } = keyring;
    const ids = new Map<string, string>();
    for (const stage of ['accepted', 'rejected'] as const) {
      const record = new RecordCipher(stage, 'people', stage);
      const sealed =
        stage === 'accepted'
          ? record.seal(keys, binding, value)
          : record.sealToPublic(keys, binding, value);
      ids.set(stage, sealed.toString('latin1', 1, 13));
      await append(`${stage}.people`, sealed);
      await append(`${stage}.people`, sealed);
    }
    await append('raw.people', new ProducerCipher('people').seal(keys, null, value));
    await append('raw.people', Buffer.from('{"a":"plain"}'));
    const forms = [
      { path: '/a', form: 'token', algorithm: 'xchacha20-poly1305' },
      { path: '/b', form: 'jwe', algorithm: 'aes-256-gcm' },
      { path: '/c', form: 'token', algorithm: 'xchacha20-poly1305-siv' },
      { path: '/d', form: 'fernet', algorithm: 'fernet' },
    ] as const;
    const fields = forms.map(({ path, ...method }) => {
      const one = fieldCipher('people', path, { ...method, keys: 'field', bind: [], pad: true });
      return `"${path.slice(1)}":"${one.seal(keys, 'string', value).toString()}"`;
    });
    const before = Date.now() - 60_000;
    await append('encrypted.people', Buffer.from(`{${fields.join(',')}}`));
    await append('masked.people', Buffer.from(`{${fields[1]},"e":"ss1:unknown-0000:AAAA"}`));
    const scanned = await sealstream('keys usage --dataset people --json');
    const { records, usage } = jsonOf(scanned) as {
      usage: { keyset: string; topic: string; records: number; first: string; keyId: string }[];
      records: number;
    };
    expect(records).toBe(7);
    expect(usage.map((one) => `${one.keyset} ${one.topic} ${one.records}`)).toEqual([
      'accepted/people accepted.people 2',
      ...forms.map(() => 'field/people encrypted.people 1'),
      'producer/people raw.people 1',
      'rejected/people rejected.people 2',
    ]);
    expect(usage.at(0)?.keyId).toBe(ids.get('accepted'));
    for (const { first } of usage) expect(Date.parse(first)).toBeGreaterThan(before);
    const elsewhere = await sealstream('keys usage masked.people --json');
    expect(jsonOf(elsewhere)).toMatchObject({ usage: [{ topic: 'masked.people' }], others: 1 });
    const since = new Date(Date.now() + 60_000).toISOString();
    const later = await sealstream(`keys usage masked.people --from ${since} --json`);
    expect(jsonOf(later)).toMatchObject({ usage: [], records: 0 });
  });

  test('ends only when it seals no more, for long enough, and no record needs it', async () => {
    const token = cipher.seal(keyring.keys, 'string', value);
    const id = keyring.keys.active({
      purpose: 'field',
      algorithm: 'aes-256-gcm',
      format: 'jwe',
      dataset: 'people',
      path: '/b',
    }).id;
    const destroy = (more: string) =>
      sealstream(`keys destroy --dataset people --purpose field --key ${id} ${more}`);
    expect((await destroy('--yes --settled 0ms --force')).err).toContain('seals no more');
    await sealstream('keys rotate --due --max-age 0ms --purpose field');
    expect((await destroy('--settled 0ms')).err).toContain('--yes');
    expect((await destroy('--yes')).err).toContain('so lately');
    const inUse = await destroy('--yes --settled 0ms');
    expect(inUse).toMatchObject({ exit: 2 });
    expect(inUse.err).toContain('records 1');
    expect(cipher.open(keyring.keys, token).plain).toEqual(value);
    const forced = await destroy('--yes --settled 0ms --force --json');
    expect(jsonOf(forced)).toMatchObject({ action: 'destroyed', keyId: id, records: 1 });
    await expect.poll(() => codeOf(() => cipher.open(keyring.keys, token))).toBe('KEY_DESTROYED');
    const late = await opened(['field']);
    expect(codeOf(() => cipher.open(late.keys, token))).toBe('KEY_DESTROYED');
    late.stop();
    const again = await destroy('--yes --settled 0ms --force --json');
    expect(jsonOf(again)).toMatchObject({ action: 'unchanged' });
    expect(await told('key-destroyed')).toMatchObject([{ keyId: id, records: 1, forced: true }]);
  });

  test('is found on a copy of any topic, whatever the copy is called', async () => {
    const { keys } = keyring;
    const sealed = new RecordCipher('accepted', 'people', 'accepted').seal(keys, binding, value);
    await bus.admin.createTopic('mine', 1, 1, {});
    await append('mine', sealed);
    await append('mine', new ProducerCipher('people').seal(keys, null, value));
    const { usage } = jsonOf(await sealstream('keys usage mine --json')) as { usage: unknown[] };
    expect(usage).toMatchObject([
      { keyset: 'accepted/people', records: 1, keyId: sealed.toString('latin1', 1, 13) },
      { keyset: 'producer/people', records: 1 },
    ]);
  });

  test('ends only when the key that follows sealed for long enough, however old that is', async () => {
    const heads = new KafkaKeysetHeads(bus);
    const away = () => Promise.reject(new Error('cut before the head was published'));
    const cut = await openKeysetAdmin({
      redisUrl: stack.redisUrl,
      prefix,
      provider: fileProvider(keyDir, ['rejected']),
      signer: readSignerFile(join(keyDir, 'signer.key')),
      heads: {
        load: () => heads.load(),
        requireWritable: () => heads.requireWritable(),
        publish: away,
      },
      logger,
    });
    const { id } = keyring.keys.publicKey('rejected', 'people');
    await expect(cut.createOrRotate('rejected', 'people')).rejects.toThrow('cut before');
    cut.stop();
    const settledMs = 3000;
    await sleep(settledMs);
    await sealstream('keys rotate --purpose rejected');
    const line = `keys destroy --dataset people --purpose rejected --key ${id} --yes --force`;
    const early = await sealstream(`${line} --settled ${settledMs}ms`);
    expect(early).toMatchObject({ exit: 2, err: expect.stringContaining('so lately') });
    await sleep(settledMs);
    expect((await sealstream(`${line} --settled ${settledMs}ms`)).exit).toBe(0);
  });

  test('of producers ends only by force, since what they still seal is nowhere to be seen', async () => {
    const { id } = keyring.keys.publicKey('producer', 'people');
    await sealstream('keys rotate --purpose producer');
    const line = `keys destroy --dataset people --purpose producer --key ${id} --yes --settled 0ms`;
    const inUse = await sealstream(line);
    expect(inUse).toMatchObject({ exit: 2, err: expect.stringContaining('records 1') });
    expect(inUse.err).toContain('give every producer the new public key');
    const end = await bus.admin.offset('raw.people', 0, 'latest');
    await bus.admin.deleteBefore('raw.people', 0, end);
    expect((await sealstream(line)).err).toContain('records 0');
    expect(jsonOf(await sealstream(`${line} --force --json`))).toMatchObject({ records: 0 });
  });

  test('of keys that never rotate goes on in a new epoch, which names the joins that break', async () => {
    const plan = await sealstream('keys new-epoch --purpose hash --dataset people');
    expect(plan.exit).toBe(2);
    expect(plan.out.split('\n').filter(Boolean)).toEqual([
      'accepted.people  record key  equal to old records no more',
      'masked.people  record key  equal to old records no more',
      'encrypted.people  record key  equal to old records no more',
    ]);
    expect(await told('key-new-epoch')).toEqual([]);
    const siv = 'keys new-epoch --algorithm xchacha20-poly1305-siv --dataset people --yes --json';
    expect(jsonOf(await sealstream(siv))).toMatchObject({
      name: 'field/people',
      action: 'new-epoch',
      broke: ['encrypted.people  field /c'],
    });
    expect(await told('key-new-epoch')).toMatchObject([{ purpose: 'field', revision: 7 }]);
    // This dataset has no subjects, so nobody is orphaned.
    const index = await sealstream('keys new-epoch --purpose subject-index --dataset people --yes');
    expect(index.exit).toBe(0);
  });
});

function codeOf(work: () => unknown): unknown {
  try {
    return ['gave', work()];
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}
