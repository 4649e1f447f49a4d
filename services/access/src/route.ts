import type { Action } from '@sealstream/authorization';
import type { z } from 'zod';

import type { AccessParts } from './access-parts.ts';
import type { Ask } from './ask.ts';
import type { Caller } from './caller.ts';

/** A request as its route sees it: of the form that its schemas say. */
export interface Asked<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  readonly requestId: string;
  /** Address of the other end of the connection. */
  readonly address: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

/** What a route gives back. */
export interface Given<A = unknown> {
  readonly answer: A;
  /** How many values were given in truth, for the audit log. */
  readonly values?: number;
  readonly headers?: Readonly<Record<string, string | string[]>>;
}

interface RouteShape {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** In fastify's form, as `/v1/datasets/:dataset`. */
  readonly url: string;
  readonly summary: string;
  readonly tag:
    | 'health'
    | 'sign-in'
    | 'fields'
    | 'grants'
    | 'keys'
    | 'policy'
    | 'flow'
    | 'alerts'
    | 'rejects'
    | 'audit';
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
  /** Media type of the answer, where that is no JSON: then it is a stream. */
  readonly media?: 'text/event-stream';
  /** 200 unless told. */
  readonly status?: 200 | 201 | 204;
}

/** A route that nobody has to sign in for. */
export interface OpenRoute extends RouteShape {
  readonly rule: 'anyone';
  readonly handle: (asked: Asked, parts: AccessParts) => Promise<Given>;
}

/** What stands on the audit log of a request. */
export type Told =
  /** One event before the first byte is known, and one of what came of it. */
  | 'plaintext'
  /** The same, of what changes something. */
  | 'change'
  /** One event before the answer. */
  | 'read'
  /** None: the answer tells nothing of records, keys or other persons. */
  | 'nothing';

/** A route that needs a caller whom a role allows it. */
export interface GuardedRoute extends RouteShape {
  readonly rule: 'signed-in' | Action;
  readonly told: Told;
  readonly asks: (asked: Asked) => Ask;
  readonly handle: (asked: Asked & WithCaller, parts: AccessParts) => Promise<Given>;
}

interface WithCaller {
  readonly caller: Caller;
  /** Whether the same request would be allowed now; for answers that last. */
  readonly isStill: () => Promise<boolean>;
}

export type Route = OpenRoute | GuardedRoute;

type Out<S> = S extends z.ZodType ? z.output<S> : undefined;
type AskedOf<R extends RouteShape> = Asked<Out<R['params']>, Out<R['query']>, Out<R['body']>>;

/** A route as one row of the table, its handler typed by its own schemas. */
export function guarded<const R extends RouteShape>(
  shape: R & Pick<GuardedRoute, 'rule' | 'told'>,
  asks: (asked: AskedOf<R>) => Ask,
  handle: (
    asked: AskedOf<R> & WithCaller,
    parts: AccessParts,
  ) => Promise<Given<z.input<R['answer']>>>,
): GuardedRoute {
  return { ...shape, asks: asks as GuardedRoute['asks'], handle: handle as GuardedRoute['handle'] };
}

/** The same for a route that nobody has to sign in for. */
export function open<const R extends RouteShape>(
  shape: R,
  handle: (asked: AskedOf<R>, parts: AccessParts) => Promise<Given<z.input<R['answer']>>>,
): OpenRoute {
  return { ...shape, rule: 'anyone', handle: handle as OpenRoute['handle'] };
}
