import type { Json } from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';

import type { AccessParts } from './access-parts.ts';
import { type Caller, isProgram } from './caller.ts';
import type { Callers, CallingRequest } from './callers.ts';
import { type Permit, refusalsOf } from './gate.ts';
import { type Doing, onceOnly } from './once-only.ts';
import { asOurs } from './problem.ts';
import { APPROVAL_HEADER, headerOf, versionOf } from './request-headers.ts';
import type { Asked, Given, GuardedRoute, WithCaller } from './route.ts';
import type { UsedApproval } from './second-persons.ts';
import type { ToldAccess, ToldRequest } from './told-access.ts';
import { toldNames, toldReasons } from './told-names.ts';

interface GuardedBy {
  readonly parts: AccessParts;
  readonly callers: Pick<Callers, 'of'>;
}

/** A request whose caller is known. */
interface KnownRequest extends CallingRequest {
  readonly caller: Caller | null;
}

/**
 * Answers a request of a route that needs a caller.
 *
 * Promises, in this order: what the route is not for is denied before anything is looked at; roles allow
 * it; a repeat under an Idempotency-Key is not done again; a second person agreed where one must; the
 * order is on the audit log; then it is done, and what came of it is told.
 */
export async function guardedAnswer(
  route: GuardedRoute,
  given: Asked,
  from: KnownRequest,
  { callers, parts }: GuardedBy,
): Promise<Given> {
  const { caller } = from;
  // Precondition: onRequest has set it, or thrown.
  if (caller === null) throw new SealstreamError('SIGN_IN_REFUSED');
  const { told } = parts;
  const { address, requestId } = given;
  const action = `${route.method} ${route.url}`;
  const early = { action, caller, ask: {}, requestId, address, told: route.told };
  await denialsTold(told, early, async () => requireFit(route, caller));
  const isStill = async (): Promise<boolean> => {
    const now = await callers.of(from);
    if (now.account !== caller.account) return false;
    const rule = (await route.ruleOf?.(asked, parts)) ?? route.rule;
    if (rule !== 'signed-in') await parts.gate.judge(now, rule, ask, false);
    return true;
  };
  const asked = { ...given, caller, isStill, version: versionOf(route, given.headers) };
  const ask = await route.asks(asked, parts);
  const rule = (await route.ruleOf?.(asked, parts)) ?? route.rule;
  const request: ToldRequest = { ...early, ask: toldNames(ask, parts.policy) };
  const doing: Doing = { isBegun: false };
  const work = (approval?: UsedApproval) => {
    doing.isBegun = true;
    return route.handle({ ...asked, approval }, parts);
  };
  if (rule === 'signed-in') {
    route.needs?.(parts);
    return onceOnly(route, asked, parts, doing, () => tellingWhat(route, request, told, work));
  }
  const named = { ...request, action: rule };
  const judged = await denialsTold(told, named, () =>
    parts.gate.judge(caller, rule, ask, route.makesSecond?.(asked) ?? false),
  );
  route.needs?.(parts);
  return onceOnly(route, asked, parts, doing, async () => {
    const approval = headerOf(asked.headers, APPROVAL_HEADER);
    const agreement = { details: () => detailsOf(route, asked, parts), approval };
    const permit = await denialsTold(told, named, () => parts.gate.permit(judged, agreement));
    const allowed = { ...named, rule: permit.rule, approval: permit.approval };
    const allowedWork = () => work(permit.approval);
    return settled(permit, judged.values, () => tellingWhat(route, allowed, told, allowedWork));
  });
}

/** @throws SealstreamError PERSON_NEEDED, OWN_PASSWORD_NEEDED */
function requireFit(route: GuardedRoute, caller: Caller): void {
  if (route.persons === true && isProgram(caller)) throw new SealstreamError('PERSON_NEEDED');
  if (caller.needsOwnPassword === true && route.beforeOwnPassword !== true)
    throw new SealstreamError('OWN_PASSWORD_NEEDED');
}

/** All that decides what will happen; the version that was looked at only says whether it still may. */
async function detailsOf(route: GuardedRoute, asked: Asked & WithCaller, parts: AccessParts) {
  const { body, params, query } = asked;
  const { method, summary, url } = route;
  const shown = (await route.shown?.(asked, parts)) ?? body;
  const parted = { what: summary, method, url, params, query, body: shown };
  // Only what JSON can say comes from a request; what is undefined goes.
  return JSON.parse(JSON.stringify(parted)) as Readonly<Record<string, Json>>;
}

async function denialsTold<T>(
  told: ToldAccess,
  request: ToldRequest,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code } = asOurs(error);
    const refusals = refusalsOf(error);
    const reasons = refusals === undefined ? code : toldReasons(refusals, request.ask);
    // The request for an approval stands on the log already.
    if (code !== 'APPROVAL_NEEDED') told.denied(request, reasons);
    throw error;
  }
}

/** Gives back what was taken of a quota and not used, whatever comes of the work; of a stream at its end. */
async function settled(permit: Permit, most: number, work: () => Promise<Given>): Promise<Given> {
  let used = 0;
  try {
    const given = await work();
    used = given.values ?? most;
    void given.ended?.then(({ values }) => permit.settle(values)).catch(() => undefined);
    return given;
  } finally {
    // What could not be given back stays used, here too: it says nothing of what was done.
    await permit.settle(used).catch(() => undefined);
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
    if (given.ended !== undefined) {
      void given.ended.then(({ failed, values }) => told.done(request, values, failed));
      return given;
    }
    told.done(request, given.values, undefined, given.id === undefined ? {} : { made: given.id });
    return given;
  } catch (error) {
    told.done(request, 0, asOurs(error).code);
    throw error;
  }
}
