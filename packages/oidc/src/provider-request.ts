import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { SealstreamError } from '@sealstream/contracts';
import type { CustomFetch, CustomFetchOptions } from 'openid-client';
import { isAllowed } from './oidc-provider.ts';

/** How requests to one provider are made. */
export interface RequestRules {
  /** How long one request may take, connection and whole answer included. */
  readonly timeoutMs: number;
  readonly allowLoopbackHttp: boolean;
  /** Authorities (PEM) to trust; the system's when undefined. */
  readonly tlsCa: string | undefined;
}

/** Discovery documents, key sets and token answers are a tenth of that. */
const ANSWER_BYTES_MAX = 256 * 1024;
const HEADER_BYTES_MAX = 16 * 1024;
const SERVER_FAILED = 500;
const AWAY = new Set([408, 429]);
/** Codes of Node for a connection that failed, such as ECONNREFUSED; any other word may quote. */
const CONNECTION_CODE = /^[A-Z][A-Z0-9_]{2,60}$/;

function away(error: unknown): SealstreamError {
  if (error instanceof SealstreamError) return error;
  const { name, code } = error as { readonly name?: unknown; readonly code?: unknown };
  if (name === 'TimeoutError' || name === 'AbortError')
    return new SealstreamError('OIDC_UNREACHABLE', { reason: 'no answer in time' });
  const reason = typeof code === 'string' && CONNECTION_CODE.test(code) ? code : 'connection';
  return new SealstreamError('OIDC_UNREACHABLE', { reason });
}

/** Sends one request; its whole answer. Follows nothing. */
function exchange(
  url: string,
  { method, headers, body }: CustomFetchOptions,
  { timeoutMs, tlsCa }: RequestRules,
): Promise<{ readonly response: IncomingMessage; readonly bytes: Buffer }> {
  const request = url.startsWith('https:') ? httpsRequest : httpRequest;
  // The whole of it: a peer that sends a byte a second would reset any timeout of the socket's.
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve, reject) => {
    // A new connection each time: a kept one may be closed just then, and a code cannot be sent twice.
    const own = { agent: false, ca: tlsCa, maxHeaderSize: HEADER_BYTES_MAX } as const;
    const options = { method, headers, signal, ...own };
    const sent = request(url, options, (response) => {
      const parts: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (part: Buffer) => {
        parts.push(part);
        sizeBytes += part.length;
        if (sizeBytes <= ANSWER_BYTES_MAX) return;
        reject(new SealstreamError('OIDC_REFUSED', { reason: 'an answer over 256 KiB' }));
        sent.destroy();
      });
      response.on('end', () => resolve({ response, bytes: Buffer.concat(parts) }));
      // Also when it ends before its length.
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body instanceof URLSearchParams ? body.toString() : undefined);
  });
}

/**
 * The `fetch` that the library makes its requests with. Redirects are not followed, so a key set is
 * never one of another place.
 *
 * @throws SealstreamError OIDC_UNREACHABLE when nobody answers, or not in time, or with 408, 429 or 5xx;
 *   OIDC_REFUSED when the address is not one to talk to, or the answer has no end
 */
export function providerFetch(rules: RequestRules): CustomFetch {
  return async (url, options) => {
    if (!isAllowed(url, rules.allowLoopbackHttp))
      throw new SealstreamError('OIDC_REFUSED', { reason: 'an address without TLS' });
    const { response, bytes } = await exchange(url, options, rules).catch((error: unknown) => {
      throw away(error);
    });
    const { statusCode: status = 0 } = response;
    if (status >= SERVER_FAILED || AWAY.has(status))
      throw new SealstreamError('OIDC_UNREACHABLE', { httpStatus: status });
    // Postcondition: what goes further is an answer with a body, and of its headers no more than is read.
    const names = ['content-type', 'www-authenticate'] as const;
    const headers = names.flatMap((name) => {
      const value = response.headers[name];
      return value === undefined ? [] : [[name, value] satisfies [string, string]];
    });
    if (status < 200 || status === 204 || status === 205 || status === 304)
      throw new SealstreamError('OIDC_REFUSED', { httpStatus: status });
    return new Response(new Uint8Array(bytes), { status, headers });
  };
}
