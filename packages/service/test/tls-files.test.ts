import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { promisify } from 'node:util';

import {
  type Authority,
  type CertificatePair,
  createAuthority,
  issueCertificate,
} from '@sealstream/certificates';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';

import { opensslProgram } from '../../../tools/stack/openssl.ts';
import { Health } from '../src/health.ts';
import { type HttpServer, openHttp } from '../src/http.ts';
import { openMetrics } from '../src/metrics.ts';
import { TlsFiles } from '../src/tls-files.ts';

const DAY_MS = 86_400_000;
const POLL_MS = 20;
const validity = { fromMs: Date.now() - DAY_MS, untilMs: Date.now() + DAY_MS };
const expired = { fromMs: Date.now() - 2 * DAY_MS, untilMs: Date.now() - DAY_MS };

let dir: string;
let openssl: string;
let authority: Authority;
let other: Authority;
const certFile = () => join(dir, 'server.crt');
const keyFile = () => join(dir, 'server.key');
const caFile = () => join(dir, 'ca.crt');

const server = (when = validity, host = 'localhost') =>
  issueCertificate(authority, { use: 'server', name: host, hosts: [host], validity: when });

function write({ certificate, privateKey }: CertificatePair): void {
  writeFileSync(keyFile(), privateKey, { mode: 0o600 });
  writeFileSync(certFile(), certificate);
}

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'sealstream-tls-'));
  openssl = await opensslProgram();
  authority = await createAuthority('one', validity);
  other = await createAuthority('two', validity);
  writeFileSync(caFile(), authority.certificate);
}, 60_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

let metrics = openMetrics('mask');
let told: [level: string, code: unknown][] = [];
let tls: TlsFiles | undefined;
let http: HttpServer | undefined;
beforeEach(async () => {
  metrics = openMetrics('mask');
  told = [];
  write(await server());
});
afterEach(async () => {
  tls?.stop();
  await http?.stop();
  http = undefined;
});

const tell =
  (level: string) =>
  ({ code }: { readonly code?: unknown }) =>
    void told.push([level, code]);
const logger = {
  debug: tell('debug'),
  info: tell('info'),
  warn: tell('warn'),
  error: tell('error'),
};
const opened = (clientCaFile?: string) =>
  TlsFiles.open({
    certFile: certFile(),
    keyFile: keyFile(),
    clientCaFile,
    use: 'http',
    logger,
    metrics,
    pollMs: POLL_MS,
  });

async function listening(clientCaFile?: string): Promise<number> {
  tls = opened(clientCaFile);
  http = await openHttp({ host: '127.0.0.1', port: 0, health: new Health(), metrics, tls });
  return http.port;
}

interface Answer {
  readonly status: number | undefined;
  readonly serial: string;
  readonly localPort: number | undefined;
}

interface Client {
  readonly ca?: string;
  readonly servername?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly agent?: Agent;
}

async function ask(port: number, client: Client = {}): Promise<Answer> {
  const { agent = new Agent(), ca = authority.certificate, servername = 'localhost' } = client;
  const { cert, key } = client;
  const request = get({
    host: '127.0.0.1',
    port,
    path: '/livez',
    ca,
    servername,
    cert,
    key,
    agent,
  });
  const [response] = await once(request, 'response');
  const socket = response.socket as TLSSocket;
  const serial = socket.getPeerCertificate().serialNumber;
  const { localPort } = socket;
  response.resume();
  await once(response, 'end');
  return { status: response.statusCode, serial, localPort };
}

/** What openssl s_client says and how it ends. */
async function sClient(port: number, ...args: string[]): Promise<{ exit: number; said: string }> {
  const trust = ['-CAfile', caFile(), '-verify_return_error', '-verify_hostname', 'localhost'];
  const running = promisify(execFile)(openssl, [
    's_client',
    '-connect',
    `127.0.0.1:${port}`,
    '-servername',
    'localhost',
    ...trust,
    ...args,
  ]);
  running.child.stdin?.end('Q\n');
  return running.then(
    ({ stderr, stdout }) => ({ exit: 0, said: stdout + stderr }),
    (error: unknown) => {
      const { code, stderr, stdout } = error as { code: number; stdout: string; stderr: string };
      return { exit: code, said: stdout + stderr };
    },
  );
}

async function until(isSo: () => boolean | Promise<boolean>): Promise<void> {
  for (const end = performance.now() + 5_000; !(await isSo()); await sleep(POLL_MS))
    if (performance.now() > end) throw new Error('it did not come to that');
}

test('OpenSSL speaks TLS 1.3 with it unless told otherwise, TLS 1.2 when told, and nothing older', async () => {
  const port = await listening();
  const usual = await sClient(port);
  expect([usual.exit, usual.said]).toEqual([0, expect.stringContaining('TLSv1.3')]);
  const older = await sClient(port, '-tls1_2');
  expect([older.exit, older.said]).toEqual([0, expect.stringContaining('TLSv1.2')]);
  // SECLEVEL=0: else OpenSSL itself would not offer it.
  for (const version of ['-tls1_1', '-tls1']) {
    const refused = await sClient(port, version, '-cipher', 'ALL:@SECLEVEL=0');
    expect(refused.exit).toBe(1);
    expect(refused.said).toMatch(/alert protocol version|alert number 70/);
  }
});

test('nobody becomes somebody else on a connection: it is not negotiated anew', async () => {
  const port = await listening();
  const own = {
    ca: authority.certificate,
    servername: 'localhost',
    maxVersion: 'TLSv1.2',
  } as const;
  const socket = connect({ host: '127.0.0.1', port, ...own });
  await once(socket, 'secureConnect');
  const outcome = await new Promise<string>((done) => {
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? error.name));
    socket.once('close', () => done('closed'));
    socket.renegotiate({}, (error) => done(error === null ? 'negotiated' : error.name));
  });
  socket.destroy();
  expect(outcome).toBe('ERR_SSL_NO_RENEGOTIATION');
});

test('a client refuses another authority, another name and a certificate that ended', async () => {
  const port = await listening();
  expect((await ask(port)).status).toBe(200);
  await expect(ask(port, { ca: other.certificate })).rejects.toThrow();
  await expect(ask(port, { servername: 'elsewhere' })).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  });
  await expect(fetch(`http://127.0.0.1:${port}/livez`)).rejects.toThrow();
  const wrong = await sClient(port, '-verify_hostname', 'elsewhere');
  expect([wrong.exit, wrong.said]).toEqual([1, expect.stringMatching(/hostname mismatch/i)]);
});

test('where authorities of clients are given, only who has a certificate of theirs is answered', async () => {
  const port = await listening(caFile());
  const request = { use: 'client', name: 'prometheus', validity } as const;
  const good = await issueCertificate(authority, request);
  const foreign = await issueCertificate(other, request);
  const late = await issueCertificate(authority, { ...request, validity: expired });
  const server = await issueCertificate(authority, {
    use: 'server',
    name: 'x',
    hosts: ['x'],
    validity,
  });
  const as = ({ certificate, privateKey }: CertificatePair) =>
    ask(port, { cert: certificate, key: privateKey });
  expect((await as(good)).status).toBe(200);
  for (const pair of [foreign, late, server]) await expect(as(pair)).rejects.toThrow();
  await expect(ask(port)).rejects.toThrow();
});

test('another pair is taken without cutting a connection that is kept alive', async () => {
  const port = await listening();
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  try {
    const first = await ask(port, { agent });
    write(await server());
    await until(async () => (await ask(port)).serial !== first.serial);
    const again = await ask(port, { agent });
    expect(again).toEqual(first);
    expect(told).toEqual([['info', undefined]]);
    expect(await metrics.text()).toContain(
      'sealstream_tls_reloads_total{use="http",outcome="taken"} 1',
    );
  } finally {
    agent.destroy();
  }
});

test.each([
  ['the key of another', async () => ({ ...(await server()), privateKey: other.privateKey })],
  ['no certificate', async () => ({ ...(await server()), certificate: 'text' })],
  ['one that ended', () => server(expired)],
  [
    'one not begun',
    () => server({ fromMs: Date.now() + DAY_MS, untilMs: Date.now() + 2 * DAY_MS }),
  ],
])(
  '%s is refused and told once, the old pair stays, and a good one is taken later',
  async (_, bad) => {
    const port = await listening();
    const { serial } = await ask(port);
    write(await bad());
    await until(() => told.length > 0);
    await sleep(5 * POLL_MS);
    expect(told).toEqual([['error', 'CERTIFICATE_INVALID']]);
    expect((await ask(port)).serial).toBe(serial);
    expect(await metrics.text()).toContain(
      'sealstream_tls_reloads_total{use="http",outcome="refused"} 1',
    );
    write(await server());
    await until(async () => (await ask(port)).serial !== serial);
  },
);

test('a key that others may read, or files that are gone, are refused and told once', async () => {
  const port = await listening();
  const { serial } = await ask(port);
  chmodSync(keyFile(), 0o644);
  await until(() => told.length === 1);
  rmSync(keyFile());
  await until(() => told.length === 2);
  await sleep(5 * POLL_MS);
  expect(told).toEqual([
    ['error', 'KEY_FILE_OPEN'],
    ['error', 'KEY_FILE_MISSING'],
  ]);
  expect((await ask(port)).serial).toBe(serial);
});

test('a start with a pair that does not fit, or has ended, is refused', async () => {
  write({ ...(await server()), privateKey: other.privateKey });
  expect(() => opened()).toThrow('CERTIFICATE_INVALID');
  write(await server(expired));
  expect(() => opened()).toThrow('CERTIFICATE_INVALID');
});

test('the metric says when the certificate in use ends', async () => {
  const untilMs = Math.floor((Date.now() + 3_600_000) / 1000) * 1000;
  write(await server({ fromMs: validity.fromMs, untilMs }));
  await listening();
  expect(await metrics.text()).toContain(
    `sealstream_tls_certificate_expiry_seconds{use="http"} ${untilMs / 1000}`,
  );
});
