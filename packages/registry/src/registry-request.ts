import { SealstreamError } from '@sealstream/contracts';
import { answeredError, awayError } from './registry-errors.ts';

/** Whom to ask, and how long to wait. */
export interface RegistryAddress {
  /** Where Confluent's interface begins: `http://registry:8081`, `…/apis/ccompat/v7`. */
  readonly url: string;
  readonly user?: { readonly name: string; readonly password: string } | undefined;
  /** How long one request may take, its answer included. */
  readonly timeoutMs: number;
}

/** No schema is as large; what is larger is not read to its end. */
const ANSWER_BYTES_MAX = 4 * 1024 * 1024;

async function limitedText(response: Response): Promise<string> {
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of response.body ?? []) {
    sizeBytes += part.length;
    if (sizeBytes > ANSWER_BYTES_MAX)
      throw new SealstreamError('SCHEMA_UNREADABLE', { reason: 'an answer over 4 MiB' });
    parts.push(Buffer.from(part));
  }
  return Buffer.concat(parts).toString('utf8');
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
  const { url, user, timeoutMs } = address;
  const headers: Record<string, string> = { accept: 'application/vnd.schemaregistry.v1+json' };
  if (user !== undefined) {
    const pair = Buffer.from(`${user.name}:${user.password}`).toString('base64');
    headers['authorization'] = `Basic ${pair}`;
  }
  let status: number;
  let text: string;
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const response = await fetch(`${url}${path}`, { headers, signal, redirect: 'error' });
    status = response.status;
    text = await limitedText(response);
  } catch (error) {
    throw error instanceof SealstreamError ? error : awayError(error);
  }
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
