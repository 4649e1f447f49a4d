import { SealstreamError } from '@sealstream/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

import type { AccessParts } from './access-parts.ts';
import type { Caller } from './caller.ts';
import type { Callers } from './callers.ts';
import { reasonsOf } from './gate.ts';
import { asOurs, Problem, PROBLEM_TYPE } from './problem.ts';
import type { Asked, Given, GuardedRoute, Route } from './route.ts';
import type { ToldAccess, ToldRequest } from './told-access.ts';

declare module 'fastify' {
  interface FastifyRequest {
    caller: Caller | null;
  }
}

export interface ServedWith {
  readonly parts: AccessParts;
  readonly callers: Pick<Callers, 'of'>;
  readonly told: ToldAccess;
}

/** Statuses that any route may answer with, and those of one that may refuse whoever asks. */
const ANYWHERE = [400, 404, 413, 415, 422, 429, 500, 503] as const;
const GUARDED = [...ANYWHERE, 401, 403] as const;

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
  // What is sent to an open route may be refused too: a password, a token, a secret.
  const statuses = isGuarded || body !== undefined ? GUARDED : ANYWHERE;
  const problems = statuses.map((code) => [String(code), PROBLEM] as const);
  server.route({
    method,
    url,
    schema: {
      summary,
      tags: [tag],
      ...(isGuarded ? { security: [{ password: [] }, { token: [] }] } : {}),
      ...(params === undefined ? {} : { params }),
      ...(query === undefined ? {} : { querystring: query }),
      ...(body === undefined ? {} : { body }),
      response: { ...Object.fromEntries(problems), [status]: answered },
    },
    onRequest: async (request) => {
      if (isGuarded) request.caller = await served.callers.of(request);
    },
    handler: async (request, reply) => {
      const asked = askedOf(request);
      const given = isGuarded
        ? await guardedAnswer(route, asked, request, served)
        : await route.handle(asked, served.parts);
      return send(reply, status, given);
    },
  });
}

function askedOf({ body, headers, id, ip, params, query }: FastifyRequest): Asked {
  return { params, query, body, headers, requestId: id, address: ip };
}

function send(reply: FastifyReply, status: number, { answer, headers = {} }: Given): FastifyReply {
  return reply.code(status).headers(headers).send(answer);
}

async function guardedAnswer(
  route: GuardedRoute,
  asked: Asked,
  from: FastifyRequest,
  { callers, parts, told }: ServedWith,
): Promise<Given> {
  const { caller } = from;
  // Precondition: onRequest has set it, or thrown.
  if (caller === null) throw new SealstreamError('SIGN_IN_REFUSED');
  const ask = route.asks(asked);
  const { address, requestId } = asked;
  const action = route.rule === 'signed-in' ? `${route.method} ${route.url}` : route.rule;
  const request: ToldRequest = { action, caller, ask, requestId, address, told: route.told };
  const isStill = async () => {
    const now = await callers.of(from);
    if (route.rule === 'signed-in') return now.account === caller.account;
    const again = await parts.gate.permit(now, route.rule, ask);
    await again.settle(0);
    return now.account === caller.account;
  };
  const withCaller = { ...asked, caller, isStill };
  if (route.rule === 'signed-in')
    return tellingWhat(route, request, told, () => route.handle(withCaller, parts));
  const permit = await parts.gate.permit(caller, route.rule, ask).catch((error: unknown) => {
    told.denied(request, reasonsOf(error) ?? asOurs(error).code);
    throw error;
  });
  let used = 0;
  try {
    const allowed = { ...request, rule: permit.rule };
    const given = await tellingWhat(route, allowed, told, () => route.handle(withCaller, parts));
    used = given.values ?? ask.values ?? 0;
    return given;
  } finally {
    await permit.settle(used);
  }
}

/** Does the work between the events that the route asks for. */
async function tellingWhat(
  route: GuardedRoute,
  request: ToldRequest,
  told: ToldAccess,
  work: () => Promise<Given>,
): Promise<Given> {
  if (route.told === 'nothing') return work();
  await told.ordered(request);
  if (route.told === 'read') return work();
  try {
    const given = await work();
    told.done(request, given.values);
    return given;
  } catch (error) {
    told.done(request, 0, asOurs(error).code);
    throw error;
  }
}
