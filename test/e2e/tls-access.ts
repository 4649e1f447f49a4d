import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import {
  CertificateAuthority,
  type Issued,
} from '../../packages/service/test/fixtures/certificate-authority.ts';
import { RunningAccess } from './running-access.ts';
import type { RunningFlow } from './running-flow.ts';

/** Whose a certificate is: the lines of a rule. */
export type Rule = Readonly<Record<string, string>>;

export interface TlsAnswer {
  readonly status: number;
  readonly code: string;
  readonly text: string;
  readonly json: Readonly<Record<string, unknown>>;
  /** Whether the connection went on with a session of an earlier one. */
  readonly isResumed: boolean;
  readonly localPort: number | undefined;
  /** What it sets, as a request sends it back. */
  readonly cookies: string;
}

export interface TlsRequest {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
  /** Keeps connections and sessions; a new one each time unless given. */
  readonly agent?: Agent;
  /** For streams: gives up once the head is there. */
  readonly headOnly?: boolean;
}

/** Where its files are: server.crt and server.key, and clients.crt of the authority that signed them. */
export interface TlsGround {
  readonly folder: string;
  /** Of the server, as PEM: of 127.0.0.1 and localhost. */
  readonly certificate: string;
}

/** The access service on TLS, with an authority of clients of its own. */
export class TlsAccess {
  readonly access: RunningAccess;
  readonly authority: CertificateAuthority;
  readonly folder: string;
  readonly port: number;

  private constructor(access: RunningAccess, authority: CertificateAuthority, folder: string) {
    this.access = access;
    this.authority = authority;
    this.folder = folder;
    this.port = Number(new URL(access.base).port);
  }

  static async start(
    flow: RunningFlow,
    redisUrl: string,
    rules: readonly Rule[],
    options: {
      readonly isNew?: boolean;
      readonly withLists?: boolean;
      /** Does what has to be there before it starts, and says what else it is told. */
      readonly prepare?: (ground: TlsGround) => Promise<Record<string, string>>;
    } = {},
  ): Promise<TlsAccess> {
    const folder = mkdtempSync(join(tmpdir(), 'sealstream-tls-access-'));
    const authority = new CertificateAuthority(join(folder, 'root'));
    const { cert, key } = authority.issue({
      subject: '/O=Example/CN=server',
      extensions: ['subjectAltName=IP:127.0.0.1,DNS:localhost', 'extendedKeyUsage=serverAuth'],
    });
    const file = (name: string) => join(folder, name);
    writeFileSync(file('server.crt'), cert);
    writeFileSync(file('server.key'), key, { mode: 0o600 });
    writeFileSync(file('clients.crt'), authority.pem);
    writeFileSync(file('clients.yaml'), rulesText(rules));
    const lists = options.withLists === true;
    if (lists) writeFileSync(file('clients.crl'), authority.list());
    const more = {
      SEALSTREAM_ACCESS_TLS_CERT_FILE: file('server.crt'),
      SEALSTREAM_ACCESS_TLS_KEY_FILE: file('server.key'),
      SEALSTREAM_ACCESS_CLIENT_CA_FILE: file('clients.crt'),
      SEALSTREAM_ACCESS_CLIENT_CERTIFICATES_FILE: file('clients.yaml'),
      ...(lists ? { SEALSTREAM_ACCESS_CLIENT_CRL_FILE: file('clients.crl') } : {}),
      ...(await options.prepare?.({ folder, certificate: cert })),
    };
    const access = await RunningAccess.start(flow, redisUrl, more, { isNew: options.isNew });
    return new TlsAccess(access, authority, folder);
  }

  /** Puts another text where the service reads it. */
  write(name: 'clients.crt' | 'clients.yaml' | 'clients.crl', text: string): void {
    writeFileSync(join(this.folder, name), text);
  }

  writeRules(rules: readonly Rule[]): void {
    this.write('clients.yaml', rulesText(rules));
  }

  async ask(
    path: string,
    client: Partial<Pick<Issued, 'cert' | 'key'>>,
    { agent, body, headers = {}, headOnly = false, method = 'GET' }: TlsRequest = {},
  ): Promise<TlsAnswer> {
    const { cert, key } = client;
    const own = agent ?? new Agent({ keepAlive: false, maxCachedSessions: 0 });
    const sent = request({
      host: '127.0.0.1',
      port: this.port,
      path,
      method,
      agent: own,
      ca: this.authority.pem,
      cert,
      key,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
    });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const [response] = (await once(sent, 'response')) as [IncomingMessage];
    const socket = response.socket as TLSSocket;
    const { localPort } = socket;
    const set = response.headers['set-cookie'] ?? [];
    const cookies = set.map((one) => one.split(';')[0]).join('; ');
    const known = { status: response.statusCode ?? 0, isResumed: socket.isSessionReused() };
    if (headOnly && String(response.headers['content-type']).startsWith('text/event-stream')) {
      response.destroy();
      return { ...known, cookies, localPort, code: 'none', text: '', json: {} };
    }
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString('utf8');
    const json = text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
    const { code } = json;
    const word = typeof code === 'string' ? code : 'none';
    return { ...known, cookies, localPort, text, json, code: word };
  }

  async close(): Promise<void> {
    await this.access.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function rulesText(rules: readonly Rule[]): string {
  return `rules: ${JSON.stringify(rules)}\n`;
}

/** A client's certificate that a rule of its URI names. */
export const uriOf = (account: string) => `spiffe://example.com/${account}`;
export const withUri = (account: string) => ({
  extensions: [
    'basicConstraints=CA:FALSE',
    'extendedKeyUsage=clientAuth',
    `subjectAltName=URI:${uriOf(account)}`,
  ],
});
