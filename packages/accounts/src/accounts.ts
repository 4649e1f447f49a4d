import { hkdfSync } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { RedisLink, type RedisOptions } from '@sealstream/redis-link';
import { AccountKeys } from './account-keys.ts';
import { ApiKeys } from './api-keys.ts';
import { Approvals } from './approvals.ts';
import { DeviceCookies } from './device-cookie.ts';
import { FailureCounters } from './failure-counters.ts';
import { FAILURE_LIMITS, type FailureLimits } from './failure-limits.ts';
import { HashQueue, type HashQueueOptions } from './hash-queue.ts';
import { PendingSignIns } from './pending-sign-ins.ts';
import { Proposals } from './proposals.ts';
import { Quotas } from './quotas.ts';
import { IdempotencyKeys } from './idempotency.ts';
import { type SessionLives, Sessions } from './sessions.ts';
import { SignIn } from './sign-in.ts';
import { Users } from './users.ts';
import { UserStore } from './user-store.ts';

const SECRET_BYTES_MIN = 32;
const SHED_DELAY_MS = 1000;
const [MINUTE_MS, HOUR_MS] = [60_000, 3_600_000];
const DEVICE_LIFE_MS = 180 * 24 * HOUR_MS;
const LIVES: SessionLives = {
  accessMs: 5 * MINUTE_MS,
  refreshMs: 12 * HOUR_MS,
  idleMs: 30 * MINUTE_MS,
};

/** What sign-in needs beside the store. */
export interface SignInOptions {
  /**
   * At least 32 random bytes, the same for all replicas, that Redis does not hold. Device cookies are
   * signed and counters named under keys derived from it; a new one forgets both.
   */
  readonly secret: Uint8Array;
  /** Default: `FAILURE_LIMITS`. */
  readonly limits?: Partial<FailureLimits> | undefined;
  /** How long whoever finds no place waits for that answer, in ms. Default 1000. */
  readonly shedDelayMs?: number | undefined;
  /** Default 180 days. */
  readonly deviceLifeMs?: number | undefined;
}

export interface AccountsOptions extends RedisOptions {
  /** Without it nobody can sign in with a password: for a command that only administers. */
  readonly signIn?: SignInOptions | undefined;
  readonly hashes?: HashQueueOptions | undefined;
  /** Default: access 5 min, refresh 12 h, idle 30 min. */
  readonly sessions?: Partial<SessionLives> | undefined;
  /** Unix time in ms. Default: this machine's clock. */
  readonly now?: (() => number) | undefined;
}

/** Accounts in Redis. */
export interface Accounts {
  readonly users: Users;
  readonly apiKeys: ApiKeys;
  readonly sessions: Sessions;
  readonly pendingSignIns: PendingSignIns;
  readonly quotas: Quotas;
  readonly approvals: Approvals;
  /** Throws CONFIG_INVALID where the options say nothing of sign-in, whose secret it needs. */
  readonly idempotency: IdempotencyKeys;
  /** Throws CONFIG_INVALID where the options say nothing of sign-in, whose secret it needs. */
  readonly proposals: Proposals;
  /** Throws CONFIG_INVALID where the options say nothing of sign-in. */
  readonly signIn: SignIn;
  /** Lets Redis and the thread that hashes go. Idempotent. */
  stop(): Promise<void>;
}

/**
 * Opens what is kept of accounts.
 *
 * @throws SealstreamError CONFIG_INVALID for a short secret, REDIS_UNREACHABLE
 */
export async function openAccounts(options: AccountsOptions): Promise<Accounts> {
  const { logger, now = Date.now } = options;
  const secret = options.signIn?.secret;
  if (secret !== undefined && secret.length < SECRET_BYTES_MIN)
    throw new SealstreamError('CONFIG_INVALID', { secretBytesMin: SECRET_BYTES_MIN });
  const link = new RedisLink(options);
  const hashes = new HashQueue(options.hashes);
  const stop = async (): Promise<void> => {
    link.stop();
    await hashes.stop();
  };
  const keys = new AccountKeys(link.prefix);
  const store = new UserStore(link, keys);
  const sessions = new Sessions(link, keys, { ...LIVES, ...options.sessions }, now);
  const signIn =
    options.signIn && openSignIn(options.signIn, { link, keys, store, sessions, hashes, now });
  try {
    await link.connect();
    await signIn?.ready();
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    users: new Users(store, hashes, now),
    apiKeys: new ApiKeys(link, keys, logger, now),
    sessions,
    pendingSignIns: new PendingSignIns(link, keys, now),
    quotas: new Quotas(link, keys),
    approvals: new Approvals(link, keys, now),
    get idempotency() {
      if (secret === undefined) throw new SealstreamError('CONFIG_INVALID', { option: 'signIn' });
      return new IdempotencyKeys(link, keys, derived(secret, 'idempotency keys'), now);
    },
    get proposals() {
      if (secret === undefined) throw new SealstreamError('CONFIG_INVALID', { option: 'signIn' });
      return new Proposals(link, keys, derived(secret, 'proposals'), now);
    },
    get signIn() {
      if (signIn === undefined) throw new SealstreamError('CONFIG_INVALID', { option: 'signIn' });
      return signIn;
    },
    stop,
  };
}

/** What sign-in stands on. */
export interface SignInGround {
  readonly link: RedisLink;
  readonly keys: AccountKeys;
  readonly store: UserStore;
  readonly sessions: Sessions;
  readonly hashes: HashQueue;
  readonly now: () => number;
}

export function openSignIn(options: SignInOptions, ground: SignInGround): SignIn {
  const { deviceLifeMs = DEVICE_LIFE_MS, limits, secret, shedDelayMs = SHED_DELAY_MS } = options;
  const { hashes, keys, link, now, sessions, store } = ground;
  const all = { ...FAILURE_LIMITS, ...limits };
  const counters = new FailureCounters(link, keys, all, derived(secret, 'failure counters'));
  const cookies = new DeviceCookies(derived(secret, 'device cookies'), deviceLifeMs);
  return new SignIn({ store, sessions, hashes, counters, cookies, shedDelayMs, now });
}

/** HKDF-SHA-256 (RFC 5869): one secret, a key for each use. */
function derived(secret: Uint8Array, use: string): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `sealstream/v1 accounts ${use}`, 32));
}
