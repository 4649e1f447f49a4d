import type { Bus } from '@sealstream/bus';
import type { Purpose } from '@sealstream/contracts';
import {
  destroyKey,
  type KeySafety,
  keySafety,
  type MadeKey,
  namedUsage,
  type NamedUsage,
  type RewrappedKeys,
  rewrapKeysets,
  rotateKeys,
  ROTATED_PURPOSES,
  type RotationOrder,
  type ScannedTopics,
  scanUsage,
  type Tell,
  type UsageChoice,
  usageTopics,
} from '@sealstream/key-care';
import type { DestroyedKey, KeysetReader } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';

import type { MoveTarget, SignedChanges } from './signed-changes.ts';
import type { TopicScans } from './topic-scans.ts';

export interface KeyDeskOptions {
  readonly changes: SignedChanges;
  readonly keysets: Pick<KeysetReader, 'list'>;
  readonly bus: Pick<Bus, 'admin' | 'read'>;
  readonly scans: TopicScans;
  /** How long a key must have been rotated away before it goes. */
  readonly settledMs: number;
  /** Tells of a deed, as this person's. */
  readonly tellAs: (actor: string) => Tell;
  /** Takes on what was changed. */
  readonly refresh: () => Promise<void>;
}

/** Which keys are made. */
export interface MakeOrder extends Pick<RotationOrder, 'limits' | 'mode'> {
  /** Of every purpose that this service was given, if absent. */
  readonly purpose?: Purpose | undefined;
}

/** What came of each keyset, and the purposes that this service was not given. */
export interface Cared<T> {
  readonly changes: readonly T[];
  readonly left: readonly Purpose[];
}

/** One key of a dataset. */
export interface NamedKey {
  readonly purpose: Purpose;
  readonly key: string;
}

/** What a scan found of all keys of a dataset, or of those that are chosen. */
export interface ReportedUsage extends Pick<ScannedTopics, 'others' | 'records'> {
  readonly usage: readonly NamedUsage[];
  readonly topics: readonly string[];
}

/** What a scan was of. */
export type ReportedSafety = KeySafety & { readonly topics: readonly string[] };

/**
 * What is done to keysets, by the code of `sealstream keys`.
 *
 * Promises: a purpose whose outermost key this service was not given is refused where it is named, and
 * named where it is not; the raw topic is never read here; a key ends only after topics were read.
 */
export class KeyDesk {
  readonly #options: KeyDeskOptions;

  constructor(options: KeyDeskOptions) {
    this.#options = options;
  }

  /** @throws SealstreamError KEY_FILE_MISSING */
  requireSigner(): void {
    this.#options.changes.requireSigner();
  }

  /** @throws SealstreamError KEY_FILE_MISSING; what rotateKeys throws */
  async rotate(
    dataset: Dataset,
    { purpose, ...order }: MakeOrder,
    actor: string,
  ): Promise<Cared<MadeKey>> {
    const { changes, refresh, tellAs } = this.#options;
    const { given, left } = await this.#given(purpose);
    const purposes = given.filter((one) => one !== 'subject');
    const made = await changes.keysets(purposes, (admin) => {
      const list = () => this.#listed(dataset.name);
      const keysets = {
        list,
        ensure: admin.ensure.bind(admin),
        createOrRotate: admin.createOrRotate.bind(admin),
      };
      const parts = {
        admin: keysets,
        ensureSubjects: (name: string) => changes.subjects(name, (subjects) => subjects.ensure()),
        tell: tellAs(actor),
      };
      const wanted = { ...order, purposes: given, isNamed: purpose !== undefined };
      return rotateKeys(parts, dataset, wanted);
    });
    await refresh();
    return { changes: made, left };
  }

  /** @throws SealstreamError KEY_FILE_MISSING, USAGE; what rewrapKeysets throws */
  async rewrap(
    dataset: Dataset,
    { purpose, to }: { readonly purpose?: Purpose | undefined; readonly to: MoveTarget },
    actor: string,
  ): Promise<Cared<RewrappedKeys>> {
    const { changes, refresh, tellAs } = this.#options;
    const { name } = dataset;
    const { given, left } = await this.#given(purpose);
    const done = await changes.move(given, to, ({ admin, ...move }) => {
      const keysets = {
        rewrap: admin.rewrap.bind(admin),
        // Both by name: a look through all of Redis is for the operator alone.
        list: () => this.#listed(name),
        registers: async () => (dataset.subject === undefined ? [] : [`subject/${name}`]),
      };
      const parts = {
        move: { ...move, admin: keysets },
        epochs: () => changes.epochs(),
        allowUnlocked: changes.allowUnlocked,
        tell: tellAs(actor),
      };
      return rewrapKeysets(parts, given, name);
    });
    await refresh();
    return { changes: done, left };
  }

  /** @throws SealstreamError TOO_MANY_REQUESTS, KEY_SCAN_CUT; what keySafety throws */
  safety(dataset: Dataset, key: NamedKey, gone: AbortSignal): Promise<ReportedSafety> {
    const { bus, scans } = this.#options;
    const list = () => this.#listed(dataset.name);
    return scans.within(gone, async (signal) => {
      const order = await this.#order(dataset, key, signal);
      return { ...(await keySafety({ list }, bus, order)), topics: order.topics };
    });
  }

  /**
   * Where the keys of the dataset are found, in one read of its topics.
   *
   * @throws SealstreamError TOO_MANY_REQUESTS, KEY_SCAN_CUT; what scanUsage throws
   */
  usage(
    dataset: Dataset,
    { fromMs, ...choice }: UsageChoice & { readonly fromMs?: number | undefined },
    gone: AbortSignal,
  ): Promise<ReportedUsage> {
    const { bus, scans } = this.#options;
    return scans.within(gone, async (signal) => {
      const keysets = await this.#listed(dataset.name);
      const known = new Set(keysets.flatMap(({ keys }) => keys.map(({ id }) => id)));
      const topics = await this.#topics(dataset);
      const found = await scanUsage(bus, topics, known, { fromMs, signal });
      return { ...found, usage: namedUsage(found.usage, keysets, choice), topics };
    });
  }

  /** @throws SealstreamError TOO_MANY_REQUESTS, KEY_SCAN_CUT; what destroyKey throws */
  async destroy(
    dataset: Dataset,
    key: NamedKey & { readonly force: boolean },
    { actor, gone }: { readonly actor: string; readonly gone: AbortSignal },
  ): Promise<DestroyedKey & { readonly records: number }> {
    const { bus, changes, refresh, scans, tellAs } = this.#options;
    const list = () => this.#listed(dataset.name);
    // No outermost key is needed to end one.
    const destroyed = await changes.keysets([], (admin) =>
      scans.within(gone, async (signal) => {
        const order = { ...(await this.#order(dataset, key, signal)), force: key.force };
        const keysets = { list, destroy: admin.destroy.bind(admin) };
        return destroyKey({ admin: keysets, bus, tell: tellAs(actor) }, order);
      }),
    );
    await refresh();
    return destroyed;
  }

  async #given(
    purpose: Purpose | undefined,
  ): Promise<{ readonly given: readonly Purpose[]; readonly left: readonly Purpose[] }> {
    const { changes } = this.#options;
    if (purpose === undefined) return changes.given(ROTATED_PURPOSES);
    await changes.requireGiven(purpose);
    return { given: [purpose], left: [] };
  }

  #listed(dataset: string): ReturnType<KeysetReader['list']> {
    return this.#options.keysets.list([dataset]);
  }

  /** What is plain is not for this service to read. What producers sealed there needs force anyway. */
  #topics(dataset: Dataset): Promise<string[]> {
    return usageTopics(this.#options.bus, dataset, [dataset.topics.raw]);
  }

  async #order(dataset: Dataset, { key, purpose }: NamedKey, signal: AbortSignal) {
    const { settledMs } = this.#options;
    const topics = await this.#topics(dataset);
    return { dataset: dataset.name, purpose, keyId: key, topics, settledMs, signal };
  }
}
