import { documentKey } from './keyset-store.ts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import { subjectName } from './subject-record.ts';
import { registerName } from './subject-register.ts';
import { chunks, type SubjectStore } from './subject-store.ts';

/** Records written by one run of a script. */
const WRITE_MAX = 500;
const READ_MAX = 1000;

/**
 * Ends a subject's key, or lets it live again: record, list and register change together or not at
 * all. KEYS: register, record, list. ARGV: register before and after, record before and after,
 * entry, entries before, channel, name.
 */
const END = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 'changed' end
if (redis.call('GET', KEYS[2]) or '') ~= ARGV[3] then return 'changed' end
if redis.call('LLEN', KEYS[3]) ~= tonumber(ARGV[6]) then return 'rolled-back' end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('SET', KEYS[2], ARGV[4])
redis.call('RPUSH', KEYS[3], ARGV[5])
redis.call('PUBLISH', ARGV[7], ARGV[8])
return 'done'`;

/** Replaces each record that is still what it was made from; answers how many. ARGV: pairs. */
const REPLACE = `
local done = 0
for i = 1, #KEYS do
  if redis.call('GET', KEYS[i]) == ARGV[2 * i - 1] then
    redis.call('SET', KEYS[i], ARGV[2 * i])
    done = done + 1
  end
end
return done`;

/** One change of a record together with register and list. */
export interface SubjectEnd {
  readonly index: string;
  readonly register: { readonly before: Buffer; readonly after: Buffer };
  /** `before` is null where no record stands. */
  readonly record: { readonly before: Buffer | null; readonly after: Buffer };
  readonly entry: string;
  readonly entriesBefore: number;
}

/** A record that takes another one's place. */
export interface Replaced {
  readonly index: string;
  readonly before: Buffer;
  readonly after: Buffer;
}

/** What only whoever changes keys may write: no service's user of Redis is allowed any of it. */
export class SubjectWrites {
  readonly #store: SubjectStore;
  readonly #link: RedisLink;

  constructor(store: SubjectStore, link: RedisLink) {
    this.#store = store;
    this.#link = link;
  }

  /** `changed`: register or record is not what it was made from; `rolled-back`: the list is not. */
  async end(change: SubjectEnd): Promise<'done' | 'changed' | 'rolled-back'> {
    const { index, register, record, entry, entriesBefore } = change;
    const { channel, redis } = this.#link;
    const keys = [this.#registerKey, this.#store.recordKey(index), this.#store.shredsKey];
    const before = record.before ?? '';
    const values = [register.before, register.after, before, record.after, entry, entriesBefore];
    const name = registerName(this.#store.dataset);
    const asked = redis.eval(END, keys.length, ...keys, ...values, channel, name);
    return (await answered(asked)) as 'done' | 'changed' | 'rolled-back';
  }

  /** @returns how many were still what they were made from */
  async replace(records: readonly Replaced[]): Promise<number> {
    const parts = chunks(records, WRITE_MAX).map((chunk) => {
      const keys = chunk.map(({ index }) => this.#store.recordKey(index));
      const values = chunk.flatMap(({ after, before }) => [before, after]);
      return answered(this.#link.redis.eval(REPLACE, keys.length, ...keys, ...values));
    });
    return (await Promise.all(parts)).reduce<number>((sum, done) => sum + Number(done), 0);
  }

  /** All subjects with their records, some at a time; some may come twice. */
  async *all(): AsyncGenerator<{ index: string; record: Buffer }[]> {
    for await (const found of this.#link.scan(this.#store.recordKey('')))
      for (const indexes of chunks(found, READ_MAX)) {
        const records = await this.#store.records(indexes);
        yield indexes.flatMap((index, at) => {
          const record = records[at];
          return record === null ? [] : [{ index, record }];
        });
      }
  }

  /** Takes the register away: from here on services find none, and no key can be made. */
  async close(): Promise<void> {
    await answered(this.#link.redis.del(this.#registerKey));
  }

  /**
   * Puts another list in the place of the one that is there, at one stroke: what is there may be the
   * only copy of its last entries.
   */
  async putShreds(entries: readonly string[]): Promise<void> {
    const { redis } = this.#link;
    const { shredsKey } = this.#store;
    const found = await answered(redis.lrange(shredsKey, 0, -1));
    const isSame =
      found.length === entries.length && found.every((entry, at) => entry === entries[at]);
    if (isSame) return;
    if (entries.length === 0) {
      await answered(redis.del(shredsKey));
      return;
    }
    const draft = this.#draftKey;
    // What a run that was cut has left.
    await answered(redis.del(draft));
    for (const chunk of chunks(entries, WRITE_MAX)) await answered(redis.rpush(draft, ...chunk));
    await answered(redis.rename(draft, shredsKey));
  }

  /** Writes records whatever stands there. */
  async putRecords(records: readonly { index: string; record: Buffer }[]): Promise<void> {
    for (const chunk of chunks(records, WRITE_MAX)) {
      const pairs = chunk.flatMap(({ index, record }) => [this.#store.recordKey(index), record]);
      await answered(this.#link.redis.mset(...pairs));
    }
  }

  /** Writes records where nothing stands. @returns how many */
  async addRecords(records: readonly { index: string; record: Buffer }[]): Promise<number> {
    const { redis } = this.#link;
    const asked = records.map(({ index, record }) =>
      redis.setnx(this.#store.recordKey(index), record),
    );
    const done = await answered(Promise.all(asked));
    return done.reduce((sum, one) => sum + one, 0);
  }

  /** Names subjects by key ids, so that a token leads to whom it is about. */
  async putKeyIds(named: readonly { keyId: string; index: string }[]): Promise<void> {
    const { dataset } = this.#store;
    for (const chunk of chunks(named, WRITE_MAX)) {
      const pairs = chunk.flatMap(({ index, keyId }) => [
        this.#store.keyIdKey(keyId),
        subjectName(dataset, index),
      ]);
      await answered(this.#link.redis.mset(...pairs));
    }
  }

  /** Not below the lists themselves, where it could be another dataset's. */
  get #draftKey(): string {
    return `${this.#link.prefix}new-shreds:${this.#store.dataset}`;
  }

  get #registerKey(): string {
    return documentKey(this.#link.prefix, registerName(this.#store.dataset));
  }
}
