import { createHmac } from 'node:crypto';
import { answered, type RedisLink } from '@sealstream/redis-link';
import type { AccountKeys } from './account-keys.ts';
import { addressBlock } from './address-block.ts';
import type { FailureLimits } from './failure-limits.ts';

/**
 * Admits one attempt: counts it as failed in every counter, unless one of them makes it wait, and reads
 * the user. So of many attempts at the same time no more than the limit are tried, on whatever replica.
 * KEYS: the user, then the counters. ARGV: now, then free, delay, longest delay and window of each.
 * Answers how long to wait in ms (0: admitted), and the user's text when admitted.
 */
const ADMIT = `
local now = tonumber(ARGV[1])
local counts, wait = {}, 0
for i = 2, #KEYS do
  local count, till = string.match(redis.call('GET', KEYS[i]) or '0 0', '^(%d+) (%d+)$')
  counts[i] = tonumber(count or 0)
  wait = math.max(wait, tonumber(till or 0) - now)
end
if wait > 0 then return {wait, ''} end
for i = 2, #KEYS do
  local at = 2 + (i - 2) * 4
  local free, delay, most = tonumber(ARGV[at]), tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2])
  local count = math.min(counts[i] + 1, 999999)
  local till = 0
  if count > free then till = now + math.min(most, delay * 2 ^ math.min(count - free - 1, 40)) end
  local ends = math.max(now, till) + tonumber(ARGV[at + 3])
  local text = string.format('%d %.0f', count, till)
  redis.call('SET', KEYS[i], text, 'PXAT', string.format('%.0f', ends))
end
return {0, redis.call('GET', KEYS[1]) or ''}`;

/**
 * Forgets after a success. KEYS: the counter that is cleared, and perhaps one that the attempt is taken
 * back from. ARGV: now, its window.
 */
const FORGIVE = `
redis.call('DEL', KEYS[1])
if KEYS[2] then
  local count = tonumber(string.match(redis.call('GET', KEYS[2]) or '0 0', '^(%d+) ') or 0) - 1
  local ends = string.format('%.0f', tonumber(ARGV[1]) + tonumber(ARGV[2]))
  if count < 1 then redis.call('DEL', KEYS[2])
  else redis.call('SET', KEYS[2], string.format('%d 0', count), 'PXAT', ends) end
end
return 1`;

/** No user is called so: what is no name is looked up under it. */
const NOBODY = '-';
const DIGEST_CHARACTERS = 22;

/** Who tries: what was typed, from where, and the device's number when its cookie was valid. */
export interface Attempt {
  readonly name: string;
  /** Whether `name` can be that of a user at all. */
  readonly isName: boolean;
  readonly address: string;
  readonly device: string | undefined;
}

export type Admission =
  | { readonly waitMs: number }
  | { readonly waitMs: 0; readonly user: string | undefined };

/** Counters of failures, which replicas share; of what was typed they hold a keyed hash. */
export class FailureCounters {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;
  readonly #limits: FailureLimits;
  readonly #secret: Buffer;

  constructor(link: RedisLink, keys: AccountKeys, limits: FailureLimits, secret: Buffer) {
    this.#link = link;
    this.#keys = keys;
    this.#limits = limits;
    this.#secret = secret;
  }

  /** One round trip, known name or not. */
  async admit(attempt: Attempt, nowMs: number): Promise<Admission> {
    const counters = this.#countersOf(attempt);
    const user = this.#keys.user(attempt.isName ? attempt.name : NOBODY);
    const limits = counters.flatMap(({ kind }) => {
      const { delayMs, delayMsMax, free, windowMs } = this.#limits[kind];
      return [free, delayMs, delayMsMax, windowMs];
    });
    const keys = [user, ...counters.map(({ key }) => key)];
    const asked = this.#link.redis.eval(ADMIT, keys.length, ...keys, nowMs, ...limits);
    const [waitMs, text] = (await answered(asked)) as [number, string];
    if (waitMs > 0) return { waitMs };
    return { waitMs: 0, user: text === '' ? undefined : text };
  }

  /** The attempt was a success: its own counter begins anew, and the address has one failure less. */
  async forgive(attempt: Attempt, nowMs: number): Promise<void> {
    const keys = this.#countersOf(attempt).map(({ key }) => key);
    const { windowMs } = this.#limits.address;
    await answered(this.#link.redis.eval(FORGIVE, keys.length, ...keys, nowMs, windowMs));
  }

  #countersOf({ address, device, name }: Attempt) {
    if (device !== undefined)
      return [
        { kind: 'device' as const, key: this.#keys.failures('device', this.#digest([device])) },
      ];
    const block = addressBlock(address);
    return [
      { kind: 'pair' as const, key: this.#keys.failures('pair', this.#digest([name, block])) },
      { kind: 'address' as const, key: this.#keys.failures('address', this.#digest([block])) },
    ];
  }

  #digest(parts: readonly string[]): string {
    const hmac = createHmac('sha256', this.#secret).update(JSON.stringify(parts));
    return hmac.digest('base64url').slice(0, DIGEST_CHARACTERS);
  }
}
