import { type ErrorCode, type Logger, SealstreamError } from '@sealstream/contracts';
import { openWith, type SubjectKeySource } from '@sealstream/crypto';
import { KeyArena } from './arena.ts';
import { EpochKeys, type EpochSource } from './epoch-keys.ts';
import { FollowedHeads } from './followed-heads.ts';
import type { KeysetHeads } from './keyset-heads.ts';
import { RedisLink, type StoreOptions } from '@sealstream/redis-link';
import { RepeatedRead } from './repeated-read.ts';
import type { ShredList } from './shred-list.ts';
import { SubjectCache } from './subject-cache.ts';
import { SubjectFetch } from './subject-fetch.ts';
import { SubjectKeys } from './subject-keys.ts';
import { REGISTER_FORM, registerName } from './subject-register.ts';
import { SubjectStore } from './subject-store.ts';
import { WatchedSubjects } from './subject-watch.ts';
import { turnClock } from './turn-clock.ts';

const CEILING_MS = 15 * 60_000;
/** Subjects whose keys are kept: 4 MiB of guarded memory, and as much for each use. */
const SUBJECTS_MAX = 131_072;

export interface SubjectsOptions extends StoreOptions {
  readonly dataset: string;
  /** Absent in a process that asks for shreds and holds no subject keys. */
  readonly epochs?: EpochSource | undefined;
  /** Whether a subject without a key gets one; default false. */
  readonly mayCreate?: boolean | undefined;
  /** Subjects whose keys are kept at once, beside those of one batch; default 131,072. */
  readonly max?: number | undefined;
  /** 32 bytes, Ed25519. */
  readonly signerPublicKey: Uint8Array;
  readonly heads: Pick<KeysetHeads, 'load'>;
  /** Default 15 minutes. */
  readonly cacheCeilingMs?: number | undefined;
  /** A shred whose notice was lost is known after so long; default 10 seconds. */
  readonly pollMs?: number | undefined;
  readonly allowUnlocked?: boolean | undefined;
}

/** How the subjects of a dataset stand; whys are codes. */
export interface SubjectsHealth {
  readonly usable: boolean;
  /** Why they cannot be used. */
  readonly waitsFor?: ErrorCode | undefined;
  /** What is wrong though they can still be used. */
  readonly trouble?: ErrorCode | undefined;
}

/** The subjects of one dataset in one process. */
export interface Subjects {
  /** Throws KEY_FILE_MISSING from every call in a process that was given no epochs. */
  readonly keys: SubjectKeySource;
  readonly shreds: ShredList;
  /**
   * Resolves when they can be used. Rejects when Redis offers what waiting will not mend, or when
   * they are stopped before.
   */
  ready(): Promise<void>;
  health(): SubjectsHealth;
  /** Reads the register again now; resolves when that is done, whatever came of it. */
  refresh(): Promise<void>;
  /** As refresh. Throws why the register was not taken on: KEYSET_*, REDIS_*, KEY_FILE_*. */
  refreshed(): Promise<void>;
  /** Zeroes every key and lets Redis go. Idempotent. */
  stop(): void;
}

/**
 * Opens the subjects of a dataset: their keys, and who was shredded. It does not wait for Redis;
 * `ready` does.
 *
 * Throws KEY_FILE_*, MEMORY_NOT_LOCKED, KEYSET_BAD_SIGNATURE (of the head) and what loading the
 * heads throws.
 */
export async function openSubjects(options: SubjectsOptions): Promise<Subjects> {
  await options.epochs?.provider.check();
  const name = registerName(options.dataset);
  const loadedAt = performance.now();
  const bytes = (await options.heads.load()).get(name);
  const head = bytes && openWith(REGISTER_FORM, name, bytes, options.signerPublicKey);
  return new WatchingSubjects(options, head, loadedAt);
}

class WatchingSubjects implements Subjects {
  readonly keys: SubjectKeySource;
  readonly shreds: ShredList;
  readonly #watched: WatchedSubjects;
  readonly #link: RedisLink;
  readonly #arena: KeyArena;
  readonly #cache: SubjectCache | undefined;
  readonly #logger: Logger;
  readonly #reads: RepeatedRead;
  readonly #heads: FollowedHeads;
  #said: ErrorCode | undefined;

  constructor(
    options: SubjectsOptions,
    head: ConstructorParameters<typeof WatchedSubjects>[0]['head'],
    loadedAt: number,
  ) {
    const { dataset, epochs: source, signerPublicKey } = options;
    const allowUnlocked = options.allowUnlocked ?? false;
    this.#logger = options.logger;
    this.#link = new RedisLink(options);
    this.#arena = new KeyArena({ allowUnlocked });
    const store = new SubjectStore(dataset, this.#link);
    const epochs = source && new EpochKeys(dataset, source, this.#arena);
    const onFull = (count: number): void => {
      const fields = { code: 'MEMORY_NOT_LOCKED', dataset, count };
      options.logger.warn(fields, 'no more memory can be locked: fewer subject keys are kept');
    };
    const max = options.max ?? SUBJECTS_MAX;
    const cache = source && new SubjectCache(dataset, max, allowUnlocked, onFull);
    this.#cache = cache;
    const ceilingMs = options.cacheCeilingMs ?? CEILING_MS;
    const watched = new WatchedSubjects({
      store,
      signerPublicKey,
      head,
      epochs,
      ceilingMs,
      clock: turnClock(),
      onShred: (indexes) => {
        for (const index of indexes) cache?.drop(index);
      },
    });
    this.#watched = watched;
    this.shreds = watched;
    this.#heads = new FollowedHeads({
      heads: options.heads,
      loadedAt,
      ceilingMs,
      take: (heads) => {
        const bytes = heads.get(watched.name);
        if (bytes !== undefined) watched.raise(bytes);
      },
      onLoaded: () => void this.refresh(),
      logger: options.logger,
    });
    const refresh = (): Promise<void> => this.refreshed();
    if (epochs === undefined || cache === undefined) this.keys = withoutKeys(watched.name);
    else {
      const fetch = new SubjectFetch({ store, watched, epochs, cache, refresh, allowUnlocked });
      const mayCreate = options.mayCreate ?? false;
      this.keys = new SubjectKeys({ store, watched, cache, fetch, mayCreate });
    }
    this.#reads = new RepeatedRead(
      {
        read: () => this.#read(),
        hasFailed: () => watched.problem !== undefined,
        readiness: () => this.#readiness(),
      },
      options.pollMs,
    );
    this.#link.watch((name) => {
      if (name === undefined || name === watched.name) void this.refresh();
    });
  }

  ready(): Promise<void> {
    return this.#reads.ready();
  }

  health(): SubjectsHealth {
    const { problem, waitsFor } = this.#watched;
    return { usable: waitsFor === undefined, waitsFor, trouble: waitsFor ?? problem };
  }

  refresh(): Promise<void> {
    return this.#reads.now();
  }

  async refreshed(): Promise<void> {
    await this.refresh();
    const { name, problem } = this.#watched;
    if (problem !== undefined) throw new SealstreamError(problem, { keyset: name });
    // After stop() nothing is read.
    this.#watched.requireConfirmed();
  }

  stop(): void {
    if (this.#reads.isStopped) return;
    this.#reads.stop();
    this.#link.stop();
    this.#end();
    this.#reads.settle();
  }

  async #read(): Promise<void> {
    try {
      await this.#heads.follow();
      await this.#watched.read(this.#heads.loadedAt);
      this.#said = undefined;
    } catch (error) {
      const code = error instanceof SealstreamError ? error.code : 'INTERNAL';
      if (this.#said !== code)
        this.#logger.warn({ keyset: this.#watched.name, code }, 'register of subjects refused');
      this.#said = code;
    }
    // An unwrapping that was under way at stop() may have filled a slot after the clearing.
    if (this.#reads.isStopped) this.#end();
  }

  #end(): void {
    this.#watched.end();
    this.#cache?.close();
    this.#arena.clear();
  }

  #readiness(): boolean | SealstreamError {
    if (this.#reads.isStopped)
      return new SealstreamError('KEYRING_STALE', { reason: 'the subjects were stopped' });
    return this.#watched.hopeless ?? this.#watched.waitsFor === undefined;
  }
}

/** For a process that has no epochs: it may ask who was shredded and nothing else. */
function withoutKeys(name: string): SubjectKeySource {
  const refuse = (): never => {
    throw new SealstreamError('KEY_FILE_MISSING', { keyset: name });
  };
  return { active: refuse, byId: refuse, wants: false, bring: async () => undefined };
}
