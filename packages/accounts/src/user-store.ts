import { SealstreamError } from '@sealstream/contracts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import type { AccountKeys } from './account-keys.ts';
import { isEnabledAdministrator, readUser, type StoredUser } from './user.ts';

/** Ends all sessions of a list: deletes each and the list. Their names are made here, not declared. */
export const END_SESSIONS = `
local function endSessions(list, begin)
  local ended = 0
  for _, id in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    ended = ended + redis.call('DEL', begin .. id)
  end
  redis.call('DEL', list)
  return ended
end`;

/**
 * Writes a user over the very text that it was made from, or where none is, and keeps the lists right.
 * KEYS: user, all users, administrators, sessions of the user. ARGV: old text, new text, name, whether
 * it is an enabled administrator, whether its sessions end, and where names of sessions begin.
 */
const SWAP = `${END_SESSIONS}
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[3])
if ARGV[4] == '1' then redis.call('ZADD', KEYS[3], 0, ARGV[3])
else redis.call('ZREM', KEYS[3], ARGV[3]) end
if ARGV[5] == '1' then endSessions(KEYS[4], ARGV[6]) end
return 1`;

/**
 * Makes the first user while there is none and the secret is the one that was made. KEYS: bootstrap, all
 * users, user, administrators. ARGV: digest of the secret, new text, name.
 */
const FIRST = `
if redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('DEL', KEYS[1])
redis.call('SET', KEYS[3], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[3])
redis.call('ZADD', KEYS[4], 0, ARGV[3])
return 1`;

/** KEYS: bootstrap, all users. ARGV: digest of the secret, when it ends. */
const OFFER = `
if redis.call('ZCARD', KEYS[2]) > 0 then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
return 1`;

/** A user and the very text that it was read from. */
export interface FoundUser {
  readonly text: string;
  readonly user: StoredUser;
  readonly lastUsed: string | null;
}

/** Users in Redis, one text each, and the lists of them. */
export class UserStore {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;

  constructor(link: RedisLink, keys: AccountKeys) {
    this.#link = link;
    this.#keys = keys;
  }

  async find(name: string): Promise<FoundUser | undefined> {
    const [found] = await this.findAll([name]);
    return found;
  }

  /** Those that are there, in the order of their names. One round trip. */
  async findAll(names: readonly string[]): Promise<FoundUser[]> {
    if (names.length === 0) return [];
    const keys = names.flatMap((name) => [this.#keys.user(name), this.#keys.userUsed(name)]);
    const texts = await answered(this.#link.redis.mget(keys));
    return names.flatMap((_, at) => {
      const [text, lastUsed] = [texts[2 * at] ?? null, texts[2 * at + 1] ?? null];
      return text === null ? [] : [{ text, user: readUser(text), lastUsed }];
    });
  }

  /** Names after `after`, sorted by their bytes, so many at most. */
  async names(after: string | undefined, count: number): Promise<string[]> {
    const from = after === undefined ? '-' : `(${after}`;
    const { redis } = this.#link;
    const asked = redis.zrange(this.#keys.users, from, '+', 'BYLEX', 'LIMIT', 0, count);
    return await answered(asked);
  }

  /**
   * Replaces the text `before` (undefined: nothing), and ends the user's sessions when the epoch rose.
   *
   * @throws SealstreamError ACCOUNT_CONFLICT when something else is there
   */
  async swap(before: FoundUser | undefined, after: StoredUser): Promise<void> {
    const { name } = after;
    const endsSessions = before !== undefined && before.user.epoch !== after.epoch;
    const { administrators, users } = this.#keys;
    const keys = [this.#keys.user(name), users, administrators, this.#keys.sessionsOf(name)];
    const texts = [before?.text ?? '', JSON.stringify(after), name];
    const flags = [flag(isEnabledAdministrator(after)), flag(endsSessions)];
    const args = [...keys, ...texts, ...flags, this.#keys.session('')];
    const done = await answered(this.#link.redis.eval(SWAP, keys.length, ...args));
    if (done !== 1) throw new SealstreamError('ACCOUNT_CONFLICT', { user: name });
  }

  /** Lets the first user be made by a secret; false while there is a user. */
  async offerFirst(digest: string, endsMs: number): Promise<boolean> {
    const { bootstrap, users } = this.#keys;
    const asked = this.#link.redis.eval(OFFER, 2, bootstrap, users, digest, endsMs);
    return (await answered(asked)) === 1;
  }

  /** The digest of the secret that makes the first user. */
  offered(): Promise<string | null> {
    return answered(this.#link.redis.get(this.#keys.bootstrap));
  }

  /** Makes the first user and takes its secret away; false when that is no longer so. */
  async createFirst(digest: string, first: StoredUser): Promise<boolean> {
    const { administrators, bootstrap, users } = this.#keys;
    const keys = [bootstrap, users, this.#keys.user(first.name), administrators];
    const args = [...keys, digest, JSON.stringify(first), first.name];
    const done = await answered(this.#link.redis.eval(FIRST, keys.length, ...args));
    return done === 1;
  }

  /** How many administrators are enabled. */
  countAdministrators(): Promise<number> {
    return answered(this.#link.redis.zcard(this.#keys.administrators));
  }

  async used(name: string, nowMs: number): Promise<void> {
    await answered(this.#link.redis.set(this.#keys.userUsed(name), String(nowMs)));
  }
}

function flag(is: boolean): string {
  return is ? '1' : '0';
}
