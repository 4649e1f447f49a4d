import { type Logger, SealstreamError } from '@sealstream/contracts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import type { AccountKeys } from './account-keys.ts';
import { AccountName, requireForm, ShortText } from './account-form.ts';
import {
  type ApiKey,
  KeyScopes,
  newApiKey,
  readApiKey,
  readApiKeyText,
  shownApiKey,
  type StoredApiKey,
} from './api-key.ts';
import { digestOf, isDigestOf, isIdForm } from './random-secret.ts';
import { readUser, shownUser, type User } from './user.ts';

const LIFE_MS_MAX = 366 * 86_400_000;
/** A key that holds no longer is still listed so long. */
const LISTED_MS = 30 * 86_400_000;
const USED_EVERY_MS = 60_000;
const PAGE_MAX = 500;
/** Keys of one owner that are listed, whether they hold or not: a new one a day, and many more. */
const OF_OWNER_MAX = 1000;

/**
 * Makes a key where none is. KEYS: key, all keys, those of the owner. ARGV: text, when it is forgotten, id,
 * now, how many of one owner.
 */
const CREATE = `
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[4])
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[5]) then return 2 end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PXAT', ARGV[2]) then return 0 end
redis.call('ZADD', KEYS[2], 0, ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[2], ARGV[3])
return 1`;

/** A key, its owner, its last use. KEYS: key, last use. ARGV: where names of users begin. */
const LOOK = `
local text = redis.call('GET', KEYS[1])
if not text then return {'', '', ''} end
local owner = string.match(text, '"owner":"([^"]+)"')
return {text, owner and redis.call('GET', ARGV[1] .. owner) or '', redis.call('GET', KEYS[2]) or ''}`;

/** Replaces the very text that was looked at; it is forgotten when it would have been. */
const SWAP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1`;

/** A key to make. */
export interface NewApiKey {
  readonly owner: string;
  /** What it is for. */
  readonly name: string;
  readonly scopes: KeyScopes;
  /** After so long it holds no more; 366 days at most. */
  readonly lifeMs: number;
}

export type KeyRefusal = 'form' | 'unknown' | 'revoked' | 'expired' | 'owner-gone';

/** Why a key was refused is for logs: a caller is told nothing of it. */
export type KeyVerdict =
  | { readonly kind: 'valid'; readonly key: ApiKey; readonly owner: User }
  | { readonly kind: 'refused'; readonly why: KeyRefusal; readonly key?: ApiKey };

export interface ApiKeyPage {
  readonly keys: readonly ApiKey[];
  readonly cursor?: string | undefined;
}

/** API keys of users. Every method throws REDIS_UNREACHABLE and REDIS_REFUSED, ACCOUNT_UNREADABLE. */
export class ApiKeys {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;
  readonly #logger: Logger;
  readonly #now: () => number;

  constructor(link: RedisLink, keys: AccountKeys, logger: Logger, now: () => number) {
    this.#link = link;
    this.#keys = keys;
    this.#logger = logger;
    this.#now = now;
  }

  /**
   * Makes a key. `text` is shown here and never again.
   *
   * @throws SealstreamError ACCOUNT_INVALID, ACCOUNT_UNKNOWN when the owner is not there or disabled,
   *   TOO_MANY_REQUESTS when 1,000 of the owner are listed
   */
  async create(wanted: NewApiKey): Promise<{ readonly key: ApiKey; readonly text: string }> {
    requireForm(AccountName, 'owner', wanted.owner);
    const scopes = requireForm(KeyScopes, 'scopes', wanted.scopes);
    const name = requireForm(ShortText, 'name', wanted.name);
    const { lifeMs, owner } = wanted;
    if (!(Number.isSafeInteger(lifeMs) && lifeMs > 0 && lifeMs <= LIFE_MS_MAX))
      throw new SealstreamError('ACCOUNT_INVALID', { lifeMsMax: LIFE_MS_MAX });
    const found = await answered(this.#link.redis.get(this.#keys.user(owner)));
    if (found === null || readUser(found).disabled)
      throw new SealstreamError('ACCOUNT_UNKNOWN', { owner });
    const { id, secret, text } = newApiKey();
    const [createdMs, digest] = [this.#now(), digestOf(secret)];
    const expiresMs = createdMs + lifeMs;
    const stored: StoredApiKey = { v: 1, name, owner, scopes, digest, createdMs, expiresMs };
    const args = [JSON.stringify(stored), expiresMs + LISTED_MS, id, createdMs, OF_OWNER_MAX];
    const keys = [this.#keys.apiKey(id), this.#keys.apiKeys, this.#keys.apiKeysOf(owner)];
    const done = await answered(this.#link.redis.eval(CREATE, keys.length, ...keys, ...args));
    if (done === 2) throw new SealstreamError('TOO_MANY_REQUESTS', { apiKeys: OF_OWNER_MAX });
    if (done !== 1) throw new SealstreamError('ACCOUNT_CONFLICT', { apiKey: id });
    return { key: shownApiKey(id, stored, null), text };
  }

  /** Whose key it is, with the owner's roles of this moment. One round trip; none for a typo. */
  async verify(text: string): Promise<KeyVerdict> {
    const given = readApiKeyText(text);
    if (given === undefined) return { kind: 'refused', why: 'form' };
    const { id, secret } = given;
    const looked = await this.#look(id);
    if (looked === undefined || !isDigestOf(secret, looked.stored.digest))
      return { kind: 'refused', why: 'unknown' };
    const { lastUsed, owner, stored } = looked;
    const key = shownApiKey(id, stored, lastUsed);
    if (stored.revokedMs !== undefined) return { kind: 'refused', why: 'revoked', key };
    if (stored.expiresMs <= this.#now()) return { kind: 'refused', why: 'expired', key };
    if (owner === undefined || owner.disabled) return { kind: 'refused', why: 'owner-gone', key };
    await this.#noteUse(id, key);
    return { kind: 'valid', key, owner: shownUser(owner) };
  }

  /**
   * Takes a key back, at once; a second time changes nothing.
   *
   * @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT
   */
  async revoke(id: string): Promise<ApiKey> {
    const looked = isIdForm(id) ? await this.#look(id) : undefined;
    if (looked === undefined) throw new SealstreamError('ACCOUNT_UNKNOWN');
    const { lastUsed, stored, text } = looked;
    if (stored.revokedMs !== undefined) return shownApiKey(id, stored, lastUsed);
    const after = { ...stored, revokedMs: this.#now() };
    const args = [text, JSON.stringify(after), stored.expiresMs + LISTED_MS];
    const asked = this.#link.redis.eval(SWAP, 1, this.#keys.apiKey(id), ...args);
    // Nothing but a revocation changes a key: whoever was first has done it.
    if ((await answered(asked)) !== 1)
      throw new SealstreamError('ACCOUNT_CONFLICT', { apiKey: id });
    return shownApiKey(id, after, lastUsed);
  }

  /** @throws SealstreamError ACCOUNT_UNKNOWN */
  async get(id: string): Promise<ApiKey> {
    const looked = isIdForm(id) ? await this.#look(id) : undefined;
    if (looked === undefined) throw new SealstreamError('ACCOUNT_UNKNOWN');
    return shownApiKey(id, looked.stored, looked.lastUsed);
  }

  /** Whose key it is; undefined where there is none. */
  async ownerOf(id: string): Promise<string | undefined> {
    return isIdForm(id) ? (await this.#look(id))?.stored.owner : undefined;
  }

  /** Keys by id, so many a page (500 at most), of one owner or of all. */
  async list(
    page: {
      readonly cursor?: string | undefined;
      readonly count?: number;
      readonly owner?: string | undefined;
    } = {},
  ): Promise<ApiKeyPage> {
    const count = Math.min(Math.max(page.count ?? PAGE_MAX, 1), PAGE_MAX);
    const from = page.cursor === undefined ? '-' : `(${page.cursor}`;
    const { redis } = this.#link;
    const asked = redis.zrange(this.#keys.apiKeys, from, '+', 'BYLEX', 'LIMIT', 0, count);
    const ids = await answered(asked);
    if (ids.length === 0) return { keys: [] };
    const names = ids.flatMap((id) => [this.#keys.apiKey(id), this.#keys.apiKeyUsed(id)]);
    const texts = await answered(redis.mget(names));
    const gone = ids.filter((_, at) => (texts[2 * at] ?? null) === null);
    if (gone.length > 0) await answered(redis.zrem(this.#keys.apiKeys, ...gone));
    const keys = ids.flatMap((id, at) => {
      const text = texts[2 * at] ?? null;
      return text === null ? [] : [shownApiKey(id, readApiKey(text), texts[2 * at + 1] ?? null)];
    });
    const kept = keys.filter(({ owner }) => page.owner === undefined || owner === page.owner);
    return ids.length < count ? { keys: kept } : { keys: kept, cursor: ids[ids.length - 1] };
  }

  async #look(id: string) {
    const keys = [this.#keys.apiKey(id), this.#keys.apiKeyUsed(id)];
    const asked = this.#link.redis.eval(LOOK, 2, ...keys, this.#keys.user(''));
    const [text, owner, used] = (await answered(asked)) as [string, string, string];
    if (text === '') return undefined;
    const stored = readApiKey(text);
    const user = owner === '' ? undefined : readUser(owner);
    const isOwner = user?.name === stored.owner;
    return { text, stored, owner: isOwner ? user : undefined, lastUsed: used === '' ? null : used };
  }

  /** Once a minute at most. A Redis that is full refuses this, and the key is no worse for it. */
  async #noteUse(id: string, { expiresMs, lastUsedMs = 0 }: ApiKey): Promise<void> {
    const now = this.#now();
    if (now - lastUsedMs < USED_EVERY_MS) return;
    const key = this.#keys.apiKeyUsed(id);
    const ends = expiresMs + LISTED_MS;
    try {
      await answered(this.#link.redis.set(key, String(now), 'PXAT', ends));
    } catch (error) {
      const code = error instanceof SealstreamError ? error.code : 'INTERNAL';
      this.#logger.warn({ code, apiKey: id }, 'the last use of an API key was not written');
    }
  }
}
