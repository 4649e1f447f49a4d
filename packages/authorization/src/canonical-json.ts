import { createHash } from 'node:crypto';

/** What JSON can say. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [name: string]: Json };

/**
 * The one text of a JSON value: RFC 8785 (JSON Canonicalization Scheme), so members stand in the order
 * of their UTF-16 units and numbers as ECMAScript writes them. Undefined for what the RFC refuses:
 * numbers that are not finite and texts with half a surrogate pair, and for what is no JSON.
 */
export function canonicalJson(value: Json): string | undefined {
  if (typeof value === 'string') return value.isWellFormed() ? JSON.stringify(value) : undefined;
  if (typeof value === 'number') return Number.isFinite(value) ? JSON.stringify(value) : undefined;
  if (typeof value === 'boolean' || value === null) return String(value);
  if (typeof value !== 'object') return undefined;
  const parts = isList(value)
    ? value.map((part) => canonicalJson(part))
    : Object.entries(value)
        // Without a locale: < goes by UTF-16 units.
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([name, part]) => member(name, part));
  if (parts.includes(undefined)) return undefined;
  return isList(value) ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}

const isList = (value: Json): value is readonly Json[] => Array.isArray(value);

function member(name: string, part: Json): string | undefined {
  const [key, text] = [canonicalJson(name), canonicalJson(part)];
  return key === undefined || text === undefined ? undefined : `${key}:${text}`;
}

/** Hex SHA-256 of the canonical text in UTF-8; undefined where there is none. */
export function jsonDigest(value: Json): string | undefined {
  const text = canonicalJson(value);
  return text === undefined ? undefined : createHash('sha256').update(text).digest('hex');
}
