import { type AddressInfo, connect } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type Authority, createAuthority, issueCertificate } from '@sealstream/certificates';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openRegistry } from '../src/index.ts';
import { type LocalRegistry, startRegistry } from './registry-fixture.ts';

// A real registry behind an endpoint that speaks TLS alone, as a proxy before one does.

const DAY_MS = 86_400_000;
const validity = { fromMs: Date.now() - DAY_MS, untilMs: Date.now() + DAY_MS };
const TEXT = JSON.stringify({
  type: 'record',
  name: 'Person',
  fields: [{ name: 'ssn', type: 'string' }],
});

let local: LocalRegistry;
let authority: Authority;
let other: Authority;
const servers: Server[] = [];
/** TLS versions that were spoken with it. */
const spoken: (string | null)[] = [];

beforeAll(async () => {
  local = await startRegistry();
  authority = await createAuthority('one', validity);
  other = await createAuthority('two', validity);
});
afterAll(async () => {
  for (const server of servers) server.close();
  await local?.close();
});

/** An endpoint in front of the registry, with a certificate of these hosts; its address. */
async function endpoint(hosts: readonly string[]): Promise<string> {
  const request = { use: 'server', name: 'registry', hosts, validity } as const;
  const { certificate: cert, privateKey: key } = await issueCertificate(authority, request);
  const { hostname, pathname, port: target } = new URL(local.apicurio.url);
  const server = createServer({ cert, key }, (near: TLSSocket) => {
    spoken.push(near.getProtocol());
    const far = connect(Number(target), hostname);
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
  });
  server.on('tlsClientError', () => undefined);
  servers.push(server);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  return `https://127.0.0.1:${port}${pathname}`;
}

describe('a registry over TLS', () => {
  test('is asked, and told of schemas, under the authority that is given', async () => {
    const url = await endpoint(['127.0.0.1']);
    const client = openRegistry({ url, tlsCa: authority.certificate });
    await client.check();
    const id = await client.register('over-tls', 'AVRO', TEXT);
    expect((await client.schema(id)).text).toBe(TEXT);
    expect(new Set(spoken)).toEqual(new Set(['TLSv1.3']));
  });

  test.each<[string, readonly string[], () => string | undefined, RegExp]>([
    ['of another authority', ['127.0.0.1'], () => other.certificate, /^UNABLE_TO_|^SELF_SIGNED_/],
    ["that is none of the system's", ['127.0.0.1'], () => undefined, /^UNABLE_TO_|^SELF_SIGNED_/],
    [
      'of another host',
      ['elsewhere.example'],
      () => authority.certificate,
      /^ERR_TLS_CERT_ALTNAME_INVALID$/,
    ],
  ])('%s is not believed, and the reason is told', async (_what, hosts, ca, reason) => {
    const url = await endpoint(hosts);
    const client = openRegistry({ url, tlsCa: ca() });
    for (const asked of [
      client.check(),
      client.schema(1),
      client.register('refused', 'AVRO', TEXT),
    ])
      await expect(asked).rejects.toMatchObject({
        code: 'REGISTRY_UNREACHABLE',
        place: { reason: expect.stringMatching(reason) },
      });
    expect((await local.ask('GET', '/subjects/refused/versions')).status).toBe(404);
  });

  test('is refused where the address says TLS and nothing there speaks it', async () => {
    const url = local.url.replace('http:', 'https:');
    const client = openRegistry({ url, tlsCa: authority.certificate });
    await expect(client.check()).rejects.toMatchObject({ code: 'REGISTRY_UNREACHABLE' });
  });
});
