import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { createAuthority, issueCertificate } from '@sealstream/certificates';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { checkLinks, type LinksSeen } from '../demo/checks/links.ts';
import { checkUsers } from '../demo/checks/users.ts';
import { linksSeen } from '../demo/links-seen.ts';
import { probePort } from '../demo/port-probe.ts';

const validity = { fromMs: Date.now() - 60_000, untilMs: Date.now() + 3_600_000 };

async function serverPair(name: string) {
  const authority = await createAuthority(name, validity);
  const request = { use: 'server', name: 'server', hosts: ['127.0.0.1'], validity } as const;
  const { certificate, privateKey } = await issueCertificate(authority, request);
  return { ca: authority.certificate, cert: certificate, key: privateKey };
}
type Pair = Awaited<ReturnType<typeof serverPair>>;

let pair: Pair;
beforeAll(async () => {
  pair = await serverPair('demo');
});

describe('the check of links', () => {
  const tls = { owner: 'kafka', port: 9093, tls: true, plain: [] };
  const client = { owner: 'mask', localPort: 40_000, remotePort: 9093, isLocal: true };
  const server = { owner: 'kafka', localPort: 9093, remotePort: 40_000, isLocal: true };
  const good: LinksSeen = {
    wanted: [{ owner: 'kafka', port: 9093 }],
    ports: [tls],
    connections: [client, server],
  };

  test('passes when every port answers TLS alone and every connection ends at one', () => {
    expect(checkLinks(good)).toMatchObject({ ok: true, ports: 1, connections: 2 });
  });

  test.each<[string, Partial<LinksSeen>, string]>([
    ['a port in plaintext', { ports: [tls, { ...tls, port: 1, plain: ['Kafka'] }] }, 'plaintext'],
    ['a port that answers both', { ports: [{ ...tls, plain: ['HTTP'] }] }, 'HTTP in plaintext'],
    ['a port without TLS', { ports: [tls, { ...tls, port: 1, tls: false }] }, 'not over TLS'],
    ['no listener', { ports: [] }, 'does not listen on 9093'],
    ['a plain connection', { connections: [server, { ...client, remotePort: 6379 }] }, 'port 6379'],
    ['one that leaves', { connections: [server, { ...client, isLocal: false }] }, 'mask has a'],
    ['no connection', { connections: [client] }, 'kafka has no connection'],
    ['nothing seen', { wanted: [], ports: [], connections: [] }, 'no port was looked at'],
  ])('fails on %s, and says where', (_, changed, first) => {
    const verdict = checkLinks({ ...good, ...changed });
    expect(verdict.ok).toBe(false);
    expect(verdict.first).toContain(first);
  });
});

/** Listens over TLS and connects to itself; then does what is planted. Prints its port. */
const PROGRAM = `
  const net = require('node:net');
  const tls = require('node:tls');
  const { ca, cert, key, plant, plainPort } = JSON.parse(process.argv[1]);
  const server = tls.createServer({ cert, key }, (socket) => socket.on('error', () => undefined));
  server.on('tlsClientError', () => undefined);
  server.listen(0, '127.0.0.1', () => {
    const { port } = server.address();
    tls.connect({ host: '127.0.0.1', port, ca }, () => {
      const say = () => process.stdout.write(port + '\\n');
      if (plant === 'listener')
        net.createServer((socket) => socket.end('+PONG')).listen(0, '127.0.0.1', say);
      else if (plant === 'connection') net.connect(plainPort, '127.0.0.1', say);
      else say();
    });
  });
`;

describe('a process that is looked at', () => {
  const plain = createServer();
  let child: ChildProcess | undefined;
  beforeAll(async () => {
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
  });
  afterEach(async () => {
    if (child?.exitCode === null && child.kill('SIGKILL')) await once(child, 'close');
  });
  afterAll(() => void plain.close());

  async function verdictOf(plant: 'nothing' | 'listener' | 'connection') {
    const plainPort = (plain.address() as AddressInfo).port;
    const told = JSON.stringify({ ...pair, plant, plainPort });
    const started = spawn(process.execPath, ['-e', PROGRAM, told]);
    child = started;
    const [said] = (await once(started.stdout, 'data')) as [Buffer];
    const wanted = [{ owner: 'planted', port: Number(said.toString()) }];
    const owners = new Map([[started.pid ?? 0, 'planted']]);
    return { verdict: checkLinks(await linksSeen({ owners, wanted, ca: pair.ca })), plainPort };
  }

  test('passes with TLS alone', async () => {
    const { verdict } = await verdictOf('nothing');
    expect(verdict).toMatchObject({ ok: true, ports: 1, connections: 2, first: undefined });
  });

  test('turns the check red with a listener in plaintext that nobody named', async () => {
    const { verdict } = await verdictOf('listener');
    expect(verdict).toMatchObject({ ok: false, ports: 2 });
    expect(verdict.first).toMatch(/^planted answers on \d+ .*Redis.* in plaintext$/);
  });

  test('turns it red with a connection to where there is no TLS', async () => {
    const { plainPort, verdict } = await verdictOf('connection');
    expect(verdict).toMatchObject({ ok: false, ports: 1, connections: 3 });
    expect(verdict.first).toBe(`planted has a connection to port ${plainPort}`);
  });

  test('is an error when it is gone, and no verdict', async () => {
    await verdictOf('nothing');
    const owners = new Map([[child?.pid ?? 0, 'planted']]);
    if (child?.kill('SIGKILL')) await once(child, 'close');
    await expect(linksSeen({ owners, wanted: [], ca: pair.ca })).rejects.toThrow('ENOENT');
  });
});

describe('a port that is tried', () => {
  async function answersOf(server: ReturnType<typeof createServer>) {
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    try {
      return await probePort((server.address() as AddressInfo).port, pair.ca);
    } finally {
      server.close();
    }
  }

  function tlsServer({ cert, key }: Pair) {
    return createTlsServer({ cert, key }).on('tlsClientError', () => undefined);
  }

  test('shakes hands under the authority that is believed, and under no other', async () => {
    expect(await answersOf(tlsServer(pair))).toEqual({ tls: true, plain: [] });
    const foreign = await serverPair('another');
    expect(await answersOf(tlsServer(foreign))).toEqual({ tls: false, plain: [] });
  });

  test('is found out when it answers TLS and plaintext, by what comes first', async () => {
    const inner = tlsServer(pair).listen(0, '127.0.0.1');
    await once(inner, 'listening');
    const both = createServer((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', (bytes) => {
        if (bytes[0] !== 22) {
          socket.end('HTTP/1.1 200 OK\r\n\r\n');
          return;
        }
        const behind = connect((inner.address() as AddressInfo).port, '127.0.0.1');
        behind.on('error', () => undefined);
        behind.write(bytes);
        socket.pipe(behind).pipe(socket);
      });
    });
    expect(await answersOf(both)).toEqual({ tls: true, plain: ['Kafka', 'Redis', 'HTTP'] });
    inner.close();
  });

  test('is not secure because it is silent or closed', async () => {
    expect(await answersOf(createServer())).toEqual({ tls: false, plain: [] });
    expect(await probePort(1, pair.ca)).toEqual({ tls: false, plain: [] });
  });
});

describe('the check of users', () => {
  const right = { what: 'mask', wanted: 'let in', seen: 'let in' } as const;
  const wrong = { what: 'nobody', wanted: 'refused', seen: 'refused' } as const;

  test('passes when wrong ones are refused and right ones let in', () => {
    expect(checkUsers([right, wrong])).toMatchObject({ ok: true, first: undefined });
  });

  test.each([
    ['a wrong one that is let in', [right, { ...wrong, seen: 'let in' }], 'nobody: let in'],
    ['a right one that is refused', [{ ...right, seen: 'refused' }, wrong], 'mask: refused'],
    ['a server that is silent', [right, { ...wrong, seen: 'no answer' }], 'nobody: no answer'],
    ['no wrong one', [right], undefined],
    ['no right one, which a server that refuses all would pass', [wrong], undefined],
  ] as const)('fails on %s', (_, attempts, first) => {
    expect(checkUsers(attempts)).toMatchObject({ ok: false, first });
  });
});
