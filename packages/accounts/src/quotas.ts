import { createHash } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import type { AccountKeys } from './account-keys.ts';

/** A period that is over is remembered so long, for whoever looks at what was left. */
const REMEMBERED_MS = 86_400_000;

/** Takes n when the limit has room for all of them. KEYS: quota. ARGV: n, limit, when it is forgotten. */
const RESERVE = `
local used = tonumber(redis.call('GET', KEYS[1]) or 0)
local n, limit = tonumber(ARGV[1]), tonumber(ARGV[2])
if used + n > limit then return {0, used} end
redis.call('SET', KEYS[1], string.format('%.0f', used + n), 'PXAT', ARGV[3])
return {1, used + n}`;

/** Gives n back, never below nothing. KEYS: quota. ARGV: n, when it is forgotten. */
const RELEASE = `
local used = redis.call('GET', KEYS[1])
if not used then return 0 end
local left = math.max(0, tonumber(used) - tonumber(ARGV[1]))
redis.call('SET', KEYS[1], string.format('%.0f', left), 'PXAT', ARGV[2])
return left`;

/** Of which quota, of whom, until when: the same three name the same counter. */
export interface QuotaPeriod {
  readonly quota: string;
  readonly person: string;
  readonly periodEndMs: number;
}

export interface Reserved {
  /** All of them, or none. */
  readonly granted: boolean;
  readonly remaining: number;
}

/** Counters of what persons use within a period, reserved before use. Throws REDIS_* errors. */
export class Quotas {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;

  constructor(link: RedisLink, keys: AccountKeys) {
    this.#link = link;
    this.#keys = keys;
  }

  /**
   * Takes n of the limit, or nothing when there are not so many. What a process that ends took stays taken.
   *
   * @throws SealstreamError ACCOUNT_INVALID when n or the limit is no whole number
   */
  async reserve(period: QuotaPeriod, limit: number, n: number): Promise<Reserved> {
    for (const number of [n, limit]) requireWhole(number);
    const args = [n, limit, period.periodEndMs + REMEMBERED_MS];
    const asked = this.#link.redis.eval(RESERVE, 1, this.#keyOf(period), ...args);
    const [granted, used] = (await answered(asked)) as [number, number];
    return { granted: granted === 1, remaining: Math.max(0, limit - used) };
  }

  /**
   * Gives back what was reserved and not used. Whoever calls gives each back once.
   *
   * @throws SealstreamError ACCOUNT_INVALID
   */
  async release(period: QuotaPeriod, unused: number): Promise<void> {
    requireWhole(unused);
    const args = [unused, period.periodEndMs + REMEMBERED_MS];
    await answered(this.#link.redis.eval(RELEASE, 1, this.#keyOf(period), ...args));
  }

  async remaining(period: QuotaPeriod, limit: number): Promise<number> {
    const used = await answered(this.#link.redis.get(this.#keyOf(period)));
    return Math.max(0, limit - Number(used ?? 0));
  }

  #keyOf({ periodEndMs, person, quota }: QuotaPeriod): string {
    requireWhole(periodEndMs);
    const text = JSON.stringify([quota, person, periodEndMs]);
    return this.#keys.quota(createHash('sha256').update(text).digest('base64url'));
  }
}

function requireWhole(number: number): void {
  if (!Number.isSafeInteger(number) || number < 0)
    throw new SealstreamError('ACCOUNT_INVALID', { number: 'not whole' });
}
