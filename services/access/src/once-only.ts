import { canonicalJson, type Json } from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';

import type { AccessParts } from './access-parts.ts';
import { asOurs, statusOf } from './problem.ts';
import { headerOf, IDEMPOTENCY_HEADER, REPLAYED_HEADER } from './request-headers.ts';
import type { Asked, Given, GuardedRoute, WithCaller } from './route.ts';

/** From here on it is not said whether something was done. */
const UNSURE_STATUS = 500;

/** Whether a request has come as far as what it is for. */
export interface Doing {
  isBegun: boolean;
}

/**
 * Does the work of a request that carries an Idempotency-Key once, and gives its answer again.
 *
 * What was not begun, as where the audit log took no order, or failed for a reason that the caller can mend
 * was not done, and may be tried under the same key. What failed otherwise may have been done: its key
 * stays taken, since twice is worse than not at all.
 *
 * @param doing is set by the work
 * @throws SealstreamError IDEMPOTENCY_KEY_REUSED, IDEMPOTENCY_RUNNING, IDEMPOTENCY_DONE,
 *   TOO_MANY_REQUESTS, and what the work throws
 */
export async function onceOnly(
  route: GuardedRoute,
  asked: Asked & WithCaller,
  { accounts }: Pick<AccessParts, 'accounts'>,
  doing: Doing,
  work: () => Promise<Given>,
): Promise<Given> {
  const key = headerOf(asked.headers, IDEMPOTENCY_HEADER);
  if (route.makes === undefined || key === undefined) return work();
  const begun = await accounts.idempotency.begin({
    caller: callerOf(asked),
    key,
    request: textOf(route, asked),
  });
  switch (begun.kind) {
    case 'other-request':
      throw new SealstreamError('IDEMPOTENCY_KEY_REUSED');
    case 'running':
      throw new SealstreamError('IDEMPOTENCY_RUNNING');
    case 'full':
      throw new SealstreamError('TOO_MANY_REQUESTS', { header: IDEMPOTENCY_HEADER });
    case 'done': {
      const { body, id } = begun.answer;
      if (body === undefined) throw new SealstreamError('IDEMPOTENCY_DONE', { id });
      return { answer: JSON.parse(body) as unknown, headers: { [REPLAYED_HEADER]: 'true' } };
    }
    case 'first':
      break;
  }
  const given = await work().catch(async (error: unknown) => {
    const isUndone = !doing.isBegun || statusOf(asOurs(error).code) < UNSURE_STATUS;
    if (isUndone) await begun.giveUp();
    throw error;
  });
  const { status = 200 } = route;
  const body = route.makes === 'secret' ? {} : { body: JSON.stringify(given.answer) };
  const id = given.id === undefined ? {} : { id: given.id };
  // It was done: without this word its key stays taken, so that a repeat does not do it again either.
  await begun.finish({ status, ...body, ...id }).catch(() => undefined);
  return given;
}

function callerOf({ caller }: WithCaller): string {
  return caller.keyId === undefined ? caller.account : `${caller.account} ${caller.keyId}`;
}

function textOf({ method, url }: GuardedRoute, { body, params, query }: Asked): string {
  const parts = { method, url, params, query, body };
  const text = canonicalJson(JSON.parse(JSON.stringify(parts)) as Json);
  if (text === undefined) throw new SealstreamError('REQUEST_INVALID', { at: 'body' });
  return text;
}
