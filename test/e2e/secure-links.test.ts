import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createAuthority } from '@sealstream/certificates';
import { datasetTopics, PlainEvent, SERVICES, stageGroup } from '@sealstream/contracts';
import { kafkaUsers, planTopics } from '@sealstream/service';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { given } from '../../packages/keyring/test/redis-fixture.ts';
import { QUIET } from '../../tools/demo/ground.ts';
import { kafkaAnswers } from '../../tools/stack/kafka-request.ts';
import { opensslProgram } from '../../tools/stack/openssl.ts';
import { redisAnswers } from '../../tools/stack/redis.ts';
import { isAllowed, mayGroup, mayTopic, TRIED } from './rights-tried.ts';
import { until } from './running-flow.ts';
import { SecureFlow } from './secure-flow.ts';

const PEOPLE = { name: 'people', topics: datasetTopics('people'), maxRecordBytes: 1_048_576 };

const TOKENISED =
  '      /phone: { type: string, mask: tokenise, equalityOracle: { accepted: a test }, encrypt: seal }';

let flow: SecureFlow;
beforeAll(async () => {
  // With a field that is tokenised, mask needs what it may write at Redis as its second user.
  flow = await SecureFlow.open((example) => example.replace(/^ *\/phone:.*$/m, TOKENISED));
}, 600_000);
afterAll(async () => flow?.close());

/** A connection as a user; what refuses it is told within seconds. */
function busOf(user: string, changed: { password?: string; ca?: string } = {}) {
  return flow.users.bus(user, QUIET, { ...changed, connectTimeoutMs: 4_000 });
}

async function countOf(user: string, topic: string): Promise<number> {
  const bus = await busOf(user);
  try {
    const partitions = await bus.admin.partitionCount(topic);
    const starts = Array.from({ length: partitions }, (_, partition) => {
      return { topic, partition, offset: 'earliest' as const };
    });
    let count = 0;
    for await (const { records } of bus.read({ starts, until: 'end' })) count += records.length;
    return count;
  } finally {
    await bus.stop();
  }
}

test('with the rights of the plan and no other, all services run over TLS and records arrive', async () => {
  // mask signs in with a certificate, all others with a password.
  await Promise.all(
    SERVICES.map((name) =>
      flow.start(name, name === 'mask' ? flow.users.certificateSettings('mask') : undefined),
    ),
  );
  const producer = await busOf('producer');
  const record = {
    first_name: 'Eva',
    last_name: 'Davis',
    ssn: '567-89-0123',
    email: 'e@d.example',
    phone: '555-0100',
  };
  await producer.append('raw.people', 0, [
    { key: null, value: Buffer.from(JSON.stringify(record)) },
    { key: null, value: Buffer.from('{"ssn":') },
  ]);
  await producer.stop();
  await until(async () => (await countOf('consumer-masked', 'masked.people')) === 1);
  await until(async () => (await countOf('consumer-encrypted', 'encrypted.people')) === 1);
  expect(await countOf('operator', 'rejected.people')).toBe(1);
  const rows = ['KEYS', 'sealstream:vault-token:people:*'] as const;
  expect(await given(flow.stack.redisUrl, rows, { tls: { ca: flow.users.ca } })).toHaveLength(1);
  await until(async () => (await countOf('operator', 'audit.checkpoints')) > 0);
  const logs = readdirSync(flow.place.logs).map((file) =>
    readFileSync(join(flow.place.logs, file), 'utf8'),
  );
  expect(logs.join('')).not.toMatch(/AUTHORIZATION|KAFKA_REFUSED|REDIS_REFUSED/);
}, 300_000);

test('check says that nothing is missing or too much, and tells what is', async () => {
  const check = () => flow.command('admin', 'kafka', 'acls', 'check');
  expect(await check()).toMatch(/rules, as they should be/);
  const admin = await busOf('admin');
  const [rule] = (await admin.accessRules.all()).filter(({ operation }) => operation === 'delete');
  if (rule === undefined) throw new Error('there is no such rule');
  try {
    const more = { ...rule, principal: 'User:guest' };
    await admin.accessRules.add([more]);
    await until(async () =>
      (await admin.accessRules.all()).some((one) => one.principal === 'User:guest'),
    );
    await expect(check()).rejects.toThrow('ended with 1');
    await admin.accessRules.remove([more, rule]);
    await expect(check()).rejects.toThrow('ended with 1');
    await flow.command('admin', 'kafka', 'acls', 'apply');
    expect(await check()).toMatch(/rules, as they should be/);
  } finally {
    await admin.stop();
  }
}, 120_000);

test('brokers allow each user what its rules say, and refuse all else', async () => {
  const topics = planTopics({ datasets: [PEOPLE], existing: new Map(), brokers: 1 });
  const groups = [
    ...['ingest', 'mask', 'encrypt', 'replay'].map((stage) => stageGroup(stage, 'people')),
    'consumer-masked',
    'consumer-encrypted',
  ];
  const table: string[] = [];
  const wrong: string[] = [];
  for (const user of kafkaUsers([PEOPLE])) {
    if (!['mask', 'encrypt', 'consumer-masked'].includes(user.name)) continue;
    const bus = await busOf(user.name);
    const note = (what: string, name: string, is: boolean, should: boolean) => {
      table.push(
        `${user.name.padEnd(16)} ${what.padEnd(9)} ${name.padEnd(26)} ${is ? 'allowed' : 'refused'}`,
      );
      if (is !== should) wrong.push(table.at(-1) ?? '');
    };
    await Promise.all(
      topics.map(async ({ topic }) => {
        for (const tried of TRIED)
          note(
            tried,
            topic,
            await mayTopic(bus, topic, tried),
            isAllowed(user, 'topic', topic, tried),
          );
      }),
    );
    for (const group of groups)
      note('group', group, await mayGroup(bus, group), isAllowed(user, 'group', group, 'describe'));
    await bus.stop();
  }
  process.stdout.write(`${table.join('\n')}\n`);
  expect(wrong).toEqual([]);
  expect(table.filter((line) => /^consumer-masked .* allowed$/.test(line))).toHaveLength(3);
}, 600_000);

test('users that are missing are made with a password in a file each, and nobody else is touched', async () => {
  const users = (...args: string[]) => flow.command('admin', 'kafka', 'users', ...args);
  expect(await users('check', '--also', 'admin')).toMatch(/users, as they should be/);
  await expect(users('check')).rejects.toThrow('ended with 1');
  const rules = join(flow.place.tmp, 'more.acl');
  const rule = (name: string) => `User:${name} allow read topic literal masked.people *\n`;
  writeFileSync(rules, ['fresh', 'kept', 'mask'].map(rule).join(''));
  const dir = join(flow.place.tmp, 'passwords');
  const fileOf = (name: string) => join(dir, `${name}.password`);
  // As of a run that broke off before the broker was told.
  const kept = randomBytes(32).toString('base64url');
  mkdirSync(dir, { mode: 0o700 });
  writeFileSync(fileOf('kept'), kept, { mode: 0o600 });
  const said = await users('apply', '--dir', dir, '--file', rules, '--json');
  const made = ['fresh', 'kept'].map((user) => ({ user, file: fileOf(user) }));
  expect(JSON.parse(said.split('\n')[0] ?? '')).toEqual({ made });
  expect(readdirSync(dir).toSorted()).toEqual(['fresh.password', 'kept.password']);
  const fresh = readFileSync(fileOf('fresh'), 'utf8');
  expect(fresh).toMatch(/^[\w-]{43}$/);
  expect(statSync(fileOf('fresh')).mode & 0o777).toBe(0o600);
  expect(said).not.toContain(fresh);
  for (const [name, password] of Object.entries({ fresh, kept })) {
    const bus = await busOf(name, { password });
    await bus.stop();
  }
  await expect(busOf('fresh', { password: kept })).rejects.toThrow('SASL_AUTHENTICATION_FAILED');
  // The password of mask is the one that it was made with.
  await (await busOf('mask')).stop();
  expect(await users('apply', '--dir', dir, '--file', rules, '--json')).toContain('{"made":[]}');
  expect(
    await users('check', ...['admin', 'fresh', 'kept'].flatMap((name) => ['--also', name])),
  ).toMatch(/users, as they should be/);
}, 240_000);

describe('the password of a user', () => {
  const users = (...args: string[]) => flow.command('admin', 'kafka', 'users', ...args);
  const dirOf = () => join(flow.place.tmp, 'passwords');
  const fileOf = (name: string) => join(dirOf(), `${name}.password`);
  const rotate = (name: string) => users('rotate', name, '--dir', dirOf(), '--json');
  const check = () =>
    users(
      'check',
      '--dir',
      dirOf(),
      ...['admin', 'fresh', 'kept'].flatMap((one) => ['--also', one]),
    );
  const getsIn = async (name: string, password: string): Promise<boolean> => {
    try {
      await (await busOf(name, { password })).stop();
      return true;
    } catch (error) {
      if (String(error).includes('SASL_AUTHENTICATION_FAILED')) return false;
      throw error;
    }
  };
  /** What a broker knows of a change reaches it a moment later. */
  const becomes = (name: string, password: string, is: boolean) =>
    until(async () => (await getsIn(name, password)) === is);
  async function changesOf(name: string): Promise<string[]> {
    const bus = await busOf('admin');
    const starts = [{ topic: 'audit.events.cli', partition: 0, offset: 'earliest' as const }];
    const changes: string[] = [];
    for await (const { records } of bus.read({ starts, until: 'end' }))
      for (const { value } of records) {
        const event = PlainEvent.safeParse(JSON.parse(String(value))).data;
        if (event?.details['kafkaUser'] === name)
          changes.push(
            [event.type, ...['change', 'failed'].flatMap((at) => event.details[at] ?? [])].join(
              ' ',
            ),
          );
      }
    await bus.stop();
    return changes;
  }

  test('is another after a rotation, and that of before opens no connection any more', async () => {
    const before = readFileSync(fileOf('fresh'), 'utf8');
    const standing = await busOf('fresh', { password: before });
    expect(JSON.parse((await rotate('fresh')).split('\n')[0] ?? '')).toEqual({
      user: 'fresh',
      file: fileOf('fresh'),
    });
    const after = readFileSync(fileOf('fresh'), 'utf8');
    expect(after).toMatch(/^[\w-]{43}$/);
    expect(statSync(fileOf('fresh')).mode & 0o777).toBe(0o600);
    expect(readdirSync(dirOf()).toSorted()).toEqual(['fresh.password', 'kept.password']);
    await becomes('fresh', after, true);
    await becomes('fresh', before, false);
    // Others keep theirs.
    expect(await getsIn('kept', readFileSync(fileOf('kept'), 'utf8'))).toBe(true);
    await standing.stop();
    expect(await changesOf('fresh')).toEqual([
      'account-change-ordered rotate-kafka-user',
      'account-changed rotate-kafka-user',
    ]);
    await expect(rotate('nobody')).rejects.toThrow('ended with 2');
    expect(readdirSync(dirOf())).toHaveLength(2);
  }, 120_000);

  test('that broke off before the broker was told, or after, is named by check and mended by the next', async () => {
    expect(await check()).toMatch(/users, as they should be/);
    // Before: the next password is in its file alone.
    const old = readFileSync(fileOf('fresh'), 'utf8');
    const planned = randomBytes(32).toString('base64url');
    writeFileSync(`${fileOf('fresh')}.next`, planned, { mode: 0o600 });
    await expect(check()).rejects.toThrow('ended with 1');
    expect(await getsIn('fresh', old)).toBe(true);
    await rotate('fresh');
    expect(readFileSync(fileOf('fresh'), 'utf8')).toBe(planned);
    await becomes('fresh', planned, true);
    await becomes('fresh', old, false);
    expect(await check()).toMatch(/users, as they should be/);
    // After: something stands where the file belongs, so that the command ends between the two.
    renameSync(fileOf('fresh'), join(flow.place.tmp, 'fresh.before'));
    mkdirSync(join(fileOf('fresh'), 'x'), { recursive: true });
    await expect(rotate('fresh')).rejects.toThrow(/ended with/);
    const next = readFileSync(`${fileOf('fresh')}.next`, 'utf8');
    await becomes('fresh', next, true);
    await becomes('fresh', planned, false);
    await expect(check()).rejects.toThrow('ended with 1');
    rmSync(fileOf('fresh'), { recursive: true });
    renameSync(join(flow.place.tmp, 'fresh.before'), fileOf('fresh'));
    await rotate('fresh');
    expect(readFileSync(fileOf('fresh'), 'utf8')).toBe(next);
    expect(await getsIn('fresh', next)).toBe(true);
    expect(await check()).toMatch(/users, as they should be/);
    expect(await changesOf('fresh')).toContain('account-changed rotate-kafka-user FILE_UNREADABLE');
  }, 240_000);

  test('is taken away with its file where the user is not of the plan, and of the plan by its name alone', async () => {
    const password = readFileSync(fileOf('kept'), 'utf8');
    expect(await users('delete', 'kept', '--dir', dirOf())).toContain('deleted kept');
    await becomes('kept', password, false);
    expect(readdirSync(dirOf())).toEqual(['fresh.password']);
    await expect(users('delete', 'kept')).rejects.toThrow('ended with 2');
    await expect(users('delete', 'admin')).rejects.toThrow('ended with 2');
    await expect(users('delete', 'consumer-masked')).rejects.toThrow('ended with 2');
    const other = flow.users.files.kafka['consumer-masked'] ?? '';
    expect(await getsIn('consumer-masked', other)).toBe(true);
    const rules = join(flow.place.tmp, 'more.acl');
    const named = ['--file', rules, '--planned', 'fresh'];
    await expect(users('delete', 'fresh', '--file', rules)).rejects.toThrow('ended with 2');
    const fresh = readFileSync(fileOf('fresh'), 'utf8');
    await users('delete', 'fresh', ...named);
    await becomes('fresh', fresh, false);
    expect(await changesOf('kept')).toEqual([
      'account-change-ordered delete-kafka-user',
      'account-changed delete-kafka-user',
    ]);
    expect(await users('check', '--also', 'admin')).toMatch(/users, as they should be/);
  }, 240_000);
});

test('whoever is no administrator sees no users and makes none', async () => {
  const bus = await busOf('mask');
  const refused = { code: 'KAFKA_REFUSED', place: { refusal: 'CLUSTER_AUTHORIZATION_FAILED' } };
  await expect(bus.scramUsers.all()).rejects.toMatchObject(refused);
  const user = { name: 'intruder', password: randomBytes(32).toString('base64url') };
  await expect(bus.scramUsers.set([user])).rejects.toMatchObject(refused);
  const ingest = { name: 'ingest', mechanisms: ['SCRAM-SHA-512'] } as const;
  await expect(bus.scramUsers.remove(ingest)).rejects.toMatchObject(refused);
  await expect(bus.scramUsers.replace(ingest, user.password)).rejects.toMatchObject(refused);
  await bus.stop();
  const admin = await busOf('admin');
  expect((await admin.scramUsers.all()).map(({ name }) => name)).not.toContain('intruder');
  await admin.stop();
}, 60_000);

test('a topic that a user may not see is told as refused, with its name, and not as missing', async () => {
  const bus = await busOf('consumer-masked');
  await expect(bus.admin.partitionCount('raw.people')).rejects.toThrow(
    /^KAFKA_REFUSED: .*raw\.people.*TOPIC_AUTHORIZATION_FAILED/,
  );
  await bus.stop();
});

test('a wrong password, a foreign authority and a user that is none are refused and named', async () => {
  const foreign = await createAuthority('x', { fromMs: Date.now(), untilMs: Date.now() + 60_000 });
  await expect(busOf('mask', { password: 'wrong' })).rejects.toThrow('SASL_AUTHENTICATION_FAILED');
  await expect(busOf('nobody', { password: 'x' })).rejects.toThrow('SASL_AUTHENTICATION_FAILED');
  await expect(busOf('mask', { ca: foreign.certificate })).rejects.toThrow(
    /KAFKA_REFUSED.*UNABLE_TO_/,
  );
}, 60_000);

test("a service with another's user at Kafka ends with 78 and says what was refused", async () => {
  for (const [name, more, code] of [
    ['encrypt', flow.users.kafkaSettings('mask'), 'KAFKA_REFUSED'],
    ['mask', flow.users.certificateSettings('encrypt'), 'KAFKA_REFUSED'],
  ] as const) {
    const ended: (number | null)[] = [];
    const service = await flow.launch(name, more, (exit) => ended.push(exit));
    await until(() => ended.length > 0);
    expect(ended).toEqual([78]);
    expect(readFileSync(service.log, 'utf8')).toContain(code);
  }
}, 120_000);

test('nothing answers in plaintext, or over TLS that is older than 1.2', async () => {
  const { certificatesBrokers = '', kafkaBrokers } = flow.stack;
  const { port } = new URL(flow.stack.redisUrl);
  expect(await kafkaAnswers(kafkaBrokers, 2_000, flow.users.ca)).toBe(true);
  for (const broker of [kafkaBrokers, certificatesBrokers])
    expect(await kafkaAnswers(broker, 2_000)).toBe(false);
  expect(await redisAnswers(flow.stack.redisUrl, 2_000, flow.users.ca)).toBeDefined();
  expect(await redisAnswers(`redis://127.0.0.1:${port}`, 2_000)).toBeUndefined();
  const openssl = await opensslProgram();
  for (const address of [kafkaBrokers, certificatesBrokers, `127.0.0.1:${port}`])
    for (const version of ['-tls1_1', '-tls1']) {
      const args = ['s_client', '-connect', address, version, '-cipher', 'ALL:@SECLEVEL=0'];
      const asked = promisify(execFile)(openssl, args);
      asked.child.stdin?.end();
      await expect(asked).rejects.toMatchObject({ code: 1 });
    }
}, 60_000);
