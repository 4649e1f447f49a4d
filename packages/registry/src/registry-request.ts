import { request as httpRequest } from 'node:http';
import { type AgentOptions, request as httpsRequest } from 'node:https';
import { SealstreamError } from '@sealstream/contracts';
import { answeredError, awayError } from './registry-errors.ts';

/** Whom to ask, and how long to wait. */
export interface RegistryAddress {
  /** Where Confluent's interface begins: `http://registry:8081`, `…/apis/ccompat/v7`. */
  readonly url: string;
  readonly user?: { readonly name: string; readonly password: string } | undefined;
  /** How long one request may take, its answer included. */
  readonly timeoutMs: number;
  /** Authorities (PEM) to trust, for https; the system's when undefined. */
  readonly tlsCa?: string | undefined;
}

/** No schema is as large; what is larger is not read to its end. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

interface Answered {
  readonly status: number;
  readonly text: string;
}

/** What a connection over TLS is made with; undefined where the address is without TLS. */
export function tlsOptions({ tlsCa, url }: RegistryAddress): AgentOptions | undefined {
  if (!url.startsWith('https:')) return undefined;
  return { minVersion: 'TLSv1.2', ...(tlsCa === undefined ? {} : { ca: tlsCa }) };
}

/** Sends one request; its whole answer. Follows nothing. */
function exchange(
  address: RegistryAddress,
  path: string,
  headers: Readonly<Record<string, string>>,
): Promise<Answered> {
  const tls = tlsOptions(address);
  const request = tls === undefined ? httpRequest : httpsRequest;
  // The whole of it: a peer that sends a byte a second would reset any timeout of the socket's.
  const signal = AbortSignal.timeout(address.timeoutMs);
  // Schemas are remembered, so requests are few, and a kept connection may be closed just then.
  const options = { headers, signal, agent: false, ...tls } as const;
  return new Promise((resolve, reject) => {
    const sent = request(`${address.url}${path}`, options, (response) => {
      const parts: Buffer[] = [];
      let sizeBytes = 0;
      response.on('data', (part: Buffer) => {
        parts.push(part);
        sizeBytes += part.length;
        if (sizeBytes <= ANSWER_BYTES_MAX) return;
        reject(new SealstreamError('SCHEMA_UNREADABLE', { reason: 'an answer over 4 MiB' }));
        sent.destroy();
      });
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') });
      });
      // Also when it ends before its length.
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end();
  });
}

/**
 * Asks for `path` and gives the answer's JSON, or undefined when the registry itself says that there
 * is no such thing (`missing`: its own error codes for that; a proxy's 404 is none of them). Throws
 * REGISTRY_UNREACHABLE and REGISTRY_REFUSED, and SCHEMA_UNREADABLE for an answer over 4 MiB.
 */
export async function askRegistry(
  address: RegistryAddress,
  path: string,
  missing: readonly number[],
): Promise<unknown> {
  const { user } = address;
  const headers: Record<string, string> = { accept: 'application/vnd.schemaregistry.v1+json' };
  if (user !== undefined) {
    const pair = Buffer.from(`${user.name}:${user.password}`).toString('base64');
    headers['authorization'] = `Basic ${pair}`;
  }
  const { status, text } = await exchange(address, path, headers).catch((error: unknown) => {
    throw error instanceof SealstreamError ? error : awayError(error);
  });
  const answer = parsed(text);
  if (status === 200 && answer instanceof Object) return answer;
  const code = (answer as { readonly error_code?: unknown } | null | undefined)?.error_code;
  if (status === 404 && missing.some((one) => one === code)) return undefined;
  throw answeredError(status, code);
}

/** JSON, or undefined: what says a thing that is no JSON is no registry. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
