import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { AccessParts } from './access-parts.ts';
import type { Caller } from './caller.ts';
import type { Callers } from './callers.ts';
import { guardedAnswer } from './guarded-answer.ts';
import { Problem, PROBLEM_TYPE } from './problem.ts';
import { headersOf } from './request-headers.ts';
import type { Asked, Given, Route } from './route.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export interface ServedWith {
  readonly parts: AccessParts;
  readonly callers: Pick<Callers, 'of'>;
}

/** Statuses that any route may answer with, and those of one that may refuse whoever asks. */
const ANYWHERE = [400, 404, 413, 415, 422, 429, 500, 503] as const;
const GUARDED = [...ANYWHERE, 401, 403, 409] as const;
const VERSIONED = [...GUARDED, 412, 428] as const;

const PROBLEM = {
  description: 'What went wrong',
  content: { [PROBLEM_TYPE]: { schema: Problem } },
} as const;

/**
 * Serves the routes of the table.
 *
 * Promises: who asks is known before a body is read, and what is asked is allowed before a route works;
 * of a route that gives plaintext or changes something, the order is on the audit log before and the
 * outcome is told after, also when it fails; a denial is told.
 */
export function serveRoutes(
  server: FastifyInstance,
  routes: readonly Route[],
  served: ServedWith,
): void {
  server.decorateRequest('caller', null);
  // A stream would keep the server from closing.
  server.addHook('preClose', async () => served.parts.streams.end());
  for (const route of routes) serve(server, route, served);
  // What it says of the routes is known once all of them are there.
  server.get('/v1/openapi.json', { schema: { hide: true } }, async () => server.swagger());
}

function serve(server: FastifyInstance, route: Route, served: ServedWith): void {
  const { answer, body, media, method, params, query, status = 200, summary, tag, url } = route;
  const isGuarded = route.rule !== 'anyone';
  const answered =
    media === undefined
      ? answer
      : { description: summary, content: { [media]: { schema: answer } } };
  const headers = isGuarded ? headersOf(route) : undefined;
  const problems = statusesOf(route).map((code) => [String(code), PROBLEM] as const);
  server.route({
    method,
    url,
    schema: {
      summary,
      tags: [tag],
      ...(isGuarded ? { security: [{ password: [] }, { token: [] }, { certificate: [] }] } : {}),
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { querystring: query }),
      ...(body === undefined ? {} : { body }),
      ...(headers === undefined ? {} : { headers }),
      response: { ...Object.fromEntries(problems), [status]: answered },
    },
    onRequest: async (request) => {
      if (isGuarded) request.caller = await served.callers.of(request);
    },
    handler: async (request, reply) => {
      const asked = askedOf(request, reply);
      const given = isGuarded
        ? await guardedAnswer(route, asked, request, served)
        : await route.handle(asked, served.parts);
      return send(reply, status, given);
    },
  });
}

function statusesOf(route: Route): readonly number[] {
  // What is sent to an open route may be refused too: a password, a token, a secret.
  if (route.rule === 'anyone') return route.body === undefined ? ANYWHERE : GUARDED;
  return route.version === undefined ? GUARDED : VERSIONED;
}

function askedOf(
  { body, headers, id, ip, params, query }: FastifyRequest,
  { raw }: FastifyReply,
): Asked {
  const gone = () => goneSignal(raw);
  return { params, query, body, headers, requestId: id, address: ip, gone };
}

/** A response closes when it was sent, too: then nobody went away. */
function goneSignal(response: FastifyReply['raw']): AbortSignal {
  const gone = new AbortController();
  const onClose = (): void => {
    if (!response.writableFinished) gone.abort();
  };
  if (response.closed) onClose();
  else response.once('close', onClose);
  return gone.signal;
}

function send(reply: FastifyReply, status: number, { answer, headers = {} }: Given): FastifyReply {
  // What has nothing to say has no body, not one that says null.
  return reply
    .code(status)
    .headers(headers)
    .send(answer ?? undefined);
}
