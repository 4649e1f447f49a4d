import { generateKeyPairSync, randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { ADMINISTRATOR } from '@sealstream/accounts';
import { PlainEvent } from '@sealstream/contracts';
import { keyFilePath } from '@sealstream/keyring';
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest';
import { type Ended, sealstream } from '../../packages/cli/test/built-cli.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    format: json
    unknownFields: reject
    key: { mask: hash, encrypt: hash }
    required: [/ssn]
    fields:
      /ssn:   { type: string, mask: redact, encrypt: seal }
      /name:  { type: string, mask: tokenise, equalityOracle: { accepted: a test }, encrypt: seal }
      /age:   { type: number, mask: redact, encrypt: seal }
      /pets/*: { type: string, mask: redact, encrypt: seal }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into., reference: required }
  roles:
    administrator:
      meaning: Looks after everything.
      allow:
        - { actions: [accounts.read, accounts.write, accounts.credentials, roles.assign] }
        - { actions: [approvals.decide, policy.read, audit.read] }
        - { actions: [grants.read, grants.create, grants.revoke, keys.read], datasets: [people] }
        - { actions: [rejects.read, rejects.replay], datasets: [people] }
    analyst:
      meaning: Looks at cases.
      allow:
        - { actions: [reveal, detokenise], datasets: [people], fields: ['*'], purposes: [fraud] }
    reader:
      meaning: Reads the policy.
      allow: [{ actions: [policy.read] }]
`;
const PASSWORDS: Readonly<Record<string, string>> = {
  ann: 'seventeen brown chairs stand',
  ben: 'nineteen black tables wobble',
  eve: 'twenty grey clouds move along',
};

let flow: RunningFlow;
let access: RunningAccess;
let direct: Record<string, string>;

/** The environment of a person with a machine of their own, who has nothing but the address. */
function remote(who: string, more: Readonly<Record<string, string>> = {}) {
  const home = join(flow.place.tmp, `state-${who}`);
  return { SEALSTREAM_ACCESS_URL: access.base, XDG_STATE_HOME: home, ...more };
}

const run = (env: Record<string, string>, line: string, stdin = ''): Promise<Ended> =>
  sealstream(line.split(' '), { env, stdin });

async function done(env: Record<string, string>, line: string, stdin = ''): Promise<string> {
  const { err, exit, out } = await run(env, line, stdin);
  expect({ exit, err }).toMatchObject({ exit: 0 });
  return String(out);
}

const json = async (env: Record<string, string>, line: string, stdin = '') =>
  (await done(env, `${line} --json`, stdin))
    .trim()
    .split('\n')
    .filter((text) => text !== '')
    .map((text) => JSON.parse(text) as Record<string, unknown>);

/** What is told of a failure, as data. */
async function failed(env: Record<string, string>, line: string, stdin = '') {
  const { err, exit, out } = await run(env, `${line} --json`, stdin);
  const last = err.trim().split('\n').at(-1) ?? '';
  const { error, mend, place } = JSON.parse(last) as {
    error: string;
    mend: string;
    place: Record<string, string>;
  };
  return { exit, out: String(out), error, place, mend };
}

const login = (who: string) => done(remote(who), `login --name ${who}`, PASSWORDS[who]);

async function told(service: 'cli' | 'access'): Promise<PlainEvent[]> {
  const records = await flow.readAll(`audit.events.${service}`);
  return records.flatMap(({ value }) => {
    const event = PlainEvent.safeParse(JSON.parse(String(value)));
    return event.success ? [event.data] : [];
  });
}

beforeAll(async () => {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  await Promise.all(['ingest', 'encrypt', 'mask'].map((name) => flow.start(name as 'ingest')));
  // What replays need beside the keys of access.
  for (const purpose of ['accepted', 'rejected', 'producer'] as const)
    copyFileSync(
      keyFilePath(flow.place.keys, purpose),
      keyFilePath(flow.place.keysOf('access'), purpose),
    );
  access = await RunningAccess.start(
    flow,
    servers.redisUrl,
    {
      SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
    },
    { isNew: true },
  );
  await access.user('ann', PASSWORDS['ann'], ADMINISTRATOR);
  await access.user('ben', PASSWORDS['ben'], ADMINISTRATOR);
  await access.user('eve', PASSWORDS['eve'], 'analyst');
  direct = {
    KAFKA_BROKERS: servers.kafkaBrokers,
    REDIS_URL: servers.redisUrl,
    SEALSTREAM_NAME_PREFIX: flow.namePrefix,
    SEALSTREAM_POLICY_FILE: flow.place.policyFile,
    SEALSTREAM_KEY_DIR: flow.place.keys,
    SEALSTREAM_ALLOW_UNLOCKED: 'true',
  };
  const { raw } = flow.dataset.topics;
  const good = { ssn: '900-11-4711', name: 'Ann', age: 12.5, pets: ['rex', 'tom'] };
  for (const value of [good, { name: 'no number' }])
    await flow.bus.append(raw, 0, [{ key: null, value: Buffer.from(JSON.stringify(value)) }]);
  const { encrypted, masked, rejected } = flow.dataset.topics;
  for (const topic of [encrypted, masked, rejected])
    await until(async () => (await flow.readAll(topic)).length === 1);
  for (const who of ['ann', 'ben', 'eve']) await login(who);
});
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

describe('a login', () => {
  test('that is refused leaves nothing, and one that succeeds a file for its owner alone', async () => {
    const env = remote('guest');
    const wrong = await failed(env, 'login --name eve', 'not her password');
    expect(wrong).toMatchObject({ exit: 2, error: 'SIGN_IN_REFUSED', out: '' });
    expect(wrong.place['request']).toBeTypeOf('string');
    const dir = join(env.XDG_STATE_HOME, 'sealstream');
    expect(readdirSync(dir).filter((name) => name.endsWith('.json'))).toEqual([]);
    expect(await failed(env, 'whoami')).toMatchObject({ exit: 2, error: 'SIGN_IN_NEEDED' });

    const { err, exit } = await run(env, 'login --name eve', PASSWORDS['eve']);
    expect({ exit, err }).toMatchObject({ exit: 0 });
    const [name = ''] = readdirSync(dir).filter((one) => one.endsWith('.json'));
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(dir, name), 'utf8')).not.toContain(PASSWORDS['eve']);
    expect(await json(env, 'whoami')).toMatchObject([
      { account: 'eve', by: 'session', roles: ['analyst'], actions: ['detokenise', 'reveal'] },
    ]);

    const { accessToken } = JSON.parse(readFileSync(join(dir, name), 'utf8')) as {
      accessToken: string;
    };
    expect(await done(env, 'logout')).toBe('eve is signed out\n');
    expect(existsSync(join(dir, name))).toBe(false);
    expect((await access.ask('GET', '/v1/me', { bearer: accessToken })).status).toBe(401);
    expect(await failed(env, 'whoami')).toMatchObject({ error: 'SIGN_IN_NEEDED' });
  });

  test('is renewed by itself, once, whichever commands run at the same time', async () => {
    const env = remote('eve');
    const dir = join(env.XDG_STATE_HOME, 'sealstream');
    const file = join(dir, readdirSync(dir).find((name) => name.endsWith('.json')) ?? '');
    const before = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    writeFileSync(file, JSON.stringify({ ...before, accessEndsMs: 0 }));
    const all = await Promise.all(Array.from({ length: 4 }, () => run(env, 'whoami')));
    for (const { err, exit } of all) expect({ exit, err }).toMatchObject({ exit: 0 });
    const after = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    expect(after['refreshToken']).not.toBe(before['refreshToken']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    // A token that access takes no more, though the file thinks that it holds.
    writeFileSync(
      file,
      JSON.stringify({ ...after, accessToken: `${String(after['accessToken'])}x` }),
    );
    await done(env, 'whoami');
  });

  test('is not used where others may read its file, and is sent to no other address', async () => {
    const env = remote('open');
    await done(env, 'login --name eve', PASSWORDS['eve']);
    const dir = join(env.XDG_STATE_HOME, 'sealstream');
    const file = join(dir, readdirSync(dir).find((name) => name.endsWith('.json')) ?? '');
    const text = readFileSync(file, 'utf8').replace(access.base, 'http://127.0.0.1:1');
    writeFileSync(file, text);
    expect(await failed(env, 'whoami')).toMatchObject({ exit: 2, error: 'SIGN_IN_NEEDED' });
    chmodSync(file, 0o640);
    expect(await failed(env, 'whoami')).toMatchObject({ exit: 2, error: 'KEY_FILE_OPEN' });
  });
});

describe('users and API keys through access', () => {
  test('show the same facts as directly', async () => {
    const [ann, ops] = [remote('ann'), direct];
    const users = (await json(ops, 'users list')) as { name: string }[];
    expect(users.map(({ name }) => name)).toEqual(['ann', 'ben', 'eve']);
    expect(await json(ann, 'users list')).toEqual(users);
    expect(await done(ann, 'users list')).toBe(await done(ops, 'users list'));
    const [{ sessions, ...shown } = {}] = await json(ops, 'users show eve');
    expect(sessions).toBeInstanceOf(Array);
    expect(await json(ann, 'users show eve')).toEqual([shown]);
  });

  test('give a role with a second person, and say how', async () => {
    const [ann, ben] = [remote('ann'), remote('ben')];
    await done(ann, 'users create cid --person cid --no-password');
    const asked = await failed(ann, 'users grant-role cid reader --if-version 1');
    expect(asked).toMatchObject({ exit: 1, error: 'APPROVAL_NEEDED', out: '' });
    const { approval: id = '', digest = '' } = asked.place;
    expect(asked.mend).toContain(`sealstream approvals approve ${id}`);
    expect(asked.mend).toContain(`--approval ${id}`);
    expect(await json(ben, 'approvals list')).toMatchObject([
      { id, digest, state: 'open', words: 'ann: Give a role (name cid, role reader)' },
    ]);
    expect(await done(ben, 'approvals list')).toContain('Give a role (name cid, role reader)');
    // Nobody agrees unseen, nobody to their own, and nothing is done before.
    expect(await failed(ben, `approvals approve ${id}`)).toMatchObject({ exit: 2, error: 'USAGE' });
    expect(await failed(ann, `approvals approve ${id} --digest ${digest}`)).toMatchObject({
      exit: 2,
      error: 'APPROVAL_REFUSED',
    });
    expect(
      await failed(ann, `users grant-role cid reader --if-version 1 --approval ${id}`),
    ).toMatchObject({ error: 'APPROVAL_REFUSED' });
    await done(ben, `approvals approve ${id} --digest ${digest}`);
    const line = `users grant-role cid reader --if-version 1 --approval ${id}`;
    expect(await json(ann, line)).toMatchObject([
      { name: 'cid', roles: [{ role: 'reader', by: 'ann' }], version: 2 },
    ]);
    expect(await failed(ann, line)).toMatchObject({ error: 'APPROVAL_REFUSED' });
    expect(await json(direct, 'users show cid')).toMatchObject([
      { roles: [{ role: 'reader', by: 'ann' }] },
    ]);
    const stale = await failed(ann, 'users disable cid --if-version 1');
    expect(stale).toMatchObject({ exit: 1, error: 'VERSION_CHANGED' });
    expect(await json(ann, 'users disable cid --if-version 2')).toMatchObject([{ disabled: true }]);
    expect(await done(ann, 'users enable cid')).toContain('no password');
    expect((await told('access')).map(({ type }) => type)).toContain('approval-used');
  });

  test('set a password: of another alone, the own one with the present one', async () => {
    const [ann, dan] = [remote('ann'), remote('dan')];
    await done(ann, 'users create dan --person dan', 'eleven green ladders lean\n');
    await done(dan, 'login --name dan', 'eleven green ladders lean');
    expect(await failed(dan, 'users list')).toMatchObject({ error: 'OWN_PASSWORD_NEEDED' });
    expect(await failed(dan, 'users set-password dan', 'only one line')).toMatchObject({
      error: 'USAGE',
    });
    const own = 'thirteen blue windows shine';
    await done(dan, 'users set-password dan', `eleven green ladders lean\n${own}\n`);
    expect(await failed(dan, 'whoami')).toMatchObject({ error: 'SIGN_IN_NEEDED' });
    await done(dan, 'login --name dan', own);
  });

  test('make a key that gets in, list it as directly, and revoke it', async () => {
    const eve = remote('eve');
    const order = '--owner eve --name job --actions reveal --datasets people --expires';
    expect(await failed(eve, `api-keys create ${order} 90m`)).toMatchObject({ error: 'USAGE' });
    const [made = {}] = await json(eve, `api-keys create ${order} 2d`);
    const { id, text } = made as { id: string; text: string };
    const program = remote('program', { SEALSTREAM_ACCESS_API_KEY: text });
    expect(await json(program, 'whoami')).toMatchObject([{ by: 'api-key', actions: ['reveal'] }]);
    const keyFile = join(flow.place.tmp, 'job.key');
    writeFileSync(keyFile, `${text}\n`, { mode: 0o600 });
    const fromFile = remote('program', { SEALSTREAM_ACCESS_API_KEY_FILE: keyFile });
    expect(await json(fromFile, 'whoami')).toMatchObject([{ account: 'eve' }]);
    const used = (key: Record<string, unknown>) => ({ ...key, lastUsedMs: 0 });
    expect((await json(eve, 'api-keys list --owner eve')).map(used)).toEqual(
      (await json(direct, 'api-keys list --owner eve')).map(used),
    );
    expect(await failed(program, 'approvals list')).toMatchObject({ exit: 2 });
    await done(eve, `api-keys revoke ${id}`);
    const refused = await failed(program, 'whoami');
    expect(refused).toMatchObject({ exit: 2, error: 'SIGN_IN_REFUSED' });
    expect(JSON.stringify(refused)).not.toContain(text);
  });
});

describe('grants, keys and rejects through access', () => {
  test('make, list and revoke a grant with the facts of the direct way', async () => {
    const ann = remote('ann');
    const file = join(flow.place.tmp, 'consumer.pem');
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, publicKey.export({ type: 'spki', format: 'pem' }));
    const line = `grants create --public-key ${file} --dataset people --fields /ssn --expires 3d`;
    const [made = {}] = await json(ann, line);
    expect(made).toMatchObject({ dataset: 'people', fields: [{ path: '/ssn', form: 'token' }] });
    expect(made['grant']).toMatch(/^ey/);
    expect(await json(ann, 'grants list')).toEqual(await json(direct, 'grants list'));
    expect(await done(ann, 'grants list')).toBe(await done(direct, 'grants list'));
    await done(ann, `grants revoke ${String(made['id'])}`);
    expect(await done(direct, 'grants list')).toContain('revoked');
    expect(await failed(remote('eve'), 'grants list')).toMatchObject({ error: 'ACCESS_DENIED' });
  });

  test('list keysets as directly', async () => {
    const [{ keysets } = {}] = await json(direct, 'keys list');
    const facts = (keysets as object[]).map((one) => ({ ...one, changed: undefined }));
    expect(facts.length).toBeGreaterThan(5);
    expect(await json(remote('ann'), 'keys list')).toEqual([{ keysets: facts }]);
    expect(await done(remote('ann'), 'keys list')).toBe(await done(direct, 'keys list'));
  });

  test('count and try rejects as directly', async () => {
    const line = 'replay --dataset people --dry-run';
    expect(await done(remote('ann'), line)).toBe(await done(direct, line));
    expect(await failed(remote('ann'), 'replay --dataset people --again')).toMatchObject({
      error: 'USAGE',
    });
    const again = 'replay --dataset people --code RECORD_MISSING_FIELD RECORD_UNKNOWN_FIELD --json';
    const tried = await run(remote('ann'), again);
    expect({ exit: tried.exit, told: JSON.parse(String(tried.out)) as unknown }).toMatchObject({
      exit: 1,
      told: { dataset: 'people', open: 1, chosen: 1, replayed: { accepted: 0, rejected: 1 } },
    });
    // Under one policy nothing is tried twice.
    expect(await json(direct, 'replay --dataset people')).toMatchObject([
      { open: 1, chosen: 0, replayed: null },
    ]);
  });
});

describe('values through access', () => {
  const masked = async () => {
    const [record] = await flow.readAll(flow.dataset.topics.masked);
    return JSON.parse(String(record?.value)) as Record<string, string>;
  };
  const encrypted = async () => {
    const [record] = await flow.readAll(flow.dataset.topics.encrypted);
    return String(record?.value);
  };
  const why = '--dataset people --purpose fraud --reference C-4711';

  test('turn back as directly, and only with a purpose', async () => {
    const { name = '' } = await masked();
    const line = 'detokenise --dataset people --path /name';
    const stdin = `${name}\n`;
    expect(await done(direct, `${line} --reason C-4711`, stdin)).toBe('Ann\n');
    expect(await done(remote('eve'), `detokenise ${why} --path /name`, stdin)).toBe('Ann\n');
    expect(await failed(remote('eve'), `${line} --reason x`, stdin)).toMatchObject({
      error: 'USAGE',
    });
    expect(await failed(direct, `${line} --purpose fraud`, stdin)).toMatchObject({
      error: 'USAGE',
    });
    const two = await run(remote('eve'), `detokenise ${why} --path /name`, `${name}\n\nnone\n`);
    expect(two).toMatchObject({ exit: 1, out: Buffer.from('Ann\n\n\n') });
    expect(two.err).toContain('line 3');
  });

  test('reveal tokens, and fields of records where they stand', async () => {
    const record = await encrypted();
    const { name, ssn } = JSON.parse(record) as Record<string, string>;
    const tokens = [
      { path: '/ssn', token: ssn },
      { path: '/ssn', token: name },
    ];
    const lines = tokens.map((one) => JSON.stringify(one)).join('\n');
    const both = await run(remote('eve'), `reveal ${why}`, lines);
    expect(both.exit).toBe(1);
    expect(String(both.out).trim().split('\n')).toEqual([
      '{"path":"/ssn","type":"string","value":"900-11-4711"}',
      '{"path":"/ssn","code":"RECORD_NOT_AUTHENTIC"}',
    ]);
    expect(both.err).toContain('line 2 /ssn: RECORD_NOT_AUTHENTIC');
    expect(both.err).not.toContain('900-11-4711');
    const fields = '--fields /ssn,/age,/pets/*';
    expect(JSON.parse(await done(remote('eve'), `reveal ${why} ${fields}`, record))).toEqual({
      ssn: '900-11-4711',
      name,
      age: 12.5,
      pets: ['rex', 'tom'],
    });
    const tailed = await done(direct, `tail ${flow.dataset.topics.encrypted}`);
    const opened = await done(remote('eve'), `reveal ${why} --fields /ssn`, tailed);
    expect(JSON.parse(opened)).toMatchObject({ value: { ssn: '900-11-4711', name } });
    expect(await failed(remote('eve'), `reveal ${why}`, record)).toMatchObject({ error: 'USAGE' });
    const denied = await failed(remote('ann'), `reveal ${why}`, lines);
    expect(denied).toMatchObject({ exit: 2, error: 'ACCESS_DENIED', out: '' });
    expect(JSON.stringify(denied)).not.toContain(ssn);
    await until(async () => {
      const seen = await json(remote('ann'), 'accesses --dataset people --max 20');
      return seen.some(({ action, given }) => action === 'reveal' && given === 1);
    });
  });
});

describe('when access is not there', () => {
  test('a command ends with 3, says so, and goes no other way', async () => {
    const [port = 0] = await freePorts(1);
    const env = {
      ...direct,
      ...remote('ann', { SEALSTREAM_ACCESS_URL: `http://127.0.0.1:${port}` }),
      SEALSTREAM_ACCESS_API_KEY: 'ssk_any',
    };
    const away = await failed(env, 'users list');
    expect(away).toMatchObject({ exit: 3, error: 'ACCESS_UNREACHABLE', out: '' });
    expect(away.place).toMatchObject({ why: 'ECONNREFUSED' });
    const none = await failed({}, 'whoami');
    expect(none).toMatchObject({ exit: 3, error: 'SERVER_MISSING' });
    const clear = await failed({ SEALSTREAM_ACCESS_URL: 'http://192.0.2.1:9443' }, 'whoami');
    expect(clear).toMatchObject({ exit: 2, error: 'CONFIG_INVALID' });
  });

  test('what answers and is no access is told apart', async () => {
    const server = createServer((socket) => {
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const env = {
      SEALSTREAM_ACCESS_URL: `http://127.0.0.1:${port}`,
      SEALSTREAM_ACCESS_API_KEY: 'x',
    };
    expect(await failed(env, 'whoami')).toMatchObject({ exit: 2, error: 'ACCESS_ANSWER_UNKNOWN' });
  });

  test('a change whose answer is lost is made once, and its answer is given', async () => {
    const cut = await cutOnce();
    const key = await done(
      remote('ann'),
      'api-keys create --owner ann --name cut --actions * --datasets * --expires 1d',
    );
    const env = {
      SEALSTREAM_ACCESS_URL: cut.base,
      SEALSTREAM_ACCESS_API_KEY: key.trim(),
    };
    const [made = {}] = await json(env, 'users create once --person once --no-password');
    expect(made).toMatchObject({ name: 'once', version: 1 });
    expect(cut.connections()).toBe(2);
  });

  /** Passes the first request on, and cuts the connection before its answer. */
  async function cutOnce() {
    const target = new URL(access.base);
    let connections = 0;
    const open = new Set<Socket>();
    const server = createServer((client) => {
      connections += 1;
      const isFirst = connections === 1;
      const upstream = connect(Number(target.port), target.hostname);
      for (const socket of [client, upstream]) {
        open.add(socket);
        socket.on('error', () => undefined);
      }
      client.pipe(upstream);
      if (isFirst) upstream.once('data', () => client.destroy());
      else upstream.pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      for (const socket of open) socket.destroy();
      server.close();
    });
    const { port } = server.address() as AddressInfo;
    return { base: `http://127.0.0.1:${port}`, connections: () => connections };
  }
});

describe('around access', () => {
  test('leads --break-glass alone, with a reason, told before and alerting', async () => {
    const alerting = await flow.start('anomaly-alert');
    const env = { ...direct, ...remote('nobody') };
    expect(await failed(env, 'users list')).toMatchObject({ error: 'SIGN_IN_NEEDED' });
    const argv = ['users', 'enable', 'eve', '--break-glass', 'access is away', '--json'];
    const { err, exit, out } = await sealstream(argv, { env });
    expect({ exit, err }).toMatchObject({ exit: 0 });
    expect(JSON.parse(String(out))).toMatchObject({ name: 'eve' });
    expect(err).toContain('"warning":"break-glass"');
    const events = await told('cli');
    const at = events.findIndex(({ type }) => type === 'break-glass');
    expect(events[at]).toMatchObject({
      actor: expect.stringContaining('@'),
      details: { command: 'users enable', reason: 'access is away' },
    });
    expect(events.slice(at).map(({ type }) => type)).toContain('account-changed');
    const alerts = async () => {
      const all = await flow.readAll('security.alerts');
      return all.map(({ value }) => JSON.parse(String(value)) as Record<string, string>);
    };
    await until(async () =>
      (await alerts()).some(
        ({ rule, seen, state }) =>
          rule === 'break-glass' &&
          state === 'firing' &&
          /users enable .*access is away/.test(seen ?? ''),
      ),
    );
    expect(alerting.name).toBe('anomaly-alert');
  });

  test('is refused without a reason, without the audit log, and where there is no access', async () => {
    const env = { ...direct, ...remote('nobody') };
    for (const reason of [' ', 'two\nlines', 'x'.repeat(2000)]) {
      const argv = ['users', 'list', '--break-glass', reason];
      expect(await sealstream(argv, { env })).toMatchObject({ exit: 2 });
    }
    const away = { ...env, KAFKA_BROKERS: '127.0.0.1:1', SEALSTREAM_CONNECT_WAIT: '500ms' };
    expect(await failed(away, 'users list --break-glass drill')).toMatchObject({
      exit: 3,
      out: '',
    });
    expect(await failed(direct, 'users list --break-glass drill')).toMatchObject({
      exit: 2,
      error: 'USAGE',
    });
    expect(await failed(direct, 'users enable eve --approval x')).toMatchObject({ error: 'USAGE' });
  });

  test('whoever works directly is told that an access runs', async () => {
    const { err, exit } = await run(direct, 'users enable eve');
    expect({ exit, err }).toMatchObject({ exit: 0 });
    expect(err).toContain('SEALSTREAM_ACCESS_URL');
    const { err: quiet } = await run({ ...direct, ...remote('ann') }, 'users enable eve');
    expect(quiet).not.toContain('a service access runs here');
  });
});

describe('over TLS', () => {
  test('the authority that is named is believed, and no other', async () => {
    const [own, other] = ['tls-own', 'tls-other'].map((name) => join(flow.place.tmp, name));
    for (const dir of [own, other]) {
      mkdirSync(dir ?? '');
      await done({}, `certs create --dir ${dir}/pki --host 127.0.0.1`);
    }
    const [port = 0] = await freePorts(1);
    await flow.start('access', {
      SEALSTREAM_ACCESS_PORT: String(port),
      SEALSTREAM_ACCESS_SECRET: randomBytes(32).toString('base64url'),
      SEALSTREAM_ACCESS_TLS_CERT_FILE: join(own ?? '', 'pki', 'server.crt'),
      SEALSTREAM_ACCESS_TLS_KEY_FILE: join(own ?? '', 'pki', 'server.key'),
    });
    const base = { SEALSTREAM_ACCESS_URL: `https://127.0.0.1:${port}` };
    const ca = (dir = '') => ({ SEALSTREAM_ACCESS_CA_FILE: join(dir, 'pki', 'ca.crt') });
    const right = remote('tls', { ...base, ...ca(own) });
    await done(right, 'login --name eve', PASSWORDS['eve']);
    expect(await json(right, 'whoami')).toMatchObject([{ account: 'eve' }]);
    for (const env of [remote('tls', { ...base, ...ca(other) }), remote('tls', base)]) {
      const refused = await failed(env, 'whoami');
      expect(refused).toMatchObject({ exit: 3, error: 'ACCESS_UNREACHABLE' });
      expect(refused.mend).toContain('SEALSTREAM_ACCESS_CA_FILE');
    }
    const gone = remote('tls', { ...base, SEALSTREAM_ACCESS_CA_FILE: join(own ?? '', 'none.crt') });
    expect(await failed(gone, 'whoami')).toMatchObject({ exit: 2, error: 'CONFIG_INVALID' });
  });
});
