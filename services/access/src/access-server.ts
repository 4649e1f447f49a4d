import { randomUUID } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import type { TlsOptions } from 'node:tls';

import fastifySwagger from '@fastify/swagger';
import { SealstreamError } from '@sealstream/contracts';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod';

import { isPage } from './callers.ts';
import { checkedAnswer, checkedBody } from './form-compilers.ts';
import { OPENAPI } from './openapi.ts';
import { problemOf, PROBLEM_TYPE } from './problem.ts';

export interface ServerOptions {
  readonly bodyMax: number;
  readonly requestMs: number;
  /** Undefined for plain HTTP, on loopback alone. */
  readonly tls?: TlsOptions | undefined;
  /** Told of every answer: route, status and how long it took. */
  readonly onAnswer?: (route: string, status: number, seconds: number) => void;
}

const LIMITS = {
  maxHeaderSize: 16 * 1024,
  headersTimeout: 5_000,
  connectionsCheckingInterval: 1_000,
};
const MOST_CONNECTIONS = 1024;
const MOST_REQUESTS_OF_A_CONNECTION = 10_000;
const PARAMETER_CHARACTERS_MAX = 200;
const CHARSET = /;[ \t]*charset="?([^";\s]*)/i;
/** An id that the caller gives is taken when it can neither forge a log line nor be anything else. */
const REQUEST_ID = /^[A-Za-z0-9._-]{8,64}$/;

/** What every answer carries: nothing of it is kept, sniffed, framed or referred from. */
const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;
const TLS_ONLY = { 'strict-transport-security': 'max-age=31536000' } as const;

/**
 * The server without routes.
 *
 * Promises: headers, bodies, times and connections are limited; bodies are JSON in UTF-8 alone, not
 * compressed, and refused with `__proto__` or `constructor.prototype` in them; every answer has the id of
 * its request, every error is a problem of RFC 9457 and holds no value of the request.
 */
export async function accessServer(options: ServerOptions): Promise<FastifyInstance> {
  const { bodyMax, onAnswer, requestMs, tls } = options;
  const server = fastify({
    ...(tls === undefined ? {} : { https: { minVersion: 'TLSv1.2', ...LIMITS, ...tls } }),
    http: LIMITS,
    logger: false,
    bodyLimit: bodyMax,
    requestTimeout: requestMs,
    keepAliveTimeout: 30_000,
    maxRequestsPerSocket: MOST_REQUESTS_OF_A_CONNECTION,
    onProtoPoisoning: 'error',
    onConstructorPoisoning: 'error',
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: PARAMETER_CHARACTERS_MAX },
    genReqId: ({ headers }) => requestIdOf(headers['x-request-id']),
    frameworkErrors: (error, request, reply) => void sendProblem(error, request, reply),
  });
  server.server.maxConnections = MOST_CONNECTIONS;
  server.removeContentTypeParser('text/plain');
  server.setValidatorCompiler(checkedBody);
  server.setSerializerCompiler(checkedAnswer);
  server.setErrorHandler(sendProblem);
  server.setNotFoundHandler((request, reply) => {
    void sendProblem(new SealstreamError('ROUTE_UNKNOWN'), request, reply);
  });
  server.addHook('onRequest', async (request, reply) => {
    reply.headers(HEADERS).header('x-request-id', request.id);
    if (tls !== undefined) reply.headers(TLS_ONLY);
  });
  server.addHook('preParsing', async ({ headers }) => requirePlainBody(headers));
  if (onAnswer !== undefined)
    server.addHook('onResponse', async (request, reply) => {
      const route = request.routeOptions.url ?? 'none';
      onAnswer(`${request.method} ${route}`, reply.statusCode, reply.elapsedTime / 1000);
    });
  await server.register(fastifySwagger, {
    openapi: OPENAPI,
    transform: jsonSchemaTransform,
    transformObject: jsonSchemaTransformObject,
  });
  return server;
}

/** JSON is UTF-8 (RFC 8259, 8.1), and nothing is decompressed here (RFC 9110, 15.5.16). */
function requirePlainBody(headers: IncomingHttpHeaders): void {
  const { 'content-encoding': coding = 'identity', 'content-type': type = '' } = headers;
  const charset = CHARSET.exec(type)?.[1] ?? 'utf-8';
  if (coding.toLowerCase() === 'identity' && charset.toLowerCase() === 'utf-8') return;
  throw new SealstreamError('MEDIA_TYPE_UNKNOWN');
}

function requestIdOf(given: string | string[] | undefined): string {
  if (typeof given === 'string' && REQUEST_ID.test(given)) return given;
  return randomUUID();
}

/**
 * How one may get in (RFC 9110, 11.6.1; RFC 7617). A browser would ask for a password in a window of its own,
 * and keep it for all that pages have it send; so nothing of it is said to pages.
 */
function challengeTo(headers: IncomingHttpHeaders): string {
  return isPage(headers) ? 'Bearer' : 'Basic realm="sealstream", charset="UTF-8", Bearer';
}

function sendProblem(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const problem = problemOf(error, request.id);
  reply.headers(HEADERS).header('x-request-id', request.id);
  if (problem.status === 401) reply.header('www-authenticate', challengeTo(request.headers));
  if (problem.status === 429 || problem.status === 503)
    reply.header('retry-after', String(problem.place?.['retryAfterSeconds'] ?? 1));
  return reply.code(problem.status).type(PROBLEM_TYPE).serializer(JSON.stringify).send(problem);
}
