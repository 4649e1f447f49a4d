import {
  type ErrorCode,
  KEYSET_PURPOSES,
  type Logger,
  type Purpose,
  SealstreamError,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { KeyArena } from './arena.ts';
import { CachedKeys } from './cached-keys.ts';
import { FollowedHeads } from './followed-heads.ts';
import { COUNTED, KeyUses } from './key-uses.ts';
import { keysetName, openSignedKeyset } from './keyset-document.ts';
import type { KeysetHeads } from './keyset-heads.ts';
import { KeysetStore } from './keyset-store.ts';
import { OpenedKeyset } from './opened-keyset.ts';
import type { OutermostKeys } from './outermost-keys.ts';
import type { StoreOptions } from '@sealstream/redis-link';
import { RepeatedRead } from './repeated-read.ts';
import { turnClock } from './turn-clock.ts';
import { WatchedKeyset } from './watched-keyset.ts';

/** Every stage may reject. */
const SEAL_TO: readonly Purpose[] = ['rejected'];
const CEILING_MS = 15 * 60_000;
/** Unknown key ids make keysets be read again, but not more often than this. */
const ASK_MS_MIN = 250;

export interface KeyringOptions extends StoreOptions {
  readonly provider: OutermostKeys;
  /** Whose keys are unwrapped here; the provider must have them. */
  readonly purposes: readonly Purpose[];
  /** Key pairs to whose public half this process seals; default `rejected`. */
  readonly sealTo?: readonly Purpose[] | undefined;
  readonly datasets: readonly string[];
  /**
   * Whether first uses of keys whose uses are counted are reserved before anybody asks; default
   * false. A process that only opens reserves none and so wastes none.
   */
  readonly sealsFields?: boolean | undefined;
  /** 32 bytes, Ed25519. */
  readonly signerPublicKey: Uint8Array;
  readonly heads: Pick<KeysetHeads, 'load'>;
  /** Default 15 minutes. */
  readonly cacheCeilingMs?: number | undefined;
  /** Default 10 seconds. */
  readonly pollMs?: number | undefined;
  readonly allowUnlocked?: boolean | undefined;
}

/** How the keyring stands; names are `purpose/dataset`, whys are codes. */
export interface KeyringHealth {
  /** Every keyset can be used now. */
  readonly usable: boolean;
  /** What cannot be used. */
  readonly waitsFor: readonly { readonly name: string; readonly why: ErrorCode }[];
  /** What works, though Redis is away or offers something that is refused. */
  readonly troubles: readonly { readonly name: string; readonly why: ErrorCode }[];
}

/** The keys of one process. */
export interface Keyring {
  readonly keys: KeySource;
  /**
   * Resolves when every keyset can be used. Rejects when one is offered that waiting will not mend
   * (KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE, a key file), or when the keyring is stopped before.
   */
  ready(): Promise<void>;
  health(): KeyringHealth;
  /** Reads all keysets again now; resolves when that is done, whatever came of it. */
  refresh(): Promise<void>;
  /** Zeroes every key and lets Redis go. Idempotent. */
  stop(): void;
}

/**
 * Opens the keyring of a process: checks its key files and the heads, then watches its keysets. It
 * does not wait for Redis; `ready` does.
 *
 * Throws KEY_FILE_*, MEMORY_NOT_LOCKED, KEYSET_BAD_SIGNATURE (of a head) and what loading the heads
 * throws.
 */
export async function openKeyring(options: KeyringOptions): Promise<Keyring> {
  await options.provider.check();
  const arena = new KeyArena({ allowUnlocked: options.allowUnlocked ?? false });
  const loadedAt = performance.now();
  const heads = await options.heads.load();
  const watched = new Map<string, WatchedKeyset>();
  const { purposes, datasets, signerPublicKey } = options;
  const sealTo = options.sealTo ?? SEAL_TO;
  const clock = turnClock();
  // Keys of subjects are no keyset: openSubjects has them.
  const keysets = [...purposes, ...sealTo].filter((purpose) => KEYSET_PURPOSES.includes(purpose));
  for (const purpose of new Set(keysets))
    for (const dataset of datasets) {
      const name = keysetName(purpose, dataset);
      const head = heads.get(name);
      const provider = purposes.includes(purpose) ? options.provider : undefined;
      const keyset = new OpenedKeyset(purpose, dataset, arena, provider);
      const known = head && openSignedKeyset(name, head, signerPublicKey);
      const ceilingMs = options.cacheCeilingMs ?? CEILING_MS;
      watched.set(name, new WatchedKeyset(keyset, known, { signerPublicKey, ceilingMs, clock }));
    }
  return new WatchingKeyring(options, arena, watched, loadedAt);
}

class WatchingKeyring implements Keyring {
  readonly keys: KeySource;
  readonly #cached: CachedKeys;
  readonly #uses: KeyUses;
  readonly #sealsFields: boolean;
  readonly #arena: KeyArena;
  readonly #watched: ReadonlyMap<string, WatchedKeyset>;
  readonly #store: KeysetStore;
  readonly #logger: Logger;
  readonly #reads: RepeatedRead;
  readonly #heads: FollowedHeads;
  readonly #said = new Map<string, ErrorCode>();
  #lastAsked = Number.NEGATIVE_INFINITY;
  /** Why keysets could not be read last time. */
  #redisAway: ErrorCode | undefined = 'REDIS_UNREACHABLE';

  constructor(
    options: KeyringOptions,
    arena: KeyArena,
    watched: ReadonlyMap<string, WatchedKeyset>,
    loadedAt: number,
  ) {
    this.#arena = arena;
    this.#watched = watched;
    this.#logger = options.logger;
    this.#store = new KeysetStore(options);
    this.#sealsFields = options.sealsFields ?? false;
    this.#uses = new KeyUses({
      count: (id, uses) => this.#store.countUses(id, uses),
      logger: options.logger,
    });
    this.#cached = new CachedKeys(arena, watched, this.#uses, () => this.#ask());
    this.keys = this.#cached;
    this.#heads = new FollowedHeads({
      heads: options.heads,
      loadedAt,
      ceilingMs: options.cacheCeilingMs ?? CEILING_MS,
      take: (heads) => {
        for (const [name, one] of watched) {
          const head = heads.get(name);
          if (head !== undefined) one.raise(head);
        }
      },
      onLoaded: () => void this.refresh(),
      logger: options.logger,
    });
    this.#reads = new RepeatedRead(
      {
        read: () => this.#read(),
        hasFailed: () => this.#redisAway !== undefined,
        readiness: () => this.#readiness(),
      },
      options.pollMs,
    );
    this.#store.watch((name) => {
      if (name === undefined || watched.has(name)) void this.refresh();
    });
  }

  ready(): Promise<void> {
    return this.#reads.ready();
  }

  health(): KeyringHealth {
    const all = [...this.#watched.values()];
    const spent = this.#uses.spent.map((name) => ({ name, why: 'KEY_SPENT' }) as const);
    // What nobody may read is not known to be missing.
    const isRefused = this.#redisAway === 'REDIS_REFUSED';
    const unusable = all.flatMap(({ name, waitsFor: why }) => {
      if (why === undefined) return [];
      return [
        { name, why: isRefused && why === 'KEYSET_MISSING' ? 'REDIS_REFUSED' : why },
      ] as const;
    });
    const waitsFor = [...unusable, ...spent];
    const known = all.flatMap(({ name, waitsFor: waits, problem }) => {
      const why = problem ?? this.#redisAway;
      return why === undefined || waits !== undefined ? [] : [{ name, why }];
    });
    const troubles = [...known, ...this.#uses.troubles];
    return { usable: waitsFor.length === 0, waitsFor, troubles };
  }

  refresh(): Promise<void> {
    return this.#reads.now();
  }

  stop(): void {
    if (this.#reads.isStopped) return;
    this.#reads.stop();
    this.#store.stop();
    for (const watched of this.#watched.values()) watched.end();
    this.#reads.settle();
    this.#arena.clear();
  }

  async #read(): Promise<void> {
    await this.#heads.follow();
    this.#lastAsked = performance.now();
    const askedAt = Math.min(this.#lastAsked, this.#heads.loadedAt);
    const names = [...this.#watched.keys()];
    let found: (Buffer | null)[];
    try {
      found = await this.#store.read(names);
      this.#redisAway = undefined;
    } catch (error) {
      const { code, place } =
        error instanceof SealstreamError ? error : new SealstreamError('INTERNAL');
      if (code !== this.#redisAway)
        this.#logger.warn({ code, problem: place['reason'] }, 'keysets cannot be read');
      this.#redisAway = code;
      return;
    }
    for (const [at, watched] of [...this.#watched.values()].entries())
      if (!this.#reads.isStopped) await this.#offer(watched, found[at] ?? null, askedAt);
    await this.#reserve();
    // An unwrapping that was under way at stop() may have filled a slot after the clearing.
    if (!this.#reads.isStopped) return;
    for (const watched of this.#watched.values()) watched.end();
    this.#arena.clear();
  }

  /** Uses of the keys that seal now and whose uses are counted. */
  async #reserve(): Promise<void> {
    for (const watched of this.#watched.values()) {
      const id = watched.activeId(COUNTED);
      this.#uses.keep(watched.name, id);
      if (this.#sealsFields && id !== undefined) this.#uses.expect(watched.name, id);
    }
    await this.#uses.bring();
  }

  async #offer(watched: WatchedKeyset, found: Buffer | null, askedAt: number): Promise<void> {
    const { name, version: before } = watched;
    try {
      this.#cached.forget(name, await watched.offer(found, askedAt));
      if (watched.version !== before)
        this.#logger.info({ keyset: name, version: watched.version }, 'keyset taken on');
      this.#said.delete(name);
    } catch (error) {
      const code = error instanceof SealstreamError ? error.code : 'INTERNAL';
      if (this.#said.get(name) !== code)
        this.#logger.warn({ keyset: name, code }, 'keyset refused');
      this.#said.set(name, code);
    }
  }

  #readiness(): boolean | SealstreamError {
    if (this.#reads.isStopped)
      return new SealstreamError('KEYRING_STALE', { reason: 'the keyring was stopped' });
    const all = [...this.#watched.values()];
    const hopeless = all.find((one) => one.hopeless)?.hopeless;
    return hopeless ?? all.every(({ waitsFor }) => waitsFor === undefined);
  }

  #ask(): void {
    if (performance.now() - this.#lastAsked < ASK_MS_MIN) return;
    this.#lastAsked = performance.now();
    void this.refresh();
  }
}
