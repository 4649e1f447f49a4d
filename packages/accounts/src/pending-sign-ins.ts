import { answered, type RedisLink } from '@sealstream/redis-link';
import { z } from 'zod';
import { storedReader } from './account-form.ts';
import type { AccountKeys } from './account-keys.ts';
import { addressBlock } from './address-block.ts';
import { digestOf, isSecretForm, newSecret } from './random-secret.ts';

/** Sign-ins of one address that have not come back, or did not end well; freed as each is forgotten. */
const OF_ADDRESS_MAX = 20;
/** All of them: some megabytes, whoever fills them. */
const ALL_MAX = 10_000;
/** Longer than any state that is made. */
const STATE_CHARACTERS_MAX = 200;

/**
 * Keeps one where there is room, or tells when there is. KEYS: it, all of them, those of the address. ARGV:
 * text, when it ends, its digest, now, how many there may be, how many of the address.
 */
const KEEP = `
for at = 2, 3 do
  redis.call('ZREMRANGEBYSCORE', KEYS[at], '-inf', ARGV[4])
  if redis.call('ZCARD', KEYS[at]) >= tonumber(ARGV[3 + at]) then
    return redis.call('ZRANGE', KEYS[at], 0, 0, 'WITHSCORES')[2]
  end
end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
for at = 2, 3 do
  redis.call('ZADD', KEYS[at], ARGV[2], ARGV[3])
  redis.call('PEXPIREAT', KEYS[at], ARGV[2])
end
return '0'`;

/** Gives it to one of all who ask. KEYS: it, all of them. ARGV: its digest. */
const TAKE = `
local text = redis.call('GET', KEYS[1])
if not text then return '' end
redis.call('DEL', KEYS[1])
redis.call('ZREM', KEYS[2], ARGV[1])
return text`;

const Stored = z.strictObject({
  v: z.literal(1),
  /** Digest of the address that began it. */
  address: z.string().length(43),
  document: z.record(z.string(), z.union([z.string(), z.number()])),
});

const readPending = storedReader(Stored, 'pending sign-in');

/** What is kept of a sign-in until it comes back; what it means is known to whoever began it. */
export type PendingDocument = Readonly<z.infer<typeof Stored>['document']>;

export interface NewPending {
  /** What comes back in the address; whoever has no cookie of it has nothing. */
  readonly state: string;
  readonly document: PendingDocument;
  readonly address: string;
  /** Unix time in ms. */
  readonly endsMs: number;
}

export type KeptPending =
  /** For a cookie of the browser that begins; shown once. */
  | { readonly kind: 'kept'; readonly secret: string }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number };

export interface TakenPending {
  readonly document: PendingDocument;
  /** The sign-in ended well: it counts no longer for the address that began it. */
  forgive(): Promise<void>;
}

/**
 * Sign-ins that began at an identity provider's and have not come back. Each is bound to one browser by a
 * secret, and taken out once; Redis has a digest. Those of one address and all of them are bounded, and
 * each ends by itself. Every method throws REDIS_* errors.
 */
export class PendingSignIns {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;
  readonly #now: () => number;

  constructor(link: RedisLink, keys: AccountKeys, now: () => number) {
    this.#link = link;
    this.#keys = keys;
    this.#now = now;
  }

  async keep({ address, document, endsMs, state }: NewPending): Promise<KeptPending> {
    const secret = newSecret();
    const [digest, block] = [digestOf(`${secret}.${state}`), digestOf(addressBlock(address))];
    const { pendingSignIns } = this.#keys;
    const keys = [this.#keys.pendingSignIn(digest), pendingSignIns, this.#ofAddress(block)];
    const text = JSON.stringify({ v: 1, address: block, document });
    const now = this.#now();
    const args = [text, endsMs, digest, now, ALL_MAX, OF_ADDRESS_MAX];
    const freeMs = Number(await answered(this.#link.redis.eval(KEEP, 3, ...keys, ...args)));
    if (freeMs === 0) return { kind: 'kept', secret };
    return { kind: 'throttled', retryAfterMs: Math.max(0, freeMs - now) };
  }

  /** What was kept for the browser that has the secret, and for that state; it serves once. */
  async take(secret: string, state: string): Promise<TakenPending | undefined> {
    if (!isSecretForm(secret) || state.length > STATE_CHARACTERS_MAX) return undefined;
    const digest = digestOf(`${secret}.${state}`);
    const keys = [this.#keys.pendingSignIn(digest), this.#keys.pendingSignIns];
    const text = String(await answered(this.#link.redis.eval(TAKE, 2, ...keys, digest)));
    if (text === '') return undefined;
    const { address, document } = readPending(text);
    const forgive = async () => {
      await answered(this.#link.redis.zrem(this.#ofAddress(address), digest));
    };
    return { document, forgive };
  }

  #ofAddress(block: string): string {
    return this.#keys.pendingSignInsOf(block);
  }
}
