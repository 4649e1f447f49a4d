import { crc32 } from '@node-rs/crc32';
import { z } from 'zod';
import { AccountName, storedReader, ShortText, Word } from './account-form.ts';
import { isIdForm, isSecretForm, newId, newSecret } from './random-secret.ts';

const SCOPES_MAX = 64;
/** Any dataset, or any action. */
export const ANY = '*';
const moment = z.number().int().min(0);
const scope = z
  .array(z.union([z.literal(ANY), Word]))
  .min(1)
  .max(SCOPES_MAX);

/** What a key may be used for: within its owner's roles, and never beyond. */
export const KeyScopes = z.strictObject({ actions: scope, datasets: scope });
export type KeyScopes = z.infer<typeof KeyScopes>;

const StoredApiKey = z.strictObject({
  v: z.literal(1),
  name: ShortText,
  owner: AccountName,
  scopes: KeyScopes,
  digest: z.string().length(43),
  createdMs: moment,
  expiresMs: moment,
  revokedMs: moment.optional(),
});
export type StoredApiKey = z.infer<typeof StoredApiKey>;

/** An API key as others see it. */
export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly scopes: KeyScopes;
  readonly createdMs: number;
  readonly expiresMs: number;
  readonly revokedMs?: number | undefined;
  /** To the minute; undefined for never. */
  readonly lastUsedMs?: number | undefined;
}

export const readApiKey = storedReader(StoredApiKey, 'api-key');

export function shownApiKey(id: string, stored: StoredApiKey, lastUsed: string | null): ApiKey {
  const { createdMs, expiresMs, name, owner, revokedMs, scopes } = stored;
  const revoked = revokedMs === undefined ? {} : { revokedMs };
  const used = lastUsed === null ? {} : { lastUsedMs: Number(lastUsed) };
  return { id, name, owner, scopes, createdMs, expiresMs, ...revoked, ...used };
}

/** The parts of a key's text. */
export interface ApiKeyText {
  readonly id: string;
  readonly secret: string;
}

/**
 * A new key: `ssk_<id>_<secret>_<crc>`. The CRC-32 (8 hexadecimal digits) of what stands before it tells
 * a typo from a wrong key, and lets a scanner of code know a key when it sees one, without asking us.
 */
export function newApiKey(): ApiKeyText & { readonly text: string } {
  const [id, secret] = [newId(), newSecret()];
  const begin = `ssk_${id}_${secret}`;
  return { id, secret, text: `${begin}_${checksum(begin)}` };
}

/** Undefined for what cannot be a key. */
export function readApiKeyText(text: string): ApiKeyText | undefined {
  const [, begin = '', id = '', secret = '', crc] =
    /^(ssk_([0-9A-Za-z]{12})_([\w-]{43}))_([0-9a-f]{8})$/.exec(text) ?? [];
  const isForm = isIdForm(id) && isSecretForm(secret) && crc === checksum(begin);
  return isForm ? { id, secret } : undefined;
}

function checksum(text: string): string {
  return (crc32(text) >>> 0).toString(16).padStart(8, '0');
}
