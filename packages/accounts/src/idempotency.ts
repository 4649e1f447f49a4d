import { createHmac } from 'node:crypto';
import { answered, type RedisLink } from '@sealstream/redis-link';
import { z } from 'zod';
import type { AccountKeys } from './account-keys.ts';
import { storedReader } from './account-form.ts';

const KEPT_MS = 24 * 3_600_000;
const ANSWER_CHARACTERS_MAX = 16 * 1024;
const KEYS_OF_ONE_MAX = 1000;

/** KEYS: key, keys of the caller. ARGV: text, when it is forgotten, digest, now, how many at most. */
const BEGIN = `
local text = redis.call('GET', KEYS[1])
if text then return text end
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', ARGV[4])
if redis.call('ZCARD', KEYS[2]) >= tonumber(ARGV[5]) then return 'full' end
redis.call('SET', KEYS[1], ARGV[1], 'PXAT', ARGV[2])
redis.call('ZADD', KEYS[2], ARGV[2], ARGV[3])
redis.call('PEXPIREAT', KEYS[2], ARGV[2])
return 'first'`;

/** Writes over what was begun, and nothing else. KEYS: key. ARGV: what was begun, text. */
const FINISH = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`;

/** KEYS: key, keys of the caller. ARGV: what was begun, digest. */
const GIVE_UP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('ZREM', KEYS[2], ARGV[2])
return redis.call('DEL', KEYS[1])`;

const Answer = z.strictObject({
  status: z.int(),
  /** JSON; absent where the answer held a secret or was too long, and so is not kept. */
  body: z.string().max(ANSWER_CHARACTERS_MAX).optional(),
  /** Of what was made. */
  id: z.string().optional(),
});

const StoredKey = z.strictObject({
  v: z.literal(1),
  request: z.string().length(43),
  answer: Answer.optional(),
});
const readKey = storedReader(StoredKey, 'idempotency');
type StoredKey = z.infer<typeof StoredKey>;

/** What came of a request. */
export type IdempotentAnswer = z.infer<typeof Answer>;

/** A request that is to be done once. */
export interface IdempotentRequest {
  /** Who asks: the account, and the API key if it is one. */
  readonly caller: string;
  /** As the caller chose it. */
  readonly key: string;
  /** All that decides what will happen, as one text; it may hold secrets, and is nowhere kept. */
  readonly request: string;
}

/** What stands under a key. */
export type Begun =
  /** Nothing stood there: do it, then say what came of it. */
  | {
      readonly kind: 'first';
      /** Keeps the answer; later repeats get it. */
      readonly finish: (answer: IdempotentAnswer) => Promise<void>;
      /** Nothing was done: the key may be used again. */
      readonly giveUp: () => Promise<void>;
    }
  | { readonly kind: 'done'; readonly answer: IdempotentAnswer }
  /** The first is on its way, or its process ended without a word. */
  | { readonly kind: 'running' }
  | { readonly kind: 'other-request' }
  /** The caller has used as many keys as one may within 24 hours. */
  | { readonly kind: 'full' };

/**
 * Keys under which a request is done once within 24 hours.
 *
 * Promises: of many at once one is `first`; what was begun and never finished is never done a second
 * time under its key; of a request only a keyed digest is kept, since it may hold a password; 1,000 keys of
 * one caller and 16 KiB of one answer at most. Throws REDIS_* errors and ACCOUNT_UNREADABLE.
 */
export class IdempotencyKeys {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;
  readonly #secret: Uint8Array;
  readonly #now: () => number;

  /** @param secret that Redis does not hold */
  constructor(link: RedisLink, keys: AccountKeys, secret: Uint8Array, now: () => number) {
    this.#link = link;
    this.#keys = keys;
    this.#secret = secret;
    this.#now = now;
  }

  /** Whether this is the first request of its key, and what came of the first if it is not. */
  async begin({ caller, key, request }: IdempotentRequest): Promise<Begun> {
    const digest = this.#digest(['key', caller, key]);
    const stored: StoredKey = { v: 1, request: this.#digest(['request', caller, key, request]) };
    const begun = JSON.stringify(stored);
    const places = [
      this.#keys.idempotency(digest),
      this.#keys.idempotencyOf(this.#digest(['caller', caller])),
    ];
    const now = this.#now();
    const args = [begun, now + KEPT_MS, digest, now, KEYS_OF_ONE_MAX];
    const found = await answered(this.#link.redis.eval(BEGIN, 2, ...places, ...args));
    if (found === 'full') return { kind: 'full' };
    if (found !== 'first') return heldAs(String(found), stored.request);
    const [place = ''] = places;
    return {
      kind: 'first',
      finish: async (answer) => {
        const text = JSON.stringify({ ...stored, answer: kept(answer) });
        await answered(this.#link.redis.eval(FINISH, 1, place, begun, text));
      },
      giveUp: async () => {
        await answered(this.#link.redis.eval(GIVE_UP, 2, ...places, begun, digest));
      },
    };
  }

  #digest(parts: readonly string[]): string {
    return createHmac('sha256', this.#secret).update(JSON.stringify(parts)).digest('base64url');
  }
}

function heldAs(text: string, request: string): Begun {
  const held = readKey(text);
  if (held.request !== request) return { kind: 'other-request' };
  return held.answer === undefined ? { kind: 'running' } : { kind: 'done', answer: held.answer };
}

/** Without its body where that is longer than is kept; that it was done is kept in any case. */
function kept({ body, id, status }: IdempotentAnswer): IdempotentAnswer {
  const isKept = body !== undefined && body.length <= ANSWER_CHARACTERS_MAX;
  return { status, ...(isKept ? { body } : {}), ...(id === undefined ? {} : { id }) };
}
