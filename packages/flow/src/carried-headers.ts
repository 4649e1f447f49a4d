import { RESERVED_HEADER_PREFIX } from '@sealstream/contracts';

type Headers = readonly (readonly [string, Buffer | null])[];

/** W3C trace context, version 00: version, trace id, parent id, flags; no id may be all zero. */
const TRACEPARENT = /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** A producer's headers without those whose names are ours; the others are counted. */
export function withoutReserved(headers: Headers): { kept: Headers; dropped: number } {
  const kept = headers.filter(([name]) => !name.startsWith(RESERVED_HEADER_PREFIX));
  return { kept, dropped: headers.length - kept.length };
}

/**
 * The producer's headers that the policy lets pass, in their order. `traceparent` passes only when
 * it is one, since it reaches everybody who reads the topic.
 */
export function carriedHeaders(headers: Headers, named: readonly string[]): Headers {
  if (headers.length === 0 || named.length === 0) return [];
  return headers.filter(([name, value]) => {
    if (!named.includes(name)) return false;
    return name !== 'traceparent' || TRACEPARENT.test(value?.toString('latin1') ?? '');
  });
}
