import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';

import { compactDecrypt } from 'jose';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';

import { type Ran, ran } from './surroundings.ts';
import { eventsOfCli } from './topic-values.ts';

const stack = inject('stack');
const D = `grants-${randomBytes(4).toString('hex')}`;
const dir = mkdtempSync(join(tmpdir(), 'sealstream-grants-cli-'));
const policyFile = join(dir, 'sealstream.yaml');
const keyDir = join(dir, '.sealstream/keys');
const publicKeyFile = join(dir, 'billing.pem');
const env = { KAFKA_BROKERS: stack.kafkaBrokers, REDIS_URL: stack.redisUrl };
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const consumer = generateKeyPairSync('rsa', { modulusLength: 3072 });
let bus: Bus;

function sealstream(line: string): Promise<Ran> {
  const policy = /^(topics|keys rotate|grants create)/.test(line) ? ['--policy', policyFile] : [];
  const keys = /^(keys|grants)/.test(line) ? ['--key-dir', keyDir] : [];
  return ran([...line.split(' '), ...policy, ...keys], { env });
}

const create = (more: string, file = publicKeyFile) =>
  sealstream(`grants create --public-key ${file} --dataset ${D} --expires 30d ${more}`);
const jsonOf = ({ out }: Ran) => JSON.parse(out) as Record<string, unknown>;
const pem = (key: typeof consumer.publicKey) => key.export({ format: 'pem', type: 'spki' });

async function listed(id: unknown): Promise<Record<string, unknown> | undefined> {
  const { grants } = jsonOf(await sealstream('grants list --json'));
  return (grants as Record<string, unknown>[]).find((grant) => grant['id'] === id);
}

async function events(): Promise<Record<string, unknown>[]> {
  const found = await eventsOfCli(bus);
  return found.filter((event) => event.dataset === D && event.type.includes('grant'));
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
    subject: /ssn
    required: [/ssn]
    fields:
      /ssn: { type: string, encrypt: seal }
      /email: { type: string, survivesShred: true, encrypt: { seal: { bind: [record-id] } } }
      /amount: { type: number, mask: keep, encrypt: keep }
`,
  );
  writeFileSync(publicKeyFile, pem(consumer.publicKey));
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  // 1 says that topics which all datasets share were made by other tests, with other partitions.
  expect([0, 1]).toContain((await sealstream('topics apply --partitions 1')).exit);
  expect((await sealstream('keys rotate --missing')).exit).toBe(0);
});

afterAll(async () => {
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

describe('sealstream grants', () => {
  test('creates a grant into a file that only its owner may read, and never over another', async () => {
    const out = join(dir, 'billing.grant');
    const made = await create(`--fields /ssn,/email --consumer billing --out ${out} --json`);
    expect(made.exit).toBe(0);
    expect(jsonOf(made)).toMatchObject({ dataset: D, consumer: 'billing', file: out });
    expect(statSync(out).mode & 0o777).toBe(0o600);
    expect(readFileSync(out, 'utf8')).toMatch(/^[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\.[\w-]+\n$/);
    const again = await create(`--fields /ssn --out ${out}`);
    expect([again.exit, again.err]).toEqual([2, expect.stringContaining('FILE_EXISTS')]);
    expect(await listed(jsonOf(made)['id'])).toMatchObject({
      state: 'active',
      fields: [
        { path: '/ssn', purpose: 'subject', bind: [] },
        { path: '/email', purpose: 'field', bind: ['record-id'] },
      ],
    });
  });

  test('prints the grant alone, and names the consumer by the key when nobody else does', async () => {
    const { exit, out } = await create('--fields /email');
    expect([exit, out.trim().split('.')]).toEqual([0, expect.any(Array)]);
    expect(out.trim().split('.')).toHaveLength(5);
    const table = await sealstream('grants list');
    expect(table.out).toMatch(new RegExp(`active +${D} +[0-9a-f]{16} +\\S+Z +/email`));
  });

  test('refuses fields that are not sealed, weak keys and private keys, and makes nothing then', async () => {
    const before = jsonOf(await sealstream('grants list --json'))['grants'];
    for (const [fields, said] of [
      ['/amount', 'No field sealed'],
      ['/emial', 'did you mean /email?'],
      ['/ssn,/ssn', 'stands twice'],
    ])
      expect(await create(`--fields ${fields}`)).toMatchObject({
        exit: 2,
        err: expect.stringContaining(said ?? ''),
      });
    const weak = join(dir, 'weak.pem');
    writeFileSync(weak, pem(generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey));
    const secret = join(dir, 'private.pem');
    const pkcs8 = consumer.privateKey.export({ format: 'pem', type: 'pkcs8' });
    writeFileSync(secret, pkcs8);
    for (const [file, said] of [
      [weak, 'RSA of 2048 bits'],
      [secret, 'the private half'],
    ]) {
      const { err, exit } = await create('--fields /email', file);
      expect([exit, err]).toEqual([2, expect.stringContaining(`given ${said}`)]);
      expect(err).not.toContain(pkcs8.split('\n')[1]);
    }
    expect((await create('--fields /email', join(dir, 'none.pem'))).err).toContain(
      'FILE_UNREADABLE',
    );
    expect((await create('--fields /email --expires 2y')).exit).toBe(2);
    expect((await create('--fields /email --expires 999d')).exit).toBe(2);
    expect(jsonOf(await sealstream('grants list --json'))['grants']).toEqual(before);
    expect(existsSync(join(dir, 'undefined'))).toBe(false);
  });

  test('answers a request for keys of persons, on the audit log, and refuses it after a revocation', async () => {
    const { id } = jsonOf(await create('--fields /ssn,/email --json'));
    const nonce = randomBytes(16).toString('base64url');
    const request = { grant: id, nonce, keys: [{ keyId: 'AAAAAAAAAAAA', path: '/ssn' }] };
    const resolve = (given: unknown) =>
      ran(['grants', 'resolve', '--key-dir', keyDir], { env, stdin: JSON.stringify(given) });
    const done = await resolve(request);
    expect(done.exit).toBe(0);
    const { plaintext } = await compactDecrypt(String(jsonOf(done)['sealed']), consumer.privateKey);
    expect(JSON.parse(Buffer.from(plaintext).toString())).toMatchObject({
      grant: id,
      nonce,
      keys: [],
      refused: [{ keyId: 'AAAAAAAAAAAA', path: '/ssn', code: 'KEY_UNKNOWN' }],
    });
    const told = (await eventsOfCli(bus)).filter(({ type }) => type === 'read');
    expect(told.map(({ details }) => details)).toContainEqual({
      grant: id,
      keysAsked: 1,
      keysGiven: 0,
    });
    const ungranted = { ...request, keys: [{ keyId: 'AAAAAAAAAAAA', path: '/amount' }] };
    expect((await resolve(ungranted)).err).toContain('GRANT_LACKS_FIELD');
    expect((await resolve('what?')).exit).toBe(2);
    await sealstream(`grants revoke ${String(id)}`);
    const late = await resolve(request);
    expect([late.exit, late.err, late.out]).toEqual([
      2,
      expect.stringContaining('GRANT_REVOKED'),
      '',
    ]);
  });

  test('revokes one grant, and puts creation and revocation on the audit log with the key', async () => {
    const made = jsonOf(await create('--fields /ssn,/email --consumer report --json'));
    const id = String(made['id']);
    const revoked = await sealstream(`grants revoke ${id} --json`);
    expect(revoked.exit).toBe(0);
    expect(await listed(id)).toMatchObject({
      state: 'revoked',
      revoked: jsonOf(revoked)['revoked'],
    });
    const told = (await events()).filter(
      ({ details }) => (details as { grant: string }).grant === id,
    );
    expect(told.map(({ type }) => type)).toEqual(['grant-created', 'grant-revoked']);
    for (const { details } of told)
      expect(details).toEqual({
        grant: id,
        consumer: 'report',
        paths: '/ssn,/email',
        expires: made['expires'],
        keyFingerprint: made['fingerprint'],
      });
    expect((await sealstream(`grants revoke ${'0'.repeat(24)}`)).err).toContain('GRANT_UNKNOWN');
  });
});
