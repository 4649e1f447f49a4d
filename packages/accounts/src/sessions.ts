import { SealstreamError } from '@sealstream/contracts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import type { AccountKeys } from './account-keys.ts';
import { AccountName } from './account-form.ts';
import { digestOf, isDigestOf, newId, newSecret } from './random-secret.ts';
import {
  accessText,
  type ProvedIdentity,
  readAccess,
  readRefresh,
  readSession,
  refreshText,
  type Session,
  shownSession,
  type StoredSession,
} from './session.ts';
import { hasIdentity, readUser, shownUser, type StoredUser, type User } from './user.ts';
import { END_SESSIONS } from './user-store.ts';

const SESSIONS_MAX = 100;
const [DEVICE_MAX, ADDRESS_MAX] = [200, 64];
/** Tries of a renewal that others come in between of. */
const TRIES = 8;

/**
 * Begins a session. Of too many, those that would end first end. KEYS: session, sessions of the user.
 * ARGV: text, when it ends unless renewed, id, when it ends at the latest, now, how many, and where
 * names of sessions begin.
 */
const START = `
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[5])
local over = redis.call('ZCARD', KEYS[2]) + 1 - tonumber(ARGV[6])
if over > 0 then
  for _, id in ipairs(redis.call('ZRANGE', KEYS[2], 0, over - 1)) do
    redis.call('DEL', ARGV[7] .. id)
    redis.call('ZREM', KEYS[2], id)
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[4], ARGV[3])
return 1`;

/** A session and its user, in one look. KEYS: session. ARGV: where names of users begin. */
const LOOK = `
local text = redis.call('GET', KEYS[1])
if not text then return {'', ''} end
local user = string.match(text, '"user":"([^"]+)"')
return {text, user and redis.call('GET', ARGV[1] .. user) or ''}`;

/** Replaces the very text that was looked at. KEYS: session. ARGV: old, new, when it ends. */
const RENEW = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
return 1`;

const END = `
redis.call('ZREM', KEYS[2], ARGV[1])
return redis.call('DEL', KEYS[1])`;

const END_ALL = `${END_SESSIONS}
return endSessions(KEYS[1], ARGV[1])`;

export interface SessionLives {
  readonly accessMs: number;
  readonly refreshMs: number;
  readonly idleMs: number;
}

/** From where a session began. */
export interface SessionOrigin {
  readonly address: string;
  readonly deviceLabel?: string | undefined;
}

/** What an identity provider said, and how long that may be believed. */
export interface IdentityProof extends ProvedIdentity {
  /** The session ends after so many ms at the latest, however much it is used. */
  readonly lifeMs: number;
}

/** The tokens of a session; shown once. */
export interface SessionTokens {
  readonly id: string;
  readonly access: string;
  readonly accessExpiresMs: number;
  readonly refresh: string;
  /** Unless it is used before. */
  readonly refreshExpiresMs: number;
}

/** Why a token was not taken. For logs: a caller is told nothing of it. */
export type TokenRefusal = 'form' | 'unknown' | 'expired' | 'user-gone' | 'reused';

export type Checked =
  | { readonly kind: 'valid'; readonly session: Session; readonly user: User }
  | { readonly kind: 'refused'; readonly why: TokenRefusal; readonly session?: Session };

export type Renewed =
  | {
      readonly kind: 'renewed';
      readonly tokens: SessionTokens;
      readonly session: Session;
      readonly user: User;
    }
  | { readonly kind: 'refused'; readonly why: TokenRefusal; readonly session?: Session };

interface Looked {
  readonly text: string;
  readonly stored: StoredSession;
  readonly user: StoredUser | undefined;
}

/** Sessions: opaque tokens, of which Redis has digests. Every method throws REDIS_* errors. */
export class Sessions {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;
  readonly #lives: SessionLives;
  readonly #now: () => number;

  constructor(link: RedisLink, keys: AccountKeys, lives: SessionLives, now: () => number) {
    this.#link = link;
    this.#keys = keys;
    this.#lives = lives;
    this.#now = now;
  }

  /**
   * Begins a session of a user as it stood when it proved who it is; a password set or a disabling since
   * then has ended it before it began.
   */
  async start(
    { epoch, name }: Pick<StoredUser, 'name' | 'epoch'>,
    from: SessionOrigin,
    proof?: IdentityProof,
  ): Promise<SessionTokens> {
    const now = this.#now();
    const [id, family, access, refresh] = [newId(), newSecret(), newSecret(), newSecret()];
    const { refreshMs } = this.#lives;
    const endsMs = now + Math.min(proof?.lifeMs ?? refreshMs, refreshMs);
    const stored: StoredSession = {
      v: 1,
      user: name,
      epoch,
      createdMs: now,
      endsMs,
      ...this.#times(now, endsMs),
      access: digestOf(access),
      refresh: digestOf(refresh),
      family: digestOf(family),
      device: printable(from.deviceLabel ?? '', DEVICE_MAX),
      address: printable(from.address, ADDRESS_MAX),
      ...identityOf(proof),
    };
    const [key, list] = [this.#keys.session(id), this.#keys.sessionsOf(name)];
    const limits = [now, SESSIONS_MAX, this.#keys.session('')];
    const args = [JSON.stringify(stored), stored.idleEndsMs, id, endsMs, ...limits];
    await answered(this.#link.redis.eval(START, 2, key, list, ...args));
    await answered(this.#link.redis.set(this.#keys.userUsed(name), String(now)));
    return tokensOf(id, stored, { access, family, refresh });
  }

  /**
   * Begins a session of a user that proved who it is elsewhere. With what an identity provider said, its
   * roles hold in this session alone, and the session holds only as long as the user has that identity.
   *
   * @throws SealstreamError SIGN_IN_REFUSED for a user that is not there, is disabled, or has not that
   *   identity
   */
  async startFor(name: string, from: SessionOrigin, proof?: IdentityProof): Promise<SessionTokens> {
    const isName = AccountName.safeParse(name).success;
    const text = isName ? await answered(this.#link.redis.get(this.#keys.user(name))) : null;
    const user = text === null ? undefined : readUser(text);
    const isLetIn = user?.disabled === false && (proof === undefined || hasIdentity(user, proof));
    if (!isLetIn) throw new SealstreamError('SIGN_IN_REFUSED');
    return this.start(user, from, proof);
  }

  /** Whose access token it is, with the roles of this moment. One round trip. */
  async check(token: string): Promise<Checked> {
    const given = readAccess(token);
    if (given === undefined) return { kind: 'refused', why: 'form' };
    const looked = await this.#look(given.id);
    if (looked === undefined || !isDigestOf(given.access, looked.stored.access))
      return { kind: 'refused', why: 'unknown' };
    const session = shownSession(given.id, looked.stored);
    const user = liveUser(looked);
    if (user === undefined) return { kind: 'refused', why: 'user-gone', session };
    const { accessEndsMs, endsMs } = looked.stored;
    if (Math.min(accessEndsMs, endsMs) <= this.#now())
      return { kind: 'refused', why: 'expired', session };
    return { kind: 'valid', session, user: shownUser(user) };
  }

  /**
   * New tokens for a refresh token, which holds no longer. One that was used before ends the session,
   * however short ago: there is no grace (RFC 9700, 4.14.2). Within one, a thief who is quick could not
   * be told from an owner whose answer was lost, and the price without it is one more sign-in. So a
   * client renews once at a time; of two at the same moment one gets tokens, and both lose the session.
   */
  async refresh(token: string): Promise<Renewed> {
    const given = readRefresh(token);
    if (given === undefined) return { kind: 'refused', why: 'form' };
    for (let tries = 0; tries < TRIES; tries += 1) {
      const looked = await this.#look(given.id);
      // The id is no secret: who knows no more than that ends nothing.
      if (looked === undefined || !isDigestOf(given.family, looked.stored.family))
        return { kind: 'refused', why: 'unknown' };
      const { stored, text } = looked;
      const session = shownSession(given.id, stored);
      if (!isDigestOf(given.refresh, stored.refresh)) {
        await this.#end(given.id, stored.user);
        return { kind: 'refused', why: 'reused', session };
      }
      const user = liveUser(looked);
      if (user === undefined) return { kind: 'refused', why: 'user-gone', session };
      const now = this.#now();
      if (Math.min(stored.idleEndsMs, stored.endsMs) <= now)
        return { kind: 'refused', why: 'expired', session };
      const [access, refresh] = [newSecret(), newSecret()];
      const digests = { access: digestOf(access), refresh: digestOf(refresh) };
      const next = { ...stored, ...this.#times(now, stored.endsMs), ...digests };
      if (!(await this.#renew(given.id, text, next))) continue;
      const tokens = tokensOf(given.id, next, { access, family: given.family, refresh });
      return {
        kind: 'renewed',
        tokens,
        session: shownSession(given.id, next),
        user: shownUser(user),
      };
    }
    throw new SealstreamError('ACCOUNT_CONFLICT', { session: given.id });
  }

  /** Ends the session of an access token, at once; false when it is none. */
  async signOut(token: string): Promise<boolean> {
    const checked = await this.check(token);
    if (checked.session === undefined) return false;
    return this.#end(checked.session.id, checked.session.user);
  }

  /** Ends one session of a user, by its id; false when it is not one of theirs. */
  async end(user: string, id: string): Promise<boolean> {
    const mine = (await this.list(user)).some((session) => session.id === id);
    return mine && (await this.#end(id, user));
  }

  /** Ends all sessions of a user. Returns how many there were. */
  async signOutAll(user: string): Promise<number> {
    if (!AccountName.safeParse(user).success) return 0;
    const list = this.#keys.sessionsOf(user);
    const asked = this.#link.redis.eval(END_ALL, 1, list, this.#keys.session(''));
    return Number(await answered(asked));
  }

  /** A user's sessions, those that end first first. */
  async list(user: string): Promise<Session[]> {
    if (!AccountName.safeParse(user).success) return [];
    const { redis } = this.#link;
    const ids = await answered(redis.zrange(this.#keys.sessionsOf(user), '0', '-1'));
    if (ids.length === 0) return [];
    const keys = [this.#keys.user(user), ...ids.map((id) => this.#keys.session(id))];
    const [owner = null, ...texts] = await answered(redis.mget(keys));
    const epoch = owner === null ? 0 : readUser(owner).epoch;
    return ids.flatMap((id, at) => {
      const text = texts[at] ?? null;
      const stored = text === null ? undefined : readSession(text);
      const isLive = stored?.epoch === epoch && stored.idleEndsMs > this.#now();
      return stored !== undefined && isLive ? [shownSession(id, stored)] : [];
    });
  }

  async #look(id: string): Promise<Looked | undefined> {
    const asked = this.#link.redis.eval(LOOK, 1, this.#keys.session(id), this.#keys.user(''));
    const [text, user] = (await answered(asked)) as [string, string];
    if (text === '') return undefined;
    return { text, stored: readSession(text), user: user === '' ? undefined : readUser(user) };
  }

  async #renew(id: string, before: string, next: StoredSession): Promise<boolean> {
    const args = [before, JSON.stringify(next), next.idleEndsMs];
    const asked = this.#link.redis.eval(RENEW, 1, this.#keys.session(id), ...args);
    return (await answered(asked)) === 1;
  }

  async #end(id: string, user: string): Promise<boolean> {
    const [key, list] = [this.#keys.session(id), this.#keys.sessionsOf(user)];
    return (await answered(this.#link.redis.eval(END, 2, key, list, id))) === 1;
  }

  #times(now: number, endsMs: number) {
    const { accessMs, idleMs } = this.#lives;
    return {
      usedMs: now,
      accessEndsMs: Math.min(now + accessMs, endsMs),
      idleEndsMs: Math.min(now + idleMs, endsMs),
    };
  }
}

function identityOf(proof: IdentityProof | undefined): Pick<StoredSession, 'identity'> {
  if (proof === undefined) return {};
  const { issuer, roles, subject } = proof;
  return { identity: { issuer, subject, roles } };
}

function liveUser({ stored, user }: Looked): StoredUser | undefined {
  const isLive = user?.name === stored.user && user.epoch === stored.epoch && !user.disabled;
  if (!isLive) return undefined;
  // Whoever lost the identity that it began by has lost the session, too.
  return stored.identity === undefined || hasIdentity(user, stored.identity) ? user : undefined;
}

function tokensOf(
  id: string,
  { accessEndsMs, idleEndsMs }: StoredSession,
  secrets: { readonly access: string; readonly family: string; readonly refresh: string },
): SessionTokens {
  return {
    id,
    access: accessText({ id, access: secrets.access }),
    accessExpiresMs: accessEndsMs,
    refresh: refreshText({ id, family: secrets.family, refresh: secrets.refresh }),
    refreshExpiresMs: idleEndsMs,
  };
}

/** What a client calls itself is shown on terminals: no control characters, and no more than so much. */
function printable(text: string, most: number): string {
  return text.replaceAll(/\p{C}/gu, '').slice(0, most);
}
