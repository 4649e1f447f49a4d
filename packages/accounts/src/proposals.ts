import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import { z } from 'zod';
import type { AccountKeys } from './account-keys.ts';
import { isIdForm, newId } from './random-secret.ts';

const HEAD_CHARACTERS_MAX = 16 * 1024;
const BODY_CHARACTERS_MAX = 4 * 1024 * 1024;
const KEPT_MAX = 100;

/** KEYS: head, body, all. ARGV: head, body, when it lapses, id, now, how many at most. */
const PUT = `
redis.call('ZREMRANGEBYSCORE', KEYS[3], '-inf', ARGV[5])
if redis.call('ZCARD', KEYS[3]) >= tonumber(ARGV[6]) then return 2 end
if not redis.call('SET', KEYS[1], ARGV[1], 'NX', 'PXAT', ARGV[3]) then return 0 end
redis.call('SET', KEYS[2], ARGV[2], 'PXAT', ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[4])
return 1`;

/** Replaces the very head that was looked at. KEYS: as above. ARGV: old, new, when it lapses, id. */
const AMEND = `
local body = redis.call('GET', KEYS[2])
if redis.call('GET', KEYS[1]) ~= ARGV[1] or not body then return 0 end
redis.call('SET', KEYS[1], ARGV[2], 'PXAT', ARGV[3])
redis.call('SET', KEYS[2], body, 'PXAT', ARGV[3])
redis.call('ZADD', KEYS[3], ARGV[3], ARGV[4])
return 1`;

/** The text that is authenticated stands in it as it is, so that nothing depends on how it is read. */
const StoredHead = z.strictObject({ v: z.literal(1), text: z.string(), mac: z.string() });

const HeadText = z.strictObject({
  id: z.string(),
  expiresMs: z.int(),
  /** Hex SHA-256 of the body. */
  body: z.string(),
  document: z.json(),
});

/** What JSON can say; what it means is known to whoever proposes. */
export type ProposalDocument = z.infer<typeof HeadText>['document'];

/** What was proposed, without its body. */
export interface Proposal {
  readonly id: string;
  readonly expiresMs: number;
  readonly document: ProposalDocument;
}

export interface ProposalPage {
  /** The newest last. */
  readonly proposals: readonly Proposal[];
  /** Ids under which stands what was not kept here, or under another secret. */
  readonly refused: readonly string[];
}

/**
 * What was proposed and agreed to, for whoever takes it into use: its text is written once and never
 * changed, and it is gone by itself.
 *
 * Promises: what is given back was put here, under that id, and has not lapsed: each carries an
 * authenticator (HMAC-SHA-256, RFC 2104) under a secret that Redis does not hold, over id, time, document
 * and the digest of the body; 100 at once at most. Who writes to Redis can take one away, or put back
 * what was amended, and no more.
 * Throws REDIS_* errors.
 */
export class Proposals {
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

  /**
   * Keeps a proposal under a new id.
   *
   * @param document at most 16 KiB of JSON, listed; the body at most 4 MiB, given with one alone
   * @throws SealstreamError REQUEST_TOO_LARGE, TOO_MANY_REQUESTS when 100 are kept
   */
  async put(document: ProposalDocument, body: string, lifeMs: number): Promise<Proposal> {
    const id = newId();
    const now = this.#now();
    const expiresMs = now + lifeMs;
    if (body.length > BODY_CHARACTERS_MAX)
      throw new SealstreamError('REQUEST_TOO_LARGE', { characters: body.length });
    const head = this.#head({ id, expiresMs, body: digestOf(body), document });
    const args = [head, body, expiresMs, id, now, KEPT_MAX];
    const done = await answered(this.#link.redis.eval(PUT, 3, ...this.#places(id), ...args));
    if (done === 2) throw new SealstreamError('TOO_MANY_REQUESTS', { proposals: KEPT_MAX });
    if (done !== 1) throw new SealstreamError('ACCOUNT_CONFLICT', { proposal: id });
    return { id, expiresMs, document };
  }

  /**
   * Puts another document in the place of the one that is kept; the body stays.
   *
   * @param lifeMs from now on; it lapses no later than it would have
   * @throws SealstreamError PROPOSAL_UNKNOWN, PROPOSAL_NOT_AUTHENTIC, REQUEST_TOO_LARGE; ACCOUNT_CONFLICT
   *   when somebody else amended it meanwhile
   */
  async amend(id: string, document: ProposalDocument, lifeMs: number): Promise<Proposal> {
    const before = isIdForm(id)
      ? await answered(this.#link.redis.get(this.#keys.proposal(id)))
      : null;
    if (before === null) throw new SealstreamError('PROPOSAL_UNKNOWN');
    const read = this.#read(id, before);
    if (read === undefined) throw new SealstreamError('PROPOSAL_NOT_AUTHENTIC', { proposal: id });
    const now = this.#now();
    if (read.expiresMs <= now) throw new SealstreamError('PROPOSAL_UNKNOWN');
    const expiresMs = Math.min(read.expiresMs, now + lifeMs);
    const head = this.#head({ id, expiresMs, body: read.body, document });
    const args = [before, head, expiresMs, id];
    const done = await answered(this.#link.redis.eval(AMEND, 3, ...this.#places(id), ...args));
    if (done !== 1) throw new SealstreamError('ACCOUNT_CONFLICT', { proposal: id });
    return { id, expiresMs, document };
  }

  /**
   * One with its body; undefined when there is none, or it lapsed.
   *
   * @throws SealstreamError PROPOSAL_NOT_AUTHENTIC
   */
  async get(id: string): Promise<(Proposal & { readonly body: string }) | undefined> {
    if (!isIdForm(id)) return undefined;
    const keys = this.#places(id).slice(0, 2);
    const [head = null, body = null] = await answered(this.#link.redis.mget(keys));
    if (head === null || body === null) return undefined;
    const read = this.#read(id, head);
    if (read?.body !== digestOf(body))
      throw new SealstreamError('PROPOSAL_NOT_AUTHENTIC', { proposal: id });
    const { document, expiresMs } = read;
    return expiresMs > this.#now() ? { id, expiresMs, document, body } : undefined;
  }

  /** All of them, without bodies. */
  async list(): Promise<ProposalPage> {
    const { redis } = this.#link;
    const from = this.#now() + 1;
    const { proposals: all } = this.#keys;
    const asked = redis.zrange(all, from, '+inf', 'BYSCORE', 'LIMIT', 0, KEPT_MAX);
    const ids = (await answered(asked)).filter(isIdForm);
    if (ids.length === 0) return { proposals: [], refused: [] };
    const heads = await answered(redis.mget(ids.map((id) => this.#keys.proposal(id))));
    const proposals: Proposal[] = [];
    const refused: string[] = [];
    for (const [at, id] of ids.entries()) {
      const head = heads[at] ?? null;
      if (head === null) continue;
      const read = this.#read(id, head);
      if (read === undefined) refused.push(id);
      else if (read.expiresMs >= from)
        proposals.push({ id, expiresMs: read.expiresMs, document: read.document });
    }
    return { proposals, refused };
  }

  /** Head, body and the list of all. */
  #places(id: string): string[] {
    return [this.#keys.proposal(id), this.#keys.proposalBody(id), this.#keys.proposals];
  }

  /** @throws SealstreamError REQUEST_TOO_LARGE */
  #head(of: z.infer<typeof HeadText>): string {
    const text = JSON.stringify(of);
    if (text.length > HEAD_CHARACTERS_MAX)
      throw new SealstreamError('REQUEST_TOO_LARGE', { characters: text.length });
    return JSON.stringify({ v: 1, text, mac: this.#mac(text).toString('base64url') });
  }

  /** Undefined when it was not put here under that id. */
  #read(id: string, head: string): z.infer<typeof HeadText> | undefined {
    try {
      const { mac, text } = StoredHead.parse(JSON.parse(head));
      const [own, given] = [this.#mac(text), Buffer.from(mac, 'base64url')];
      if (own.length !== given.length || !timingSafeEqual(own, given)) return undefined;
      const read = HeadText.parse(JSON.parse(text));
      return read.id === id ? read : undefined;
    } catch {
      return undefined;
    }
  }

  #mac(text: string): Buffer {
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}

function digestOf(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}
