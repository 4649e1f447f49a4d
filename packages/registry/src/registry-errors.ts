import { SealstreamError } from '@sealstream/contracts';

const TOO_MANY_REQUESTS = 429;
const REQUEST_TIMEOUT = 408;
const SERVER_FAILED = 500;
/** Codes of Node for a connection that failed, such as ECONNREFUSED; any other word may quote. */
const CONNECTION_CODE = /^[A-Z][A-Z0-9_]{2,60}$/;

/** Nobody answered, or not in time. */
export function awayError(thrown: unknown): SealstreamError {
  const { name, code, cause } = thrown as {
    readonly name?: unknown;
    readonly code?: unknown;
    readonly cause?: { readonly code?: unknown };
  };
  if (name === 'TimeoutError' || name === 'AbortError')
    return new SealstreamError('REGISTRY_UNREACHABLE', { reason: 'no answer in time' });
  const said = [cause?.code, code].find((one) => typeof one === 'string');
  const reason = typeof said === 'string' && CONNECTION_CODE.test(said) ? said : 'connection';
  return new SealstreamError('REGISTRY_UNREACHABLE', { reason });
}

/** It answered, and not with what was asked for. `code`: the registry's own number, if it gave one. */
export function answeredError(httpStatus: number, code?: unknown): SealstreamError {
  const isAway =
    httpStatus >= SERVER_FAILED ||
    httpStatus === TOO_MANY_REQUESTS ||
    httpStatus === REQUEST_TIMEOUT;
  const registryCode = typeof code === 'number' ? code : undefined;
  return new SealstreamError(isAway ? 'REGISTRY_UNREACHABLE' : 'REGISTRY_REFUSED', {
    httpStatus,
    registryCode,
  });
}
