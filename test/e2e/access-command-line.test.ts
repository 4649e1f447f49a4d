import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  access,
  direct,
  done,
  failed,
  flow,
  json,
  login,
  PASSWORDS,
  remote,
  run,
  told,
  useAccessCommand,
} from './access-command.ts';
import { until } from './running-flow.ts';

useAccessCommand();

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
    const shown = await json(ops, 'users show eve');
    expect(shown[0]?.['sessions']).not.toEqual([]);
    expect(await json(ann, 'users show eve')).toEqual(shown);
    expect(await done(ann, 'users show eve')).toBe(await done(ops, 'users show eve'));
    // Whoever has no such role sees the own ones, and nobody else's.
    expect(await json(remote('eve'), 'users show eve')).toEqual(shown);
    expect(await failed(remote('eve'), 'users show ann')).toMatchObject({ error: 'ACCESS_DENIED' });
  });

  test('end the sessions of a user, as directly, and of the own ones without a role', async () => {
    const [ann, lost] = [remote('ann'), remote('lost')];
    await done(lost, 'login --name eve', PASSWORDS['eve']);
    const here = remote('here');
    await done(here, 'login --name ben', PASSWORDS['ben']);
    expect(await failed(lost, 'users sign-out ann')).toMatchObject({ error: 'ACCESS_DENIED' });
    const [{ ended } = {}] = await json(ann, 'users sign-out eve');
    expect(ended).toBeGreaterThan(1);
    expect(await json(ann, 'users show eve')).toMatchObject([{ sessions: [] }]);
    expect(await failed(lost, 'whoami')).toMatchObject({ error: 'SIGN_IN_NEEDED' });
    await login('eve');
    expect(await json(remote('eve'), 'users sign-out eve')).toEqual([{ user: 'eve', ended: 1 }]);
    await login('eve');
    expect(await json(direct, 'users sign-out ben')).toEqual([{ user: 'ben', ended: 2 }]);
    expect(await failed(here, 'whoami')).toMatchObject({ error: 'SIGN_IN_NEEDED' });
    await login('ben');
    expect(await failed(ann, 'users sign-out nobody')).toMatchObject({ error: 'ACCOUNT_UNKNOWN' });
    const events = (await told('access')).filter(
      ({ details }) => details?.['action'] === 'accounts.write' && details['user'] === 'eve',
    );
    expect(events.map(({ type }) => type)).toEqual(['access-ordered', 'access-done']);
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
    expect(await json(remote('ann'), 'replay --dataset people')).toMatchObject([
      { open: 1, chosen: 0, replayed: null },
    ]);
  });

  test('try again what was tried under this policy before, when that is asked for, as directly', async () => {
    const dry = 'replay --dataset people --again --dry-run';
    expect(await json(remote('ann'), dry)).toEqual(await json(direct, dry));
    expect(await json(remote('ann'), dry)).toMatchObject([{ open: 1, chosen: 1, replayed: null }]);
    const other = 'replay --dataset people --again --code RECORD_UNKNOWN_FIELD';
    expect(await json(remote('ann'), other)).toMatchObject([{ open: 1, chosen: 0 }]);
    for (const [env, how] of [
      [remote('ann'), 'access'],
      [direct, 'directly'],
    ] as const) {
      const { exit, out } = await run(env, 'replay --dataset people --again --json');
      expect([how, exit, JSON.parse(String(out))]).toMatchObject([
        how,
        1,
        { open: 1, chosen: 1, replayed: { accepted: 0, rejected: 1, kept: 0 } },
      ]);
    }
    // Each try is one attempt more, and on the audit log as what it was.
    const basic = `ann:${PASSWORDS['ann'] ?? ''}`;
    const { json: open } = await access.ask('GET', '/v1/datasets/people/rejects', { basic });
    expect(open).toMatchObject({ items: [{ code: 'RECORD_MISSING_FIELD', attempt: 3 }] });
    const targets = (await told('access')).map(({ details }) => details?.['target']);
    expect(targets).toContain('all again');
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
