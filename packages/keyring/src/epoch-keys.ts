import { SealstreamError } from '@sealstream/contracts';
import type { KeyHandle } from '@sealstream/crypto';
import type { KeyArena } from './arena.ts';
import type { EpochStore, StoredEpoch } from './epoch-store.ts';
import type { OutermostKeys } from './outermost-keys.ts';
import { epochContext, type SubjectRegister } from './subject-register.ts';

/** Where a process gets epoch keys from. */
export interface EpochSource {
  readonly store: EpochStore;
  /** With the purpose `subject`. */
  readonly provider: OutermostKeys;
}

/** The epoch keys of one dataset in memory, as its register names them. */
export class EpochKeys {
  readonly #dataset: string;
  readonly #source: EpochSource;
  readonly #arena: KeyArena;
  readonly #opened = new Map<string, KeyHandle>();

  constructor(dataset: string, source: EpochSource, arena: KeyArena) {
    this.#dataset = dataset;
    this.#source = source;
    this.#arena = arena;
  }

  /** The key of an epoch; undefined when it is not one of the register's, or its key is gone. */
  get(id: string): KeyHandle | undefined {
    return this.#opened.get(id);
  }

  /**
   * Opens the epochs of a register and zeroes all others. An epoch that is being given up may be
   * destroyed already. Throws KEYSET_UNREADABLE when the active one is not there, and what store
   * and provider throw.
   */
  async update({ epochs }: SubjectRegister): Promise<void> {
    const missing = epochs.filter(({ id }) => !this.#opened.has(id));
    const stored = missing.length === 0 ? [] : await this.#source.store.load(this.#dataset);
    for (const { id, state } of missing) {
      const epoch = stored.find((one) => one.id === id);
      if (epoch !== undefined) this.#opened.set(id, await this.#open(epoch));
      else if (state === 'active')
        throw new SealstreamError(
          'KEYSET_UNREADABLE',
          { epoch: id, dataset: this.#dataset },
          'The epoch file does not hold it: is it the one that subjects are rotated with?',
        );
    }
    for (const [id, key] of this.#opened) {
      if (epochs.some((epoch) => epoch.id === id)) continue;
      this.#opened.delete(id);
      this.#arena.drop(key);
    }
  }

  /** Zeroes all. */
  close(): void {
    for (const key of this.#opened.values()) this.#arena.drop(key);
    this.#opened.clear();
  }

  #open({ id, wrapped }: StoredEpoch): Promise<KeyHandle> {
    const context = epochContext(this.#dataset, id);
    return this.#arena.takeFrom((slot) =>
      this.#source.provider.unwrap('subject', context, wrapped, slot),
    );
  }
}
