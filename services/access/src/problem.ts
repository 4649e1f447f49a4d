import { type ErrorCode, ERRORS, SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

/** Problem details of RFC 9457, with the code of docs/errors.md and the request's own id. */
export const Problem = z
  .object({
    type: z.string().describe('urn:sealstream:error: and the code.'),
    title: z.string(),
    status: z.int(),
    code: z.string(),
    detail: z.string().optional().describe('What to do about it.'),
    /** Names, paths and numbers; never a value of the request. */
    place: z.record(z.string(), z.union([z.string(), z.number()])).optional(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem' });
export type Problem = z.infer<typeof Problem>;

export const PROBLEM_TYPE = 'application/problem+json';

/** Statuses of codes that are the caller's to mend; whatever is not here goes by its class. */
const STATUSES: Partial<Record<ErrorCode, number>> = {
  REQUEST_INVALID: 400,
  USAGE: 400,
  SIGN_IN_REFUSED: 401,
  ACCESS_DENIED: 403,
  APPROVAL_NEEDED: 403,
  APPROVAL_REFUSED: 403,
  BOOTSTRAP_REFUSED: 403,
  OWN_PASSWORD_NEEDED: 403,
  PERSON_NEEDED: 403,
  TWO_ADMINISTRATORS_NEEDED: 403,
  APPROVAL_UNKNOWN: 404,
  OIDC_PROVIDER_UNKNOWN: 404,
  ACCOUNT_UNKNOWN: 404,
  ROUTE_UNKNOWN: 404,
  FIELD_UNKNOWN: 404,
  POLICY_UNKNOWN_DATASET: 404,
  KEY_UNKNOWN: 404,
  PROPOSAL_UNKNOWN: 404,
  AUDIT_ENTRY_UNKNOWN: 404,
  GRANT_UNKNOWN: 404,
  REJECT_UNKNOWN: 404,
  ALERT_UNKNOWN: 404,
  GRANT_REVOKED: 403,
  GRANT_EXPIRED: 403,
  GRANT_LACKS_FIELD: 403,
  ACCOUNT_CONFLICT: 409,
  ACCOUNT_EXISTS: 409,
  IDENTITY_TAKEN: 409,
  ADMINISTRATORS_NEEDED: 409,
  KEY_NEEDED: 409,
  KEYSET_CONFLICT: 409,
  IDEMPOTENCY_DONE: 409,
  IDEMPOTENCY_RUNNING: 409,
  PROPOSAL_OUTDATED: 409,
  PROPOSAL_SETTLED: 409,
  VERSION_CHANGED: 412,
  REQUEST_TOO_LARGE: 413,
  REPLAY_TOO_LARGE: 413,
  MEDIA_TYPE_UNKNOWN: 415,
  ACCOUNT_INVALID: 422,
  FIELD_UNFIT: 422,
  GRANT_KEY_REFUSED: 422,
  IDEMPOTENCY_KEY_REUSED: 422,
  PASSWORD_REFUSED: 422,
  PROPOSAL_INVALID: 422,
  ROLE_UNKNOWN: 422,
  SCOPE_BEYOND_ROLES: 422,
  VERSION_MISSING: 428,
  QUOTA_SPENT: 429,
  TOO_MANY_REQUESTS: 429,
  // What this service was not given a key or a log for it cannot do, whoever asks.
  AUDIT_COPY_MISSING: 503,
  KEY_FILE_MISSING: 503,
  OIDC_REFUSED: 503,
};

/** HTTP status (RFC 9110) of a code. */
export function statusOf(code: ErrorCode): number {
  const status = STATUSES[code];
  if (status !== undefined) return status;
  const { class: kind } = ERRORS[code];
  if (kind === 'retryable') return 503;
  return kind === 'record' ? 422 : 500;
}

/**
 * What the caller is told of an error. Of one that is not ours nothing but that there was one: its
 * message may quote what the request held.
 */
export function problemOf(error: unknown, requestId: string): Problem {
  const { code, mend, place } = asOurs(error);
  const status = statusOf(code);
  const shown = status === 500 ? {} : plainPlace(place);
  return {
    type: `urn:sealstream:error:${code}`,
    title: ERRORS[code].cause,
    status,
    code,
    detail: mend,
    ...(Object.keys(shown).length === 0 ? {} : { place: shown }),
    requestId,
  };
}

/** Errors of fastify's own that a caller can cause. */
const OF_FASTIFY: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'REQUEST_TOO_LARGE',
  FST_ERR_CTP_INVALID_MEDIA_TYPE: 'MEDIA_TYPE_UNKNOWN',
  FST_ERR_CTP_EMPTY_JSON_BODY: 'REQUEST_INVALID',
  FST_ERR_CTP_INVALID_JSON_BODY: 'REQUEST_INVALID',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'REQUEST_INVALID',
  FST_ERR_BAD_URL: 'REQUEST_INVALID',
};

interface FastifyLike {
  readonly code?: string;
  readonly statusCode?: number;
  readonly validation?: readonly { readonly instancePath?: string; readonly keyword?: string }[];
  readonly validationContext?: string;
}

/** Any error as one of ours; INTERNAL where it says nothing that may be told. */
export function asOurs(error: unknown): SealstreamError {
  if (error instanceof SealstreamError) return error;
  const { code = '', statusCode, validation, validationContext } = error as FastifyLike;
  if (validation !== undefined) {
    const [{ instancePath, keyword } = {}] = validation;
    // Names of members come from the caller, so only the place and kind of the first fault is told.
    const at = `${validationContext ?? 'request'}${namedBySchema(instancePath)}`;
    return new SealstreamError('REQUEST_INVALID', { at, rule: keyword });
  }
  const known = OF_FASTIFY[code];
  if (known !== undefined) return new SealstreamError(known);
  // Whatever else the framework blames the request for, such as JSON with a `__proto__` in it.
  if (statusCode !== undefined && statusCode >= 400 && statusCode < 500)
    return new SealstreamError('REQUEST_INVALID');
  return new SealstreamError('INTERNAL');
}

/** A path in the body, as far as it is made of what schemas name: short words and positions. */
function namedBySchema(path: string | undefined): string {
  return path !== undefined && /^(\/[A-Za-z0-9_]{1,32}){1,8}$/.test(path) ? path : '';
}

function plainPlace(place: SealstreamError['place']): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(place).flatMap(([name, value]) => {
      if (value === undefined) return [];
      return [[name, typeof value === 'number' ? value : String(value)]];
    }),
  );
}
