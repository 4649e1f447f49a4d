import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';

import { SealstreamError } from '@sealstream/contracts';

import type { Health } from './health.ts';
import type { Metrics } from './metrics.ts';
import type { TlsFiles } from './tls-files.ts';

export interface HttpOptions {
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  readonly health: Health;
  readonly metrics: Pick<Metrics, 'contentType' | 'text'>;
  /** Answer over TLS only; plain HTTP unless given. */
  readonly tls?: TlsFiles | undefined;
}

export interface HttpServer {
  /** The port that was taken. */
  readonly port: number;
  stop(): Promise<void>;
}

const LIMITS = {
  maxHeaderSize: 8 * 1024,
  headersTimeout: 5_000,
  requestTimeout: 5_000,
  keepAliveTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const HANDSHAKE = { handshakeTimeout: 5_000 };
const MOST_CONNECTIONS = 64;

/**
 * Answers GET /livez, /readyz and /metrics, and nothing else.
 *
 * Promises: bound to the given address only; headers, times and connections are limited; no body
 * is read; /readyz answers 503 with what is waited for until the process is ready.
 *
 * @throws SealstreamError CONFIG_INVALID when the address cannot be bound
 */
export async function openHttp(options: HttpOptions): Promise<HttpServer> {
  const { health, host, metrics, port, tls } = options;
  const server = listening(tls, (request, response) => {
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (request.method !== 'GET') return answer(response, 405, { error: 'only GET' });
    const [path] = (request.url ?? '').split('?');
    if (path === '/livez') return livez(response, health);
    if (path === '/readyz') return readyz(response, health);
    if (path !== '/metrics') return answer(response, 404, { error: 'not found' });
    return void metricz(response, metrics);
  });
  server.maxConnections = MOST_CONNECTIONS;
  server.listen({ host, port, exclusive: true });
  try {
    await once(server, 'listening');
  } catch {
    throw new SealstreamError(
      'CONFIG_INVALID',
      { setting: 'SEALSTREAM_HTTP_PORT', host, port },
      'The address cannot be bound: it is taken or not of this machine.',
    );
  }
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : port,
    stop: async () => {
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

function listening(tls: TlsFiles | undefined, listener: RequestListener) {
  if (tls === undefined) return createServer(LIMITS, listener);
  const server = createTlsServer({ ...LIMITS, ...tls.serverOptions, ...HANDSHAKE }, listener);
  tls.serve(server);
  return server;
}

async function metricz(response: ServerResponse, metrics: HttpOptions['metrics']): Promise<void> {
  try {
    const text = await metrics.text();
    response.setHeader('Content-Type', metrics.contentType);
    response.end(text);
  } catch {
    answer(response, 500, { error: 'metrics failed' });
  }
}

function livez(response: ServerResponse, health: Health): void {
  if (health.broken === undefined) answer(response, 200, { status: 'alive' });
  else answer(response, 503, { status: 'broken', code: health.broken });
}

function readyz(response: ServerResponse, health: Health): void {
  const { ready, waitsFor } = health.report();
  answer(response, ready ? 200 : 503, { status: ready ? 'ready' : 'waiting', waitsFor });
}

function answer(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
}
