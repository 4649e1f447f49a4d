import { SealstreamError } from '@sealstream/contracts';
import { documentKey } from './keyset-store.ts';
import { answered, type RedisLink } from '@sealstream/redis-link';
import { subjectName } from './subject-record.ts';
import { activeEpochMark, registerName } from './subject-register.ts';

/** Keys asked for in one command: Redis serves nobody else meanwhile. */
const READ_MAX = 1000;
/** Keys made by one run of the script. */
const CREATE_MAX = 500;
const SNAPSHOT_TRIES = 5;

/**
 * Creates many keys, each if there is neither key nor tombstone, and each key id with it; nothing
 * when the epoch is not the active one. Answers one value a key: 1 made, 2 key id taken, else what
 * stands there. KEYS: register, then record and key id of each. ARGV: mark, then record and name.
 * The 3 is the kind of a subject that may live again: its record alone is written over, so that a user
 * of Redis without SET can make all others.
 */
const CREATE = `
local register = redis.call('GET', KEYS[1])
if not register or not string.find(register, ARGV[1], 1, true) then return false end
local answers = {}
for i = 2, #KEYS, 2 do
  local there = redis.call('GET', KEYS[i])
  if there and string.byte(there, 2) ~= 3 then
    answers[#answers + 1] = there
  elseif redis.call('SETNX', KEYS[i + 1], ARGV[i + 1]) == 0 then
    answers[#answers + 1] = 2
  else
    redis.call(there and 'SET' or 'SETNX', KEYS[i], ARGV[i])
    answers[#answers + 1] = 1
  end
end
return answers`;

/** A key to make. */
export interface NewSubject {
  /** 22 characters of base64url. */
  readonly index: string;
  readonly keyId: string;
  readonly record: Buffer;
}

/** What became of it: made, its key id was taken, or what stands there. */
export type Created = 'made' | 'id-taken' | Buffer;

/** A register with the list of shreds that belongs to it. */
export interface Snapshot {
  readonly register: Buffer | null;
  /** From the place asked for on. */
  readonly entries: readonly string[];
}

/** Subjects of one dataset in Redis. It believes nothing it reads; whoever calls checks. */
export class SubjectStore {
  readonly dataset: string;
  readonly #link: RedisLink;

  constructor(dataset: string, link: RedisLink) {
    this.dataset = dataset;
    this.#link = link;
  }

  /** Records of subjects by index, null where there is none. One round trip. */
  async records(indexes: readonly string[]): Promise<(Buffer | null)[]> {
    return this.#readAll(indexes.map((index) => this.recordKey(index)));
  }

  /** What key ids stand for (`subject/dataset/index`), null where one is unknown. */
  async namesOf(keyIds: readonly string[]): Promise<(string | null)[]> {
    const found = await this.#readAll(keyIds.map((id) => this.keyIdKey(id)));
    return found.map((name) => name?.toString('latin1') ?? null);
  }

  /** Makes keys; undefined when the epoch is not the active one (some may be made then). */
  async create(
    epoch: string,
    subjects: readonly NewSubject[],
  ): Promise<readonly Created[] | undefined> {
    const parts = await Promise.all(
      chunks(subjects, CREATE_MAX).map((chunk) => this.#create(epoch, chunk)),
    );
    return parts.includes(undefined) ? undefined : parts.flatMap((part) => part ?? []);
  }

  /** The register and the shreds from the n-th on, both as of one moment. */
  async snapshot(from: number): Promise<Snapshot> {
    const register = documentKey(this.#link.prefix, registerName(this.dataset));
    for (let tries = 0; tries < SNAPSHOT_TRIES; tries++) {
      const { redis } = this.#link;
      const [before, entries, after] = await answered(
        Promise.all([
          redis.getBuffer(register),
          redis.lrange(this.shredsKey, from, -1),
          redis.getBuffer(register),
        ]),
      );
      // The list changes only together with the register.
      const still = before === null ? after === null : after?.equals(before) === true;
      if (still) return { register: before, entries };
    }
    throw new SealstreamError('KEYSET_CONFLICT', { keyset: registerName(this.dataset) });
  }

  recordKey(index: string): string {
    return `${this.#link.prefix}subject:${this.dataset}/${index}`;
  }

  keyIdKey(id: string): string {
    return `${this.#link.prefix}key-id:${id}`;
  }

  get shredsKey(): string {
    return `${this.#link.prefix}shreds:${this.dataset}`;
  }

  async #readAll(keys: readonly string[]): Promise<(Buffer | null)[]> {
    if (keys.length === 0) return [];
    const asked = chunks(keys, READ_MAX).map((chunk) => this.#link.redis.mgetBuffer(chunk));
    return (await answered(Promise.all(asked))).flat();
  }

  async #create(
    epoch: string,
    subjects: readonly NewSubject[],
  ): Promise<readonly Created[] | undefined> {
    const { prefix, writer } = this.#link;
    const keys = subjects.flatMap(({ index, keyId }) => [
      this.recordKey(index),
      this.keyIdKey(keyId),
    ]);
    const values = subjects.flatMap(({ index, record }) => [
      record,
      subjectName(this.dataset, index),
    ]);
    const register = documentKey(prefix, registerName(this.dataset));
    const mark = activeEpochMark(epoch);
    const script = [CREATE, keys.length + 1, register, ...keys, mark, ...values];
    const answers = await answered<unknown>(writer.callBuffer('EVAL', script));
    if (answers === null) return undefined;
    return (answers as (number | Buffer)[]).map((answer) => {
      if (typeof answer !== 'number') return answer;
      return answer === 1 ? 'made' : 'id-taken';
    });
  }
}

/** A list in parts of at most `size`. */
export function chunks<T>(list: readonly T[], size: number): T[][] {
  const parts: T[][] = [];
  for (let at = 0; at < list.length; at += size) parts.push(list.slice(at, at + size));
  return parts;
}
