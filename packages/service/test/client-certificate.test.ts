import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type Server, type TLSSocket } from 'node:tls';
import { SealstreamError } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  ClientCertificates,
  type ClientCertificateRule,
  type ClientIdentity,
} from '../src/index.ts';
import { CertificateAuthority, CLIENT, type Issued } from './fixtures/certificate-authority.ts';

const URI = 'spiffe://example.com/loader';
const ROOT_DN = 'CN=Root,O=Example';
const RULES: readonly ClientCertificateRule[] = [
  { name: 'loader', uri: URI },
  { name: 'reporter', issuer: ROOT_DN, subject: 'CN=reporter,OU=Data,O=Example' },
];
const withUri = (...uris: string[]) => [
  ...CLIENT,
  `subjectAltName=${uris.map((uri) => `URI:${uri}`).join(',')}`,
];

let folder: string;
let root: CertificateAuthority;
let other: CertificateAuthority;
let server: Server;
let reached: (socket: TLSSocket) => void;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sealstream-certificates-'));
  root = new CertificateAuthority(join(folder, 'root'));
  other = new CertificateAuthority(join(folder, 'other'), '/O=Example/CN=Root');
  const { key, cert } = root.issue({
    subject: '/CN=server',
    extensions: ['subjectAltName=IP:127.0.0.1', 'extendedKeyUsage=serverAuth'],
  });
  // It lets everybody connect, so that what is refused is refused by what is tested.
  server = createServer({ key, cert, ca: root.pem, requestCert: true, rejectUnauthorized: false });
  server.on('secureConnection', (socket) => {
    socket.on('error', () => undefined);
    reached(socket);
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
}, 60_000);

afterAll(() => {
  server?.close();
  rmSync(folder, { recursive: true, force: true });
});

/** What `use` makes of the server's end of a connection with that certificate, and of its session. */
async function connected<T>(
  client: Partial<Issued> & { readonly session?: Buffer | undefined },
  use: (socket: TLSSocket, session: Promise<Buffer>) => Promise<T>,
): Promise<T> {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = new Promise<TLSSocket>((resolve) => (reached = resolve));
  const { key, cert, session } = client;
  const { port } = address;
  const end = connect({ host: '127.0.0.1', port, ca: root.pem, key, cert, session });
  end.on('error', () => undefined);
  // It comes after the handshake, as data does.
  const kept = new Promise<Buffer>((resolve) => end.once('session', resolve));
  end.resume();
  try {
    return await use(await socket, kept);
  } finally {
    end.destroy();
  }
}

type Options = Partial<ConstructorParameters<typeof ClientCertificates>[0]>;

function identify(
  client: Partial<Issued>,
  rules = RULES,
  options: Options = {},
): Promise<ClientIdentity> {
  const certificates = new ClientCertificates({ rules, authorities: root.pem, ...options });
  return connected(client, (socket) => certificates.identify(socket));
}

async function refusal(work: Promise<unknown>): Promise<SealstreamError> {
  const thrown: unknown = await work.then(
    () => new Error('it was let in'),
    (error: unknown) => error,
  );
  if (thrown instanceof SealstreamError) return thrown;
  throw thrown;
}

describe('a client certificate', () => {
  test('is of whom its URI names, or its issuer and subject', async () => {
    const loader = await identify(root.issue({ extensions: withUri(URI) }));
    expect(loader.name).toBe('loader');
    expect(loader.fingerprint).toMatch(/^([0-9A-F]{2}:){31}[0-9A-F]{2}$/);
    const reporter = root.issue({ subject: '/O=Example/OU=Data/CN=reporter' });
    expect((await identify(reporter)).name).toBe('reporter');
  });

  test.each<[string, () => Partial<Issued>, string]>([
    ['there is none', () => ({}), 'not verified'],
    [
      'another authority of the same name signed it',
      () => other.issue({ extensions: withUri(URI) }),
      'not verified',
    ],
    [
      'it expired',
      () =>
        root.issue({
          extensions: withUri(URI),
          from: '20200101000000Z',
          until: '20200102000000Z',
        }),
      'not verified',
    ],
    [
      'it is not valid yet',
      () =>
        root.issue({ extensions: withUri(URI), from: '20900101000000Z', until: '20900201000000Z' }),
      'not verified',
    ],
    [
      'its common name is one of the table, and no more',
      () => root.issue({ subject: '/CN=reporter' }),
      'nobody of the table',
    ],
    [
      'its subject has one part more',
      () => root.issue({ subject: '/C=DE/O=Example/OU=Data/CN=reporter' }),
      'nobody of the table',
    ],
    [
      'its common name looks like a whole subject',
      () => root.issue({ subject: '/CN=reporter,OU=Data,O=Example' }),
      'nobody of the table',
    ],
    [
      'its subject is in other letters',
      () => root.issue({ subject: '/O=Example/OU=Data/CN=Reporter' }),
      'nobody of the table',
    ],
    [
      'its URI is in other letters',
      () => root.issue({ extensions: withUri(URI.toUpperCase()) }),
      'nobody of the table',
    ],
    [
      'its URI goes on',
      () => root.issue({ extensions: withUri(`${URI}/x`) }),
      'nobody of the table',
    ],
    [
      'it has two URIs',
      () => root.issue({ extensions: withUri(URI, 'spiffe://example.com/x') }),
      'nobody of the table',
    ],
    [
      'its URI is a DNS name',
      () => root.issue({ extensions: [...CLIENT, `subjectAltName=DNS:URI:${URI}`] }),
      'nobody of the table',
    ],
    [
      'URI and subject are of two of the table',
      () => root.issue({ subject: '/O=Example/OU=Data/CN=reporter', extensions: withUri(URI) }),
      'two of the table',
    ],
  ])('is refused when %s', async (_what, issue, reason) => {
    const error = await refusal(identify(issue()));
    expect([error.code, error.place]).toEqual(['SIGN_IN_REFUSED', { reason }]);
  });

  test.each([
    [
      'is for servers',
      ['extendedKeyUsage=serverAuth', `subjectAltName=URI:${URI}`],
      'not verified',
    ],
    ['says no use', [`subjectAltName=URI:${URI}`], 'not for clients'],
    [
      'is for any use',
      ['extendedKeyUsage=anyExtendedKeyUsage', `subjectAltName=URI:${URI}`],
      'not verified',
    ],
    [
      'is an authority',
      ['basicConstraints=CA:TRUE', 'extendedKeyUsage=clientAuth', `subjectAltName=URI:${URI}`],
      'an authority is no client',
    ],
  ])('is refused when it %s', async (_what, extensions, reason) => {
    const error = await refusal(identify(root.issue({ extensions })));
    expect([error.code, error.place]).toEqual(['SIGN_IN_REFUSED', { reason }]);
  });

  test('is refused on a connection that outlives it', async () => {
    const certificates = new ClientCertificates({ rules: RULES, authorities: root.pem });
    await connected(root.issue({ extensions: withUri(URI) }), async (socket) => {
      expect((await certificates.identify(socket)).name).toBe('loader');
      vi.useFakeTimers({ toFake: ['Date'] });
      vi.setSystemTime(Date.now() + 3 * 86_400_000);
      const error = await refusal(certificates.identify(socket));
      vi.useRealTimers();
      expect(error.place).toEqual({ reason: 'expired' });
    });
  });

  test('of an authority that is configured no more is refused on a connection that stands', async () => {
    await connected(root.issue({ extensions: withUri(URI) }), async (socket) => {
      const before = new ClientCertificates({ rules: RULES, authorities: root.pem });
      expect((await before.identify(socket)).name).toBe('loader');
      const after = new ClientCertificates({ rules: RULES, authorities: other.pem });
      const error = await refusal(after.identify(socket));
      expect(error.place).toEqual({ reason: 'of an authority that is not known' });
    });
  });

  test('has its names as OpenSSL writes them by RFC 4514', async () => {
    const subject = String.raw`/O=Ex\, \"ample\" + \<Co\>;/OU=#a+CN=Ünï`;
    const odd = root.issue({ subject });
    const form = ['-noout', '-subject', '-nameopt', 'RFC2253,-esc_msb,utf8'];
    const printed = root.openssl(['x509', '-in', odd.file, ...form]).trim();
    const rule = { name: 'odd', issuer: ROOT_DN, subject: printed.slice('subject='.length) };
    expect((await identify(odd, [rule])).name).toBe('odd');
  });
});

describe('a rule of client certificates', () => {
  test.each<[string, object]>([
    ['a common name alone', { subject: 'CN=reporter' }],
    ['a subject without its issuer', { issuer: '', subject: 'CN=reporter' }],
    ['a URI that is no SPIFFE id', { uri: 'https://example.com/x' }],
    ['a SPIFFE id without a path', { uri: 'spiffe://example.com' }],
    ['no name', { name: '', uri: URI }],
    ['both', { uri: URI, issuer: 'O=x', subject: 'CN=x' }],
  ])('is refused with %s', (_what, rule) => {
    const rules = [{ name: 'x', ...rule } as ClientCertificateRule];
    expect(() => new ClientCertificates({ rules, authorities: root.pem })).toThrow(
      'CONFIG_INVALID',
    );
  });

  test('is refused when another one is of the same certificates', () => {
    const rules = [RULES[0], { ...RULES[0], name: 'x' }] as ClientCertificateRule[];
    expect(() => new ClientCertificates({ rules, authorities: root.pem })).toThrow(
      'CONFIG_INVALID',
    );
  });
});

describe('a list of revoked certificates', () => {
  let file: string;
  let client: Issued;
  let options: Options;
  beforeAll(() => {
    file = join(folder, 'lists.pem');
    client = root.issue({ extensions: withUri(URI) });
    options = { revocationFile: file };
  });

  test('is taken when it changes, on a connection that stands', async () => {
    const own = root.issue({ extensions: withUri(URI) });
    writeFileSync(file, root.list());
    const certificates = new ClientCertificates({
      rules: RULES,
      authorities: root.pem,
      ...options,
    });
    await connected(own, async (socket) => {
      expect((await certificates.identify(socket)).name).toBe('loader');
      root.revoke(own);
      writeFileSync(file, root.list());
      const revoked = async () => (await refusal(certificates.identify(socket))).place;
      await vi.waitFor(async () => expect(await revoked()).toEqual({ reason: 'revoked' }), 5_000);
    });
    // Another one of the same name stays in.
    expect((await identify(client, RULES, options)).name).toBe('loader');
  });

  test('reaches a session that is resumed, in which nothing is verified anew', async () => {
    const own = root.issue({ extensions: withUri(URI) });
    writeFileSync(file, root.list());
    const certificates = new ClientCertificates({
      rules: RULES,
      authorities: root.pem,
      ...options,
    });
    let session: Buffer | undefined;
    await connected(own, async (socket, kept) => {
      expect((await certificates.identify(socket)).name).toBe('loader');
      session = await kept;
    });
    await connected({ ...own, session }, async (socket) => {
      expect(socket.isSessionReused()).toBe(true);
      expect((await certificates.identify(socket)).name).toBe('loader');
    });
    root.revoke(own);
    writeFileSync(file, root.list());
    await connected({ ...own, session }, async (socket) => {
      expect(socket.isSessionReused()).toBe(true);
      const fresh = new ClientCertificates({ rules: RULES, authorities: root.pem, ...options });
      expect((await refusal(fresh.identify(socket))).place).toEqual({ reason: 'revoked' });
    });
  });

  const day = (days: number) =>
    new Date(Date.now() + days * 86_400_000).toISOString().replaceAll(/[-:T]|\.\d+/g, '');
  test.each<[string, () => string, string]>([
    ['is not there', () => '', 'the file cannot be read'],
    ['is empty', () => ' ', 'no list of an authority'],
    [
      'cannot be read',
      () => '-----BEGIN X509 CRL-----\nMIIB\n-----END X509 CRL-----\n',
      'a list that cannot be read',
    ],
    ['is signed by another of the same name', () => other.list(), 'a list of nobody who is known'],
    [
      'is past its time',
      () => root.list(['-crl_lastupdate', day(-9), '-crl_nextupdate', day(-1)]),
      'a list past its time',
    ],
    [
      'is of the future',
      () => root.list(['-crl_lastupdate', day(1), '-crl_nextupdate', day(2)]),
      'a list past its time',
    ],
  ])('that %s lets nobody in', async (_what, text, reason) => {
    writeFileSync(file, root.list());
    expect((await identify(client, RULES, options)).name).toBe('loader');
    const list = text();
    if (list === '') rmSync(file);
    else writeFileSync(file, list);
    const error = await refusal(identify(client, RULES, options));
    expect([error.code, error.place]).toEqual(['REVOCATIONS_UNUSABLE', { reason }]);
  });

  test('with a byte changed is of nobody', async () => {
    const der = Buffer.from(root.list().replaceAll(/-----[^-]+-----/g, ''), 'base64');
    // Within the time of its last update, which stays readable.
    const at = der.indexOf('Z') - 1;
    der[at] = der[at] === 0x30 ? 0x31 : 0x30;
    const text = `-----BEGIN X509 CRL-----\n${der.toString('base64')}\n-----END X509 CRL-----\n`;
    writeFileSync(file, text);
    const error = await refusal(identify(client, RULES, options));
    expect(error.place).toEqual({ reason: 'a list of nobody who is known' });
  });

  test('is needed of every authority of a chain, and revokes authorities, too', async () => {
    const middle = new CertificateAuthority(join(folder, 'middle'), '/O=Example/CN=Middle', root);
    const below = middle.issue({ extensions: withUri(URI) });
    const chained = { key: below.key, cert: below.cert + middle.pem };
    const authorities = root.pem + middle.pem;
    const all = { revocationFile: file, authorities };
    writeFileSync(file, root.list() + middle.list());
    expect((await identify(chained, RULES, all)).name).toBe('loader');
    writeFileSync(file, root.list());
    expect((await refusal(identify(chained, RULES, all))).code).toBe('REVOCATIONS_UNUSABLE');
    root.revoke({ ...below, file: join(folder, 'middle', 'ca.pem') });
    writeFileSync(file, root.list() + middle.list());
    expect((await refusal(identify(chained, RULES, all))).place).toEqual({ reason: 'revoked' });
    // Without the one in the middle among those that are known, the chain is of nobody.
    writeFileSync(file, root.list());
    const unknown = await refusal(identify(chained, RULES, options));
    expect(unknown.place).toEqual({ reason: 'of an authority that is not known' });
  });
});
