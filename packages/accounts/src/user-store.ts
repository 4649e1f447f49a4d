import { SealstreamError } from '@sealstream/contracts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import type { AccountKeys } from './account-keys.ts';
import { type Identity, identityDigest } from './identity.ts';
import { hasIdentity, isEnabledAdministrator, readUser, type StoredUser } from './user.ts';

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

/** How many people the administrators are, without the account `except`: two accounts of one count once. */
const PEOPLE = `
local function people(list, begin, except)
  local seen, count = {}, 0
  for _, name in ipairs(redis.call('ZRANGE', list, 0, -1)) do
    local text = name ~= except and redis.call('GET', begin .. name)
    local person = text and cjson.decode(text).person
    if person and not seen[person] then
      seen[person] = true
      count = count + 1
    end
  end
  return count
end`;

/**
 * Writes a user over the very text that it was made from, or where none is, and keeps the lists right.
 * With `keeps`, a change that leaves fewer than two people as administrators, and fewer than before, is
 * refused: of two at once that take the last but two, one is; so is an identity that another user has.
 * KEYS: user, all users, administrators, sessions of the user, whether there were two. ARGV: old text, new
 * text, name, whether it is an enabled administrator, whether its sessions end, where names of sessions
 * begin, `keeps`, where those of users do, where those of identities do, how many it has, their digests,
 * and digests of those that it has no more.
 */
const SWAP = `${END_SESSIONS}${PEOPLE}
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
if ARGV[4] == '0' and ARGV[7] == '1' then
  local left = people(KEYS[3], ARGV[8], ARGV[3])
  if left < 2 and left < people(KEYS[3], ARGV[8]) then return 2 end
end
local last = 10 + tonumber(ARGV[10])
for at = 11, last do
  local holder = redis.call('GET', ARGV[9] .. ARGV[at])
  if holder and holder ~= ARGV[3] then return 3 end
end
for at = 11, last do redis.call('SET', ARGV[9] .. ARGV[at], ARGV[3]) end
for at = last + 1, #ARGV do
  local name = ARGV[9] .. ARGV[at]
  if redis.call('GET', name) == ARGV[3] then redis.call('DEL', name) end
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('ZADD', KEYS[2], 0, ARGV[3])
if ARGV[4] == '1' then
  redis.call('ZADD', KEYS[3], 0, ARGV[3])
  if people(KEYS[3], ARGV[8]) >= 2 then redis.call('SET', KEYS[5], 1) end
else redis.call('ZREM', KEYS[3], ARGV[3]) end
if ARGV[5] == '1' then endSessions(KEYS[4], ARGV[6]) end
return 1`;

/** KEYS: administrators, whether there were two. ARGV: where names of users begin. */
const ADMINISTRATORS = `${PEOPLE}
local count = people(KEYS[1], ARGV[1])
if count >= 2 then redis.call('SET', KEYS[2], 1) end
return {count, redis.call('GET', KEYS[2]) and 1 or 0}`;

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

  /** The user that an identity is of. */
  async ofIdentity(identity: Identity): Promise<FoundUser | undefined> {
    const key = this.#keys.identity(identityDigest(identity));
    const name = await answered(this.#link.redis.get(key));
    const found = name === null ? undefined : await this.find(name);
    // The user's own text decides: what Redis has beside it only leads there.
    return found !== undefined && hasIdentity(found.user, identity) ? found : undefined;
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
   * @param keeps whether two people must stay administrators
   * @throws SealstreamError ACCOUNT_CONFLICT when something else is there, ADMINISTRATORS_NEEDED,
   *   IDENTITY_TAKEN
   */
  async swap(before: FoundUser | undefined, after: StoredUser, keeps = false): Promise<void> {
    const { name } = after;
    const endsSessions = before !== undefined && before.user.epoch !== after.epoch;
    const { administrators, users, wereTwo } = this.#keys;
    const lists = [users, administrators, this.#keys.sessionsOf(name), wereTwo];
    const keys = [this.#keys.user(name), ...lists];
    const texts = [before?.text ?? '', JSON.stringify(after), name];
    const flags = [flag(isEnabledAdministrator(after)), flag(endsSessions)];
    const more = [this.#keys.session(''), flag(keeps), this.#keys.user('')];
    const args = [...keys, ...texts, ...flags, ...more, ...this.#identities(before, after)];
    const done = await answered(this.#link.redis.eval(SWAP, keys.length, ...args));
    if (done === 2) throw new SealstreamError('ADMINISTRATORS_NEEDED', { user: name });
    if (done === 3) throw new SealstreamError('IDENTITY_TAKEN', { user: name });
    if (done !== 1) throw new SealstreamError('ACCOUNT_CONFLICT', { user: name });
  }

  #identities(before: FoundUser | undefined, { identities = [] }: StoredUser): string[] {
    const held = identities.map(identityDigest);
    const were = (before?.user.identities ?? []).map(identityDigest);
    const gone = were.filter((digest) => !held.includes(digest));
    return [this.#keys.identity(''), String(held.length), ...held, ...gone];
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

  /** How many people they are, and whether they were two once. */
  async administrators(): Promise<{ readonly enabled: number; readonly wereTwo: boolean }> {
    const { administrators, wereTwo } = this.#keys;
    const args = [administrators, wereTwo, this.#keys.user('')];
    const asked = this.#link.redis.eval(ADMINISTRATORS, 2, ...args);
    const [enabled, were] = (await answered(asked)) as [number, number];
    return { enabled, wereTwo: were === 1 };
  }
}

function flag(is: boolean): string {
  return is ? '1' : '0';
}
