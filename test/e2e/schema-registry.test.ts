import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SchemaRegistry } from '@kafkajs/confluent-schema-registry';
import { ADMINISTRATOR, openAccounts } from '@sealstream/accounts';
import { type Bus, openBus } from '@sealstream/bus';
import { ALERT_TOPIC, auditTopic } from '@sealstream/contracts';
import { type GrantReader, openGrant } from '@sealstream/sdk';
import { afterAll, afterEach, beforeAll, expect, inject, test } from 'vitest';
import { startFlow, stopFlow, until } from '../../packages/cli/test/flow-processes.ts';
import { ran } from '../../packages/cli/test/surroundings.ts';
import { valuesOf } from '../../packages/cli/test/topic-values.ts';
import {
  type LocalRegistry,
  startRegistry,
} from '../../packages/registry/test/registry-fixture.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { type Added, FORMATS, type Format, personSchema } from './registry-schemas.ts';

const stack = inject('stack');
const quiet = () => undefined;
const logger = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const canary = `canary${randomBytes(6).toString('hex')}`;

let local: LocalRegistry;
/** The client that producers and consumers use; it goes past the line that is cut. */
let client: SchemaRegistry;
let dir: string;
let bus: Bus;
let env: Record<string, string>;

beforeAll(async () => {
  local = await startRegistry();
  client = new SchemaRegistry({ host: local.apicurio.url });
});
afterAll(() => local.close());

afterEach(async () => {
  await stopFlow();
  await bus.stop();
  rmSync(dir, { recursive: true, force: true });
});

const policy = (format: Format) => `version: 1
datasets:
  people:
    revision: 1
    format: ${format}
    deleteAfterIngest: false
    unknownFields: drop
    required: [/ssn]
    fields:
      /ssn: { type: string, mask: { partial: { hideLast: 4, with: X } } }
      /name: { type: string, mask: keep, encrypt: keep }
      /age: { type: number, mask: { generalise: { bucket: 10 } } }
      /contacts/*/email: { type: string, mask: keepDomain }
`;

/** The nth person. */
const person = (n: number) => ({
  ssn: `123-45-${1000 + n}`,
  name: `Ann ${n}`,
  age: 20 + n,
  contacts: [{ email: `${canary}@x.example` }, { email: `${canary}.${n}@y.example` }],
});
const atDomain = (domain: string) => ({
  email: expect.stringMatching(new RegExp(`^[^@]+@${domain}$`)) as string,
});
const maskedPerson = (n: number) => ({
  ssn: '123-45-XXXX',
  name: `Ann ${n}`,
  age: Math.floor((20 + n) / 10) * 10,
  contacts: [atDomain('x.example'), atDomain('y.example')],
});

const run = (words: readonly string[], stdin = '') =>
  ran([...words, '--policy', join(dir, 'sealstream.yaml')], { env, stdin });

async function sealstream(...words: string[]): Promise<void> {
  const done = await run(words);
  expect(done.exit, done.err).toBe(0);
}

const REPLAYER = `access:
  roles:
    replayer:
      meaning: Tries rejects again.
      allow: [{ actions: [rejects.replay], datasets: [people] }]
`;

/** Makes who may replay, and two administrators, without whom nobody may anything. */
async function replayer(): Promise<string> {
  const prefix = env['SEALSTREAM_NAME_PREFIX'] ?? '';
  const accounts = await openAccounts({ redisUrl: stack.redisUrl, prefix, logger });
  const password = 'seven brown chairs in a row';
  for (const [name, role] of [
    ['one', ADMINISTRATOR],
    ['two', ADMINISTRATOR],
    ['rita', 'replayer'],
  ] as const) {
    const bytes = new Uint8Array(Buffer.from(password));
    await accounts.users.create({ name, person: name, password: bytes });
    await accounts.users.grantRole(name, role, 'test');
  }
  await accounts.stop();
  return Buffer.from(`rita:${password}`).toString('base64');
}

/** Topics, keys, a grant and running services for one format. */
async function openFlow(
  format: Format,
  text = policy(format),
): Promise<() => Promise<GrantReader>> {
  dir = mkdtempSync(join(tmpdir(), 'sealstream-formats-'));
  const keyDir = join(dir, '.sealstream/keys');
  const namePrefix = `${format}-${randomBytes(3).toString('hex')}.`;
  env = {
    KAFKA_BROKERS: stack.kafkaBrokers,
    REDIS_URL: stack.redisUrl,
    SEALSTREAM_NAME_PREFIX: namePrefix,
    SEALSTREAM_KEY_DIR: keyDir,
    SCHEMA_REGISTRY_URL: local.url,
  };
  const brokers = stack.kafkaBrokers.split(',');
  bus = await openBus({ brokers, clientId: 'test', logger, namePrefix });
  writeFileSync(join(dir, 'sealstream.yaml'), text);
  const { privateKey, publicKey } = generateKeyPairSync('x25519');
  writeFileSync(join(dir, 'c.pem'), publicKey.export({ format: 'pem', type: 'spki' }));
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  await sealstream('topics', 'apply', '--partitions', '1');
  await sealstream('keys', 'rotate', '--missing');
  const grant = ['--public-key', `${dir}/c.pem`, '--fields', '/ssn,/age', '--expires', '1d'];
  await sealstream('grants', 'create', '--dataset', 'people', ...grant, '--out', `${dir}/c.grant`);
  startFlow({
    ...env,
    SEALSTREAM_POLICY_FILE: join(dir, 'sealstream.yaml'),
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(keyDir, 'signer.pub'),
  });
  const { KAFKA_BROKERS = '' } = env;
  startFlow(
    {
      KAFKA_BROKERS,
      SEALSTREAM_NAME_PREFIX: namePrefix,
      SEALSTREAM_POLICY_FILE: join(dir, 'sealstream.yaml'),
    },
    ['anomaly-alert'],
  );
  return () =>
    openGrant({
      grant: readFileSync(join(dir, 'c.grant')),
      privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }),
      signerPublicKey: readFileSync(join(keyDir, 'signer.pub')),
    });
}

/** Registers a version of the producer's schema, as its client does. */
async function register(format: Format, ...added: Added[]): Promise<number> {
  const subject = `${env['SEALSTREAM_NAME_PREFIX'] ?? ''}raw.people-value`;
  return (await client.register(personSchema(format, ...added), { subject })).id;
}

async function send(id: number, ...people: object[]): Promise<void> {
  const values = await Promise.all(people.map((one) => client.encode(id, one)));
  const records = values.map((value) => ({ key: null, value }));
  await bus.append('raw.people', 0, records);
}

async function decoded(topic: string): Promise<Record<string, unknown>[]> {
  const values = await valuesOf(bus, topic);
  const records = await Promise.all(values.map((value) => client.decode(value) as unknown));
  return records.map((one) => JSON.parse(JSON.stringify(one)) as Record<string, unknown>);
}

async function count(topic: string, least: number): Promise<void> {
  await until(async () => (await valuesOf(bus, topic)).length >= least, `${least} on ${topic}`);
}

/** Events of a stage of one type. */
async function told(stage: 'ingest' | 'mask', type: string): Promise<Record<string, unknown>[]> {
  const events = await valuesOf(bus, auditTopic(stage));
  return events
    .map((value) => JSON.parse(value.toString()) as Record<string, unknown>)
    .filter((event) => event['type'] === type);
}

/** Codes with which ingest rejected. */
async function rejects(): Promise<string[]> {
  const batches = await told('ingest', 'batch');
  return batches.flatMap(({ rejected }) => Object.keys(rejected as object)).sort();
}

test.each(FORMATS)(
  'a flow of %s records through a real registry',
  async (format) => {
    const openReader = await openFlow(format);
    const reader = await openReader();
    const first = await register(format);
    await send(first, ...Array.from({ length: 30 }, (_, n) => person(n)));
    await count('masked.people', 30);
    await count('encrypted.people', 30);
    const masked = await decoded('masked.people');
    expect(masked).toEqual(Array.from({ length: 30 }, (_, n) => maskedPerson(n)));
    for (const [n, one] of (await decoded('encrypted.people')).entries()) {
      const { age, name, ssn } = one as Record<'age' | 'name' | 'ssn', string>;
      expect(name).toBe(`Ann ${n}`);
      expect(await reader.openField('/ssn', ssn)).toMatchObject({
        plain: Buffer.from(person(n).ssn),
      });
      expect(await reader.openField('/age', age)).toMatchObject({
        plain: Buffer.from(String(20 + n)),
      });
    }

    // A field that the policy does not name is dropped and raises an alert.
    const second = await register(format, 'nickname');
    await send(second, { ...person(30), nickname: `${canary}-nickname` });
    await count('masked.people', 31);
    expect((await decoded('masked.people')).at(-1)).toEqual(maskedPerson(30));
    await until(async () => {
      const alerts = await valuesOf(bus, ALERT_TOPIC);
      return alerts.some((one) => one.includes('unknown-schema-fields/people'));
    }, 'the alert');

    // The command opens and reseals JSON; of other formats it says how their fields are opened.
    await bus.admin.createTopic('encrypted.anew', 1, 1, {});
    const tail = await run(['tail', 'encrypted.people', '--open', '--max', '1']);
    const rewrap = await run(['rewrap', 'encrypted.people', 'encrypted.anew']);
    if (format === 'json-schema') {
      expect(JSON.parse(tail.out)).toMatchObject({ value: person(0) });
      expect(rewrap.exit, rewrap.err).toBe(0);
      const [anew] = await decoded('encrypted.anew');
      const opened = await reader.openField('/ssn', anew['ssn'] as string);
      expect(opened).toMatchObject({ plain: Buffer.from(person(0).ssn) });
    } else {
      const refused = [2, expect.stringContaining('docs/consumers.md')];
      expect([tail.exit, tail.err]).toEqual(refused);
      expect([rewrap.exit, rewrap.err]).toEqual(refused);
    }

    // What nobody can read is rejected, and told by its code.
    const unknown = await client.encode(first, person(31));
    unknown.writeUInt32BE(999_999, 1);
    const bare = Buffer.from(JSON.stringify(person(32)));
    await bus.append('raw.people', 0, [
      { key: null, value: unknown },
      { key: null, value: bare },
    ]);
    await count('rejected.people', 2);
    expect(await rejects()).toEqual(['RECORD_NOT_FRAMED', 'SCHEMA_UNKNOWN']);

    // Without the registry what is known goes on; what is new waits, and nothing of it is rejected.
    const third = await register(format, 'nickname', 'title');
    local.line.cut();
    await send(first, person(33));
    await count('masked.people', 32);
    await send(third, { ...person(34), nickname: 'b', title: `${canary}-title` });
    await until(async () => {
      const paused = await told('ingest', 'paused');
      return paused.some((event) => JSON.stringify(event).includes('REGISTRY_UNREACHABLE'));
    }, 'ingest waits');
    local.line.mend();
    await count('masked.people', 33);
    await count('encrypted.people', 33);
    expect((await decoded('masked.people')).at(-1)).toEqual(maskedPerson(34));
    expect(await valuesOf(bus, 'rejected.people')).toHaveLength(2);

    // The command treats the same records in the same way.
    await bus.admin.createTopic('masked.anew', 1, 1, {});
    const anew = ['--stage', 'mask', '--from', '1h', '--to-topic', 'masked.anew'];
    await sealstream('reprocess', '--dataset', 'people', ...anew);
    expect(await decoded('masked.anew')).toEqual(await decoded('masked.people'));
    const replay = await run(['replay', '--dataset', 'people', '--json']);
    expect(replay.exit, replay.err).toBe(1);
    expect(JSON.parse(replay.out)).toMatchObject({
      replayed: { accepted: 0, rejected: 2, kept: 0 },
    });

    for (const topic of ['masked', 'encrypted', 'accepted', 'rejected'] as const) {
      const bytes = Buffer.concat(await valuesOf(bus, `${topic}.people`));
      expect(bytes.includes(canary)).toBe(false);
      expect(bytes.includes('123-45-1')).toBe(false);
    }
    reader.close();
  },
  240_000,
);

test.each(FORMATS)(
  'a person of %s records has tokens and keys of their own, until they are shredded',
  async (format) => {
    const email = '/contacts/*/email: { type: string, class: random, mask: tokenise }';
    const text = policy(format)
      .replace('required:', 'subject: /ssn\n    required:')
      .replace(/\/contacts.*/, email);
    await openFlow(format, text);
    const id = await register(format);
    await send(id, person(1), person(2), person(1));
    await count('masked.people', 3);
    await count('encrypted.people', 3);
    const tokens = (await decoded('masked.people')).map(({ contacts }) => JSON.stringify(contacts));
    expect(tokens[0]).toBe(tokens[2]);
    expect(tokens[0]).not.toBe(tokens[1]);
    expect(tokens.join(' ')).not.toContain(canary);

    const shred = ['subjects', 'shred', '--dataset', 'people', '--reason', 'R-1', '--yes'];
    const shredded = await run(shred, person(1).ssn);
    expect(shredded.exit, shredded.err).toBe(0);
    await send(id, person(1), person(2));
    await count('masked.people', 4);
    await count('rejected.people', 1);
    expect(await rejects()).toEqual(['SUBJECT_SHREDDED']);
  },
  120_000,
);

test('rejects of records with schemas are tried again through access, which asks the registry', async () => {
  const needsMore = policy('avro').replace('required: [/ssn]', 'required: [/ssn, /nickname]');
  const nickname = '/nickname: { type: string, mask: redact }\n      /name:';
  const text = needsMore.replace('/name:', nickname) + REPLAYER;
  await openFlow('avro', text);
  const id = await register('avro');
  const unknown = await client.encode(id, person(2));
  unknown.writeUInt32BE(999_999, 1);
  await send(id, person(1));
  await bus.append('raw.people', 0, [{ key: null, value: unknown }]);
  await count('rejected.people', 2);
  const [port = 0] = await freePorts(1);
  startFlow(
    {
      ...env,
      SEALSTREAM_POLICY_FILE: join(dir, 'sealstream.yaml'),
      SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: join(dir, '.sealstream/keys/signer.pub'),
      SEALSTREAM_ACCESS_SECRET: randomBytes(32).toString('base64url'),
      SEALSTREAM_ACCESS_PORT: String(port),
    },
    ['access'],
  );
  const basic = await replayer();
  const replay = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/datasets/people/rejects/replay`, {
      method: 'POST',
      headers: { authorization: `Basic ${basic}`, 'content-type': 'application/json' },
      body: '{}',
    }).catch(() => undefined);
    return answer?.status === 200 ? ((await answer.json()) as object) : undefined;
  };
  const codes = (...all: string[]) =>
    all.map((code) => ({ id: expect.any(String) as string, code }));
  await expect
    .poll(replay, { timeout: 60_000 })
    .toEqual({ replayed: 0, skipped: 0, refused: codes('RECORD_MISSING_FIELD', 'SCHEMA_UNKNOWN') });
  // The policy asks for less: what is complete now passes, and what nobody can read stays.
  writeFileSync(
    join(dir, 'sealstream.yaml'),
    text.replace('revision: 1', 'revision: 2').replace(', /nickname]', ']'),
  );
  await expect
    .poll(replay, { timeout: 60_000 })
    .toMatchObject({ replayed: 1, refused: codes('SCHEMA_UNKNOWN') });
  await count('masked.people', 1);
  expect(await decoded('masked.people')).toEqual([maskedPerson(1)]);
}, 240_000);
