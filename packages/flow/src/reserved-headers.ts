import { RESERVED_HEADER_PREFIX } from '@sealstream/contracts';

type Headers = readonly (readonly [string, Buffer | null])[];

/** A producer's headers without those whose names are ours; the others are counted. */
export function withoutReserved(headers: Headers): { kept: Headers; dropped: number } {
  const kept = headers.filter(([name]) => !name.startsWith(RESERVED_HEADER_PREFIX));
  return { kept, dropped: headers.length - kept.length };
}
