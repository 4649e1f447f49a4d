import type { Action, Json } from '@sealstream/authorization';
import type { z } from 'zod';

import type { AccessParts } from './access-parts.ts';
import type { Ask, Told } from './ask.ts';
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
  /** Aborts when whoever asked goes away before the answer; for work that lasts. */
  readonly gone: () => AbortSignal;
}

/** What a route gives back. */
export interface Given<A = unknown> {
  readonly answer: A;
  /** How many values were given in truth, for the audit log. */
  readonly values?: number;
  /** Of what was made: kept with an Idempotency-Key, and told to the audit log. */
  readonly id?: string;
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
    | 'accounts'
    | 'approvals'
    | 'fields'
    | 'grants'
    | 'keys'
    | 'subjects'
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

/** Who may: whoever signed in, or whom a role allows it. */
export type AccessRule = 'signed-in' | Action;

interface GuardedShape {
  readonly rule: AccessRule;
  readonly told: Told;
  /** An API key is refused: it is for the person alone. */
  readonly persons?: true;
  /** Done also while the caller's password is one that somebody else set. */
  readonly beforeOwnPassword?: true;
  /** Whether the change says which version it looked at: `must` is answered 428 where it does not. */
  readonly version?: 'must' | 'may';
  /** What it makes is not made twice under one Idempotency-Key; an answer with a secret is not kept. */
  readonly makes?: 'shown' | 'secret';
  /** Throws what is missing for it at this service. */
  readonly needs?: (parts: AccessParts) => unknown;
}

/** What depends on the request. */
interface OfRequest<A> {
  /** Which of two rules it is; that of the route where this says undefined. */
  readonly ruleOf?: (asked: A, parts: AccessParts) => Promise<AccessRule | undefined>;
  /**
   * What an approver sees of the body, and the approval covers: for a body that holds a secret or the
   * value of a record. All of the body otherwise.
   */
  readonly shown?: (asked: A, parts: AccessParts) => Readonly<Record<string, Json>>;
  /** Whether it is what the first administrator may do to make the second. */
  readonly makesSecond?: (asked: A) => boolean;
}

/** A route that needs a caller whom a role allows it. */
export interface GuardedRoute extends RouteShape, GuardedShape, OfRequest<Asked & WithCaller> {
  readonly asks: (asked: Asked & WithCaller, parts: AccessParts) => Ask | Promise<Ask>;
  readonly handle: (asked: Asked & WithCaller, parts: AccessParts) => Promise<Given>;
}

export interface WithCaller {
  readonly caller: Caller;
  /** Whether the same request would be allowed now; for answers that last. */
  readonly isStill: () => Promise<boolean>;
  /** Of a change that names one: the version of what is changed. */
  readonly version?: number | undefined;
}

export type Route = OpenRoute | GuardedRoute;

type Out<S> = S extends z.ZodType ? z.output<S> : undefined;
type AskedOf<R extends RouteShape> = Asked<Out<R['params']>, Out<R['query']>, Out<R['body']>>;

/** A route as one row of the table, its handler typed by its own schemas. */
export function guarded<const R extends RouteShape>(
  shape: R & GuardedShape,
  asks: (asked: AskedOf<R> & WithCaller, parts: AccessParts) => Ask | Promise<Ask>,
  handle: (
    asked: AskedOf<R> & WithCaller,
    parts: AccessParts,
  ) => Promise<Given<z.input<R['answer']>>>,
  more: OfRequest<AskedOf<R> & WithCaller> = {},
): GuardedRoute {
  return {
    ...shape,
    ...(more as OfRequest<Asked & WithCaller>),
    asks: asks as GuardedRoute['asks'],
    handle: handle as GuardedRoute['handle'],
  };
}

/** The same for a route that nobody has to sign in for. */
export function open<const R extends RouteShape>(
  shape: R,
  handle: (asked: AskedOf<R>, parts: AccessParts) => Promise<Given<z.input<R['answer']>>>,
): OpenRoute {
  return { ...shape, rule: 'anyone', handle: handle as OpenRoute['handle'] };
}
