import { answered, RedisLink, type StoreOptions } from '@sealstream/redis-link';

/**
 * Writes a document only over the one it was made from, and tells everyone. The whole document is
 * compared, which holds its version and more.
 */
const SWAP = `
local now = redis.call('GET', KEYS[1])
if (now or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], ARGV[4])
return 1`;

/** Where a signed document lies. */
export function documentKey(prefix: string, name: string): string {
  return `${prefix}keyset:${name}`;
}

/**
 * Signed documents in Redis (keysets, and registers of subjects): read, compare and set, notices.
 * It believes nothing it reads; whoever calls checks signatures and heads.
 */
export class KeysetStore {
  readonly #link: RedisLink;

  /** @param link a connection that is there already; else one is made */
  constructor(options: StoreOptions, link: RedisLink = new RedisLink(options)) {
    this.#link = link;
  }

  /** Resolves when Redis answers; throws REDIS_UNREACHABLE, and goes on trying until stop. */
  connect(): Promise<void> {
    return this.#link.connect();
  }

  /** The documents of the names given, null for what is not there. */
  async read(names: readonly string[]): Promise<(Buffer | null)[]> {
    if (names.length === 0) return [];
    return answered(this.#link.redis.mgetBuffer(names.map((name) => this.#keyOf(name))));
  }

  /** Replaces `before` (null: nothing) by `after`. False when something else stands there now. */
  async swap(name: string, before: Buffer | null, after: Buffer): Promise<boolean> {
    const old = before ?? Buffer.alloc(0);
    const { channel, redis } = this.#link;
    const done = await answered(redis.eval(SWAP, 1, this.#keyOf(name), old, after, channel, name));
    return done === 1;
  }

  /** Takes a key id for good. False when it is taken. */
  async claimKeyId(id: string, name: string): Promise<boolean> {
    const { prefix, redis } = this.#link;
    return (await answered(redis.setnx(`${prefix}key-id:${id}`, name))) === 1;
  }

  /** Counts so many uses of a key more. @returns all that are counted, with these */
  async countUses(id: string, uses: number): Promise<number> {
    return answered(this.#link.writer.incrby(this.#usesKey(id), uses));
  }

  /** The uses counted of each key; 0 where there are none. */
  async uses(ids: readonly string[]): Promise<number[]> {
    if (ids.length === 0) return [];
    const found = await answered(this.#link.redis.mget(ids.map((id) => this.#usesKey(id))));
    return found.map(Number);
  }

  /** Names of all documents there, sorted. */
  async names(): Promise<string[]> {
    const found = new Set<string>();
    for await (const names of this.#link.scan(this.#keyOf('')))
      for (const name of names) found.add(name);
    return [...found].sort();
  }

  /** Calls `changed` when a document may have changed; see RedisLink. */
  watch(changed: (name?: string) => void): void {
    this.#link.watch(changed);
  }

  stop(): void {
    this.#link.stop();
  }

  #usesKey(id: string): string {
    return `${this.#link.prefix}uses:${id}`;
  }

  #keyOf(name: string): string {
    return documentKey(this.#link.prefix, name);
  }
}
