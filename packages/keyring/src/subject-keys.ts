import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import type { ActiveKey, KeyHandle, KeyUse, SubjectKeySource } from '@sealstream/crypto';
import type { SubjectCache } from './subject-cache.ts';
import { type SubjectFetch, wantedSubject } from './subject-fetch.ts';
import { INDEX_BYTES } from './subject-record.ts';
import { registerName } from './subject-register.ts';
import type { SubjectStore } from './subject-store.ts';
import type { WatchedSubjects } from './subject-watch.ts';

/** Thrown for every subject that is not in memory, so that a cold batch makes no error for each. */
const WANTED = new SealstreamError('SUBJECT_KEYS_WANTED');

interface SubjectKeysOptions {
  readonly store: SubjectStore;
  readonly watched: WatchedSubjects;
  readonly cache: SubjectCache;
  readonly fetch: SubjectFetch;
  /** Whether a subject without a key gets one. */
  readonly mayCreate: boolean;
}

/** The SubjectKeySource of one dataset over Redis. */
export class SubjectKeys implements SubjectKeySource {
  readonly #options: SubjectKeysOptions;
  readonly #name: string;
  /** Indexes in base64url. */
  #wantedIndexes = new Set<string>();
  #wantedIds = new Set<string>();
  /** Who was asked for and cannot be given, by index or key id, until the bring after the next. */
  #refused: ReadonlyMap<string, ErrorCode> = new Map();
  #refusedBefore: ReadonlyMap<string, ErrorCode> = new Map();
  #bringing: Promise<void> | undefined;

  constructor(options: SubjectKeysOptions) {
    this.#options = options;
    this.#name = registerName(options.store.dataset);
  }

  get wants(): boolean {
    return this.#wantedIndexes.size > 0 || this.#wantedIds.size > 0;
  }

  active(use: KeyUse, bytes: Buffer, index: number): ActiveKey {
    const { cache, watched } = this.#options;
    watched.requireConfirmed();
    const number = cache.find(bytes, index);
    const given = number < 0 ? undefined : cache.give(use, number);
    if (given !== undefined) return given;
    if (watched.has(bytes, index)) throw this.#refusal('SUBJECT_SHREDDED');
    const who = bytes.toString('base64url', index, index + INDEX_BYTES);
    throw this.#notHere(this.#wantedIndexes, who);
  }

  byId(use: KeyUse, id: string): KeyHandle {
    const { cache, watched } = this.#options;
    watched.requireConfirmed();
    const number = cache.findId(id);
    const given = number < 0 ? undefined : cache.give(use, number);
    if (given !== undefined) return given.key;
    throw this.#notHere(this.#wantedIds, id);
  }

  async bring(): Promise<void> {
    // Who comes while others are brought waits for them, and is brought together with all the rest.
    while (this.#bringing !== undefined) await this.#bringing.catch(() => undefined);
    if (!this.wants) return;
    this.#bringing = this.#bringAll().finally(() => {
      this.#bringing = undefined;
    });
    await this.#bringing;
  }

  /** Notes who is wanted, unless it is known why there will be no key. */
  #notHere(wanted: Set<string>, who: string): SealstreamError {
    const code = this.#refused.get(who) ?? this.#refusedBefore.get(who);
    if (code !== undefined) return this.#refusal(code);
    wanted.add(who);
    return WANTED;
  }

  #refusal(code: ErrorCode): SealstreamError {
    return new SealstreamError(code, { keyset: this.#name });
  }

  async #bringAll(): Promise<void> {
    const { cache, fetch, mayCreate } = this.#options;
    const [indexes, ids] = [this.#wantedIndexes, this.#wantedIds];
    this.#wantedIndexes = new Set();
    this.#wantedIds = new Set();
    const byId = await this.#indexesOf([...ids]);
    const readOnly = new Set([...byId.values()].filter((index) => !indexes.has(index)));
    const wanted = [
      ...Array.from(indexes, (index) => wantedSubject(index, mayCreate)),
      ...Array.from(readOnly, (index) => wantedSubject(index, false)),
    ];
    const why = await fetch.bring(wanted.filter((one) => one !== undefined));
    // What holds for a key id does not hold for its subject, which may get another key.
    const refused = new Map([...why].filter(([index]) => indexes.has(index)));
    for (const id of ids) {
      if (cache.findId(id) >= 0) continue;
      const index = byId.get(id);
      const code = index === undefined ? 'KEY_UNKNOWN' : why.get(index);
      refused.set(id, code ?? 'SUBJECT_SHREDDED');
    }
    this.#refusedBefore = this.#refused;
    this.#refused = refused;
    cache.nextRound();
  }

  /** Whose keys the ids name, as far as they are of this dataset. */
  async #indexesOf(ids: readonly string[]): Promise<Map<string, string>> {
    const begin = `${this.#name}/`;
    const names = await this.#options.store.namesOf(ids);
    const found = new Map<string, string>();
    for (const [at, id] of ids.entries()) {
      const name = names[at];
      if (name?.startsWith(begin) === true) found.set(id, name.slice(begin.length));
    }
    return found;
  }
}
