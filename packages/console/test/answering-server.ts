import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { text } from 'node:stream/consumers';
import type { SignInProviders } from '../src/page/api/answers.ts';
import { AnsweringCare } from './answering-care.ts';
import { CONSOLE_FOLDER, CONSOLE_HEADERS } from '../src/index.ts';
import {
  accesses,
  alerts,
  ALL_ACTIONS,
  coverage,
  datasets,
  fields,
  keysets,
  me,
  OPENED,
  PROVIDERS,
  rejects,
  rejectSummary,
  replayed,
} from './recorded-answers.ts';
import { flowAt } from './recorded-flow.ts';

/**
 * The built page, and answers of the shape that the access service promises, recorded by hand. It is
 * here for what the page itself must do (layout, keyboard, screen readers, CSP); it decides nothing,
 * and says nothing about the real service, which has tests of its own.
 */

/** How the server answers: all there, nothing there, refusing with a problem, or never. */
export type Mood = 'full' | 'empty' | 'failing' | 'slow';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly body: string;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** Of whoever signed in. */
export const COOKIE = 'sealstream=recorded';
export const PASSWORD = 'correct horse';
const EMPTY_SUMMARY = { total: 0, isWhole: true, byCode: [] };

export class AnsweringServer {
  mood: Mood = 'full';
  actions: readonly string[] = ALL_ACTIONS;
  providers: SignInProviders['providers'] = PROVIDERS;
  /** Whether the stream of the flow is cut, and every new one refused. */
  isCut = false;
  /** Keys, persons, second persons and the audit log. */
  readonly care = new AnsweringCare();
  /** What was asked of the API. */
  readonly asked: Asked[] = [];
  readonly #server: Server;
  readonly #streams = new Set<ServerResponse>();
  readonly #timers = new Set<NodeJS.Timeout>();

  private constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.destroy());
    });
  }

  static async start(): Promise<AnsweringServer> {
    const started = new AnsweringServer();
    started.#server.listen(0, '127.0.0.1');
    await once(started.#server, 'listening');
    return started;
  }

  get origin(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the server is closed');
    return `http://127.0.0.1:${address.port}`;
  }

  /** As a service that was restarted behind its readers. */
  cutStreams(): void {
    this.isCut = true;
    for (const stream of this.#streams) stream.destroy();
  }

  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url = '/' } = request;
    if (!url.startsWith('/v1/')) return sendFile(url, response);
    const body = await text(request);
    this.asked.push({ method, url, body });
    const path = new URL(url, 'http://127.0.0.1').pathname;
    if (method !== 'GET' && !isFromOwnPage(request, this.origin))
      return problem(response, 403, 'ACCESS_DENIED');
    if (path === '/v1/session') return this.#session(method, body, response);
    if (path === '/v1/sign-in') return send(response, 200, { providers: this.providers });
    if (path === '/v1/sign-in/staff') return sentBack(response);
    if (request.headers.cookie?.includes(COOKIE) !== true)
      return problem(response, 401, 'SIGN_IN_REFUSED');
    if (path === '/v1/me') return send(response, 200, me(this.actions));
    if (this.mood === 'slow') return undefined;
    if (this.mood === 'failing') return problem(response, 503, 'KAFKA_UNREACHABLE');
    if (path === '/v1/flow/stream') return this.#stream(response);
    const { headers } = request;
    const isEmpty = this.mood === 'empty';
    const cared = this.care.answerTo({ method, url, headers, isEmpty });
    if (cared !== undefined) {
      const { code, place, status } = cared;
      if (code !== undefined) return problem(response, status, code, place);
      return send(response, status, cared.body);
    }
    const answer = this.#answerTo(
      method,
      path,
      new URL(url, 'http://127.0.0.1').searchParams,
      body,
    );
    return answer === undefined
      ? problem(response, 404, 'ROUTE_UNKNOWN')
      : send(response, 200, answer);
  }

  #session(method: string, body: string, response: ServerResponse): void {
    if (method === 'DELETE') {
      response.setHeader('set-cookie', `sealstream=; Max-Age=0; Path=/`);
      response.writeHead(204).end();
      return;
    }
    const { password } = JSON.parse(body) as { password?: string };
    if (password !== PASSWORD) return problem(response, 401, 'SIGN_IN_REFUSED');
    response.setHeader('set-cookie', `${COOKIE}; HttpOnly; SameSite=Strict; Path=/`);
    return send(response, 201, { account: 'ada', person: 'Ada Osei', roles: [], expiresIn: 900 });
  }

  #answerTo(
    method: string,
    path: string,
    query: URLSearchParams,
    body: string,
  ): object | undefined {
    const now = Date.now();
    const isEmpty = this.mood === 'empty';
    const listed = (items: readonly object[]) => ({ items: isEmpty ? [] : items });
    if (path.endsWith('/rejects')) return isEmpty ? listed([]) : rejectPage(now, query);
    if (path.endsWith('/rejects/summary')) return isEmpty ? EMPTY_SUMMARY : rejectSummary(now);
    if (path.endsWith('/rejects/replay')) {
      const { ids } = JSON.parse(body) as { ids?: readonly string[] };
      return replayed(ids?.length ?? 1285);
    }
    if (path.endsWith('/reveal')) return { values: OPENED };
    if (path.endsWith('/acknowledge')) return alerts(now)[0];
    const answers: Readonly<Record<string, object>> = {
      '/v1/flow': isEmpty ? { at: new Date(now).toISOString(), datasets: [] } : flowAt(now),
      '/v1/alerts': listed(alerts(now)),
      '/v1/keys': listed(keysets(now)),
      '/v1/accesses': listed(accesses(now)),
      '/v1/coverage': { datasets: isEmpty ? [] : coverage },
      '/v1/datasets': datasets,
      '/v1/datasets/people': fields,
      '/v1/datasets/orders': fields,
    };
    return method === 'GET' ? answers[path] : undefined;
  }

  /** The last five minutes at once, so that charts have something to draw, then each second. */
  #stream(response: ServerResponse): void {
    if (this.isCut) return problem(response, 503, 'KAFKA_UNREACHABLE');
    response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
    const tell = (at: number) => {
      const flow = this.mood === 'empty' ? { ...flowAt(at), datasets: [] } : flowAt(at);
      response.write(`event: flow\ndata: ${JSON.stringify(flow)}\n\n`);
    };
    const now = Date.now();
    for (let second = 295; second >= 0; second -= 5) tell(now - second * 1000);
    const timer = setInterval(() => tell(Date.now()), 1000);
    this.#timers.add(timer);
    this.#streams.add(response);
    response.on('close', () => {
      clearInterval(timer);
      this.#timers.delete(timer);
      this.#streams.delete(response);
    });
  }
}

function rejectPage(now: number, query: URLSearchParams): object {
  const fits = (name: 'stage' | 'code', value: string) => (query.get(name) ?? value) === value;
  const all = rejects(now).filter(({ code, stage }) => fits('stage', stage) && fits('code', code));
  const from = Number(query.get('cursor') ?? 0);
  const items = all.slice(from, from + 10);
  return from + 10 < all.length ? { items, cursor: String(from + 10) } : { items };
}

/** What keeps the requests of foreign pages out. */
function isFromOwnPage({ headers }: IncomingMessage, origin: string): boolean {
  return headers['x-sealstream-console'] === '1' && headers.origin === origin;
}

/** As from a provider that knows somebody whom no account is linked to. */
function sentBack(response: ServerResponse): void {
  const problem = 'problem=SIGN_IN_REFUSED&why=unlinked&request=01JX8ZREQUEST0002';
  response.writeHead(303, { location: `/#/sign-in?${problem}` }).end();
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' });
  response.end(JSON.stringify(body));
}

function problem(response: ServerResponse, status: number, code: string, place?: object): void {
  response.writeHead(status, { 'content-type': 'application/problem+json' });
  const title = code === 'SIGN_IN_REFUSED' ? 'Name or password is not one that may get in.' : code;
  response.end(
    JSON.stringify({
      type: `urn:sealstream:error:${code}`,
      title: code === 'KAFKA_UNREACHABLE' ? 'Kafka cannot be reached.' : title,
      status,
      code,
      detail: 'See that it runs, then try again.',
      requestId: '01JX8ZREQUEST0001',
      ...(place === undefined ? {} : { place }),
    }),
  );
}

function sendFile(url: string, response: ServerResponse): void {
  const path = normalize(new URL(url, 'http://127.0.0.1').pathname);
  const file = join(CONSOLE_FOLDER, path === '/' ? 'index.html' : path);
  if (!file.startsWith(CONSOLE_FOLDER)) return problem(response, 404, 'ROUTE_UNKNOWN');
  try {
    const bytes = readFileSync(file);
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { ...CONSOLE_HEADERS, 'content-type': type }).end(bytes);
  } catch {
    return problem(response, 404, 'ROUTE_UNKNOWN');
  }
  return undefined;
}
