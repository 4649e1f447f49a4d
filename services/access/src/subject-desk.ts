import { reEnrolSubject, shredSubject, type SubjectOrder, type Tell } from '@sealstream/key-care';
import type { ShownSubject, Shredded, SubjectReader } from '@sealstream/keyring';

import type { SignedChanges } from './signed-changes.ts';

export interface SubjectDeskOptions {
  readonly changes: SignedChanges;
  readonly reader: Pick<SubjectReader, 'show'>;
  /** Tells of a deed, as this person's. */
  readonly tellAs: (actor: string) => Tell;
  /** Takes on what was changed. */
  readonly refresh: () => Promise<void>;
}

/**
 * What is done to the keys of persons, by the code of `sealstream subjects`.
 *
 * Promises: whoever gets an answer finds the deed on the audit log, with the receipt; this process opens
 * nothing of a shredded person from then on.
 */
export class SubjectDesk {
  readonly #options: SubjectDeskOptions;

  constructor(options: SubjectDeskOptions) {
    this.#options = options;
  }

  /** @throws SealstreamError KEY_FILE_MISSING */
  requireSigner(): void {
    this.#options.changes.requireSigner();
  }

  /** @throws SealstreamError REDIS_*, KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE */
  show(dataset: string, index: string): Promise<ShownSubject> {
    return this.#options.reader.show(dataset, index);
  }

  /** @throws SealstreamError what shredSubject throws */
  shred(order: SubjectOrder): Promise<Shredded & { readonly vaultRows: number }> {
    return this.#done(order, (parts) => shredSubject(parts, order));
  }

  /** @throws SealstreamError what reEnrolSubject throws */
  reEnrol(order: SubjectOrder): Promise<Shredded | undefined> {
    return this.#done(order, (parts) => reEnrolSubject(parts, order));
  }

  async #done<T>(
    { actor, dataset }: SubjectOrder,
    work: (parts: Parameters<typeof shredSubject>[0]) => Promise<T>,
  ): Promise<T> {
    const { changes, refresh, tellAs } = this.#options;
    const done = await changes.subjects(dataset, (admin) =>
      work({
        admin,
        vault: (rows) => changes.vault(dataset, rows),
        tell: tellAs(actor),
      }),
    );
    await refresh();
    return done;
  }
}
