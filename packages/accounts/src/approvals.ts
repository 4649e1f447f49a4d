import { SealstreamError } from '@sealstream/contracts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import { z } from 'zod';
import type { AccountKeys } from './account-keys.ts';
import { storedReader } from './account-form.ts';
import { digestOf } from './random-secret.ts';

const ID = /^[\w-]{1,64}$/;
const TEXT_MAX = 64 * 1024;
const LIFE_MS = 3_600_000;
const OPEN_MAX = 1000;
/** Requests of one person that wait at once: whoever asks must not fill the list of the others. */
export const APPROVALS_OF_ONE_MAX = 20;

/** KEYS: request, open ones, those of the person. ARGV: text, when it lapses, id, now, how many of one. */
const PUT = `
for at = 2, 3 do redis.call('ZREMRANGEBYSCORE', KEYS[at], '-inf', ARGV[4]) end
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[5]) then return 2 end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PXAT', ARGV[2]) then return 0 end
for at = 2, 3 do redis.call('ZADD', KEYS[at], ARGV[2], ARGV[3]) end
redis.call('PEXPIREAT', KEYS[3], ARGV[2])
return 1`;

/**
 * Replaces the very text that was looked at. KEYS: request, and the lists that it leaves. ARGV: old text, new
 * text, when it lapses, id.
 */
const SWAP = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
for at = 2, #KEYS do redis.call('ZREM', KEYS[at], ARGV[4]) end
return 1`;

const StoredApproval = z.strictObject({
  v: z.literal(1),
  version: z.number().int().min(1),
  expiresMs: z.number().int().min(0),
  used: z.boolean(),
  document: z.json(),
});
type StoredApproval = z.infer<typeof StoredApproval>;
const readApproval = storedReader(StoredApproval, 'approval');

/** What JSON can say; what it means is known to `authorization`. */
export type ApprovalDocument = StoredApproval['document'];

export interface Approval {
  readonly id: string;
  /** Raised by each change. */
  readonly version: number;
  readonly expiresMs: number;
  readonly used: boolean;
  readonly document: ApprovalDocument;
}

/**
 * Requests for approval: documents that lapse, change by compare-and-set and are used once. Who may
 * approve what is not known here. Throws REDIS_* errors and ACCOUNT_UNREADABLE.
 */
export class Approvals {
  readonly #link: RedisLink;
  readonly #keys: AccountKeys;
  readonly #now: () => number;

  constructor(link: RedisLink, keys: AccountKeys, now: () => number) {
    this.#link = link;
    this.#keys = keys;
    this.#now = now;
  }

  /**
   * Puts a request where none of that id is; it lapses after an hour.
   *
   * @param asker the person who asks; of as many at the same time as may be, 20 wait
   * @throws SealstreamError ACCOUNT_INVALID, ACCOUNT_CONFLICT when the id is taken, TOO_MANY_REQUESTS when 20
   *   of the person wait
   */
  async put(id: string, document: ApprovalDocument, asker: string): Promise<Approval> {
    if (!ID.test(id)) throw new SealstreamError('ACCOUNT_INVALID', { approval: 'id' });
    const now = this.#now();
    const expiresMs = now + LIFE_MS;
    const stored: StoredApproval = { v: 1, version: 1, expiresMs, used: false, document };
    const keys = [this.#keys.approval(id), ...this.#listsOf(asker)];
    const args = [textOf(stored), expiresMs, id, now, APPROVALS_OF_ONE_MAX];
    const done = await answered(this.#link.redis.eval(PUT, keys.length, ...keys, ...args));
    if (done === 2)
      throw new SealstreamError('TOO_MANY_REQUESTS', { approvals: APPROVALS_OF_ONE_MAX });
    if (done !== 1) throw new SealstreamError('ACCOUNT_CONFLICT', { approval: id });
    return shown(id, stored);
  }

  /** Undefined when there is none, or it lapsed. */
  async get(id: string): Promise<Approval | undefined> {
    return (await this.#find(id))?.approval;
  }

  /**
   * Replaces the document of a request that was looked at and is not used.
   *
   * @throws SealstreamError ACCOUNT_CONFLICT when it changed, was used or lapsed since
   */
  replace(id: string, version: number, document: ApprovalDocument): Promise<Approval> {
    return this.#change(id, version, { document });
  }

  /**
   * Marks a request as used, and gives it: of all who try, one gets it. It stays to be looked at until it
   * lapses.
   *
   * @param asker the person who asked
   * @throws SealstreamError ACCOUNT_CONFLICT when it changed, was used or lapsed since
   */
  useOnce(id: string, version: number, asker: string): Promise<Approval> {
    return this.#change(id, version, { used: true }, this.#listsOf(asker));
  }

  /** Those that are not used, those that lapse first first; 1,000 at most. */
  async listOpen(): Promise<Approval[]> {
    const { redis } = this.#link;
    const from = this.#now() + 1;
    const { approvals } = this.#keys;
    const asked = redis.zrange(approvals, from, '+inf', 'BYSCORE', 'LIMIT', 0, OPEN_MAX);
    const ids = await answered(asked);
    if (ids.length === 0) return [];
    const texts = await answered(redis.mget(ids.map((id) => this.#keys.approval(id))));
    return ids.flatMap((id, at) => {
      const text = texts[at] ?? null;
      return text === null ? [] : [shown(id, readApproval(text))];
    });
  }

  async #find(id: string): Promise<{ text: string; approval: Approval } | undefined> {
    if (!ID.test(id)) return undefined;
    const text = await answered(this.#link.redis.get(this.#keys.approval(id)));
    if (text === null) return undefined;
    const approval = shown(id, readApproval(text));
    return approval.expiresMs > this.#now() ? { text, approval } : undefined;
  }

  async #change(
    id: string,
    version: number,
    change: Partial<Pick<StoredApproval, 'document' | 'used'>>,
    leaves: readonly string[] = [],
  ): Promise<Approval> {
    const conflict = new SealstreamError('ACCOUNT_CONFLICT', { approval: id });
    const found = await this.#find(id);
    if (found === undefined || found.approval.version !== version || found.approval.used)
      throw conflict;
    const { document, expiresMs, used } = found.approval;
    const after = { v: 1 as const, version: version + 1, expiresMs, used, document, ...change };
    const keys = [this.#keys.approval(id), ...leaves];
    const args = [found.text, textOf(after), expiresMs, id];
    const done = await answered(this.#link.redis.eval(SWAP, keys.length, ...keys, ...args));
    if (done !== 1) throw conflict;
    return shown(id, after);
  }

  #listsOf(asker: string): [string, string] {
    return [this.#keys.approvals, this.#keys.approvalsOf(digestOf(asker))];
  }
}

function shown(id: string, { document, expiresMs, used, version }: StoredApproval): Approval {
  return { id, version, expiresMs, used, document };
}

function textOf(stored: StoredApproval): string {
  const text = JSON.stringify(stored);
  if (text.length <= TEXT_MAX) return text;
  throw new SealstreamError('ACCOUNT_INVALID', { approvalCharactersMax: TEXT_MAX });
}
