import { KEYSET_PURPOSES } from '@sealstream/contracts';
import { openWith } from '@sealstream/crypto';
import type { RedisOptions } from '@sealstream/redis-link';
import { KEYSET_FORM, keysetName } from './keyset-document.ts';
import type { KeysetHeads } from './keyset-heads.ts';
import { type ListedKeyset, listedKeysets } from './keyset-listing.ts';
import { KeysetStore } from './keyset-store.ts';

export interface KeysetReaderOptions extends RedisOptions {
  /** Of whoever may change keysets: 32 bytes. */
  readonly signerPublicKey: Uint8Array;
  readonly heads: Pick<KeysetHeads, 'load'>;
}

/**
 * What is known of keysets without any key of them: names, versions, states and ages.
 *
 * Promises: nothing is listed as it stands in Redis unless its signature holds and it is not below
 * its head; what is not believed is listed with the reason.
 */
export class KeysetReader {
  readonly #options: KeysetReaderOptions;
  readonly #store: KeysetStore;

  constructor(options: KeysetReaderOptions, store: KeysetStore) {
    this.#options = options;
    this.#store = store;
  }

  /**
   * Every keyset of these datasets or among the heads, sorted by name. Asks for them by name: a look
   * through all of Redis is not for whoever only reads.
   *
   * @throws SealstreamError REDIS_UNREACHABLE, REDIS_REFUSED
   */
  list(datasets: readonly string[]): Promise<ListedKeyset[]> {
    const { heads, signerPublicKey } = this.#options;
    const asked = datasets.flatMap((dataset) =>
      KEYSET_PURPOSES.map((purpose) => keysetName(purpose, dataset)),
    );
    const open = (name: string, bytes: Uint8Array) =>
      openWith(KEYSET_FORM, name, bytes, signerPublicKey);
    return listedKeysets(this.#store, heads, { open }, asked);
  }

  stop(): void {
    this.#store.stop();
  }
}

/** Opens the side that only lists. @throws SealstreamError REDIS_UNREACHABLE */
export async function openKeysetReader(options: KeysetReaderOptions): Promise<KeysetReader> {
  const store = new KeysetStore(options);
  try {
    await store.connect();
  } catch (error) {
    store.stop();
    throw error;
  }
  return new KeysetReader(options, store);
}
