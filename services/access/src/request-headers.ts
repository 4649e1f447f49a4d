import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { Asked, GuardedRoute } from './route.ts';

/** Headers of ours that a guarded request may carry. */
export const APPROVAL_HEADER = 'x-sealstream-approval';
export const IDEMPOTENCY_HEADER = 'idempotency-key';
export const REPLAYED_HEADER = 'idempotency-replayed';

/** What a route reads of the headers, for its form and the document; all others pass. */
export function headersOf({ makes, method, rule, version }: GuardedRoute): z.ZodType | undefined {
  const taken = {
    ...(method === 'GET' || rule === 'approvals.decide' ? {} : { [APPROVAL_HEADER]: Approval }),
    ...(makes === undefined ? {} : { [IDEMPOTENCY_HEADER]: IdempotencyKey }),
    ...(version === undefined ? {} : { 'if-match': IfMatch }),
  };
  return Object.keys(taken).length === 0 ? undefined : z.looseObject(taken);
}

const Approval = z
  .string()
  .regex(/^[\w-]{1,64}$/)
  .optional()
  .describe('Id of the approval that the first answer named, where a second person must agree.');
const IdempotencyKey = z
  .string()
  .regex(/^[A-Za-z0-9_-]{16,64}$/)
  .optional()
  .describe('The same for a repeat: within 24 hours it is done once. 16 to 64 of A-Z a-z 0-9 _ -.');
const IfMatch = z
  .string()
  .max(32)
  .optional()
  .describe('ETag of the user that was looked at, or * for whatever it is now.');

/** A header that came once. */
export function headerOf(headers: Asked['headers'], name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}

/**
 * The version that a change names (RFC 9110, If-Match); undefined for `*` and where none is asked for.
 *
 * @throws SealstreamError VERSION_MISSING, REQUEST_INVALID
 */
export function versionOf(
  { version }: Pick<GuardedRoute, 'version'>,
  headers: Asked['headers'],
): number | undefined {
  if (version === undefined) return undefined;
  const text = headerOf(headers, 'if-match');
  if (text === undefined && version === 'must') throw new SealstreamError('VERSION_MISSING');
  if (text === undefined || text === '*') return undefined;
  const [, digits] = /^"([1-9]\d{0,14})"$/.exec(text) ?? [];
  if (digits === undefined) throw new SealstreamError('REQUEST_INVALID', { at: 'if-match' });
  return Number(digits);
}
