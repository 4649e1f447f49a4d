import type { Signer } from '@sealstream/crypto';
import { RedisLink, type RedisOptions } from '@sealstream/redis-link';
import { receiptOf } from './shred-change.ts';
import type { SignedReceipt } from './shred-receipt.ts';
import { parseRecord } from './subject-record.ts';
import { SubjectStore } from './subject-store.ts';

/** One subject as it stands. */
export type ShownSubject =
  | { readonly state: 'none' }
  | { readonly state: 'live'; readonly keyId: string; readonly created: string }
  | { readonly state: 'shredded' | 're-enrolled'; readonly receipt: SignedReceipt };

export interface SubjectReaderOptions extends RedisOptions {
  /** Of whoever may change subjects: 32 bytes. */
  readonly signerPublicKey: Uint8Array;
}

/**
 * How single subjects stand, for whoever may change none.
 *
 * Promises: a receipt is shown only when its signature holds and it is about this subject.
 */
export class SubjectReader {
  readonly #link: RedisLink;
  readonly #signerPublicKey: Buffer;

  constructor({ signerPublicKey }: SubjectReaderOptions, link: RedisLink) {
    this.#signerPublicKey = Buffer.from(signerPublicKey);
    this.#link = link;
  }

  /**
   * @param index 22 characters of base64url
   * @throws SealstreamError REDIS_*, KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE
   */
  show(dataset: string, index: string): Promise<ShownSubject> {
    const signer = { publicKey: this.#signerPublicKey };
    return shownSubject({ store: new SubjectStore(dataset, this.#link), dataset, signer }, index);
  }

  stop(): void {
    this.#link.stop();
  }
}

/** Opens the side that only shows. @throws SealstreamError REDIS_UNREACHABLE */
export async function openSubjectReader(options: SubjectReaderOptions): Promise<SubjectReader> {
  const link = new RedisLink(options);
  try {
    await link.connect();
    return new SubjectReader(options, link);
  } catch (error) {
    link.stop();
    throw error;
  }
}

/** How one subject of a dataset stands. */
export async function shownSubject(
  place: {
    readonly dataset: string;
    readonly store: Pick<SubjectStore, 'records'>;
    readonly signer: Pick<Signer, 'publicKey'>;
  },
  index: string,
): Promise<ShownSubject> {
  const [found = null] = await place.store.records([index]);
  if (found === null) return { state: 'none' };
  const record = parseRecord(found);
  if (record.kind === 'live') {
    const { created, keyId } = record;
    return { state: 'live', keyId, created: new Date(created).toISOString() };
  }
  const receipt = receiptOf(place, index, record);
  return { state: record.kind === 'tombstone' ? 'shredded' : 're-enrolled', receipt };
}
