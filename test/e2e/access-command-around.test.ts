import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { sealstream } from '../../packages/cli/test/built-cli.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import {
  access,
  direct,
  done,
  failed,
  flow,
  json,
  PASSWORDS,
  remote,
  run,
  told,
  useAccessCommand,
} from './access-command.ts';
import { until } from './running-flow.ts';

useAccessCommand();

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

  test.each([
    'tail encrypted.people --open --max 1',
    'reprocess --dataset people --stage mask --from 1h --to-topic masked.anew',
    'rewrap encrypted.people encrypted.anew',
    'grants resolve request.json',
    'keys restore',
    'keys new-epoch --dataset people --purpose hash --yes',
    'subjects list',
    'subjects backup --dataset people file',
    'subjects restore --dataset people file',
    'subjects rotate-epoch --dataset people --backup file',
  ])('leads it alone for what takes the own keys: %s', async (line) => {
    const before = (await told('cli')).length;
    const refused = await failed({ ...direct, ...remote('nobody') }, line);
    expect(refused).toMatchObject({
      exit: 2,
      error: 'USAGE',
      mend: expect.stringContaining('--break-glass'),
    });
    expect(await told('cli')).toHaveLength(before);
  });

  test('opens a topic once the audit log has the reason', async () => {
    const argv = ['tail', 'encrypted.people', '--open', '--max', '1', '--json'];
    const env = { ...direct, ...remote('nobody') };
    const { err, exit, out } = await sealstream([...argv, '--break-glass', 'a drill'], { env });
    expect({ exit, err }).toMatchObject({ exit: 0 });
    expect(String(out)).toContain('900-11-4711');
    expect(await told('cli')).toContainEqual(
      expect.objectContaining({
        type: 'break-glass',
        details: { command: 'tail', reason: 'a drill' },
      }),
    );
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
