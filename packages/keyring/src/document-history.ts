import { SealstreamError } from '@sealstream/contracts';
import {
  type DocumentForm,
  openWith,
  type SignedDocument,
  type Signer,
  signWith,
} from '@sealstream/crypto';
import { checkHead, type KeysetHeads } from './keyset-heads.ts';
import type { KeysetStore } from './keyset-store.ts';

interface HistoryOptions {
  readonly store: Pick<KeysetStore, 'read' | 'swap'>;
  readonly heads: KeysetHeads;
  readonly signer: Signer;
  /** The command that rebuilds what Redis has lost. */
  readonly restore: string;
}

/**
 * The versions of signed documents of one kind, for whoever may write the next one.
 *
 * Promises: nothing below its head is built upon; of two who write at once, one wins and the other
 * gets KEYSET_CONFLICT; whatever Redis holds gets to the heads, also after a cut in between; whoever may
 * not write to the heads changes nothing in Redis.
 */
export class DocumentHistory<D extends { readonly version: number }> {
  readonly #form: DocumentForm<D>;
  readonly #options: HistoryOptions;

  constructor(form: DocumentForm<D>, options: HistoryOptions) {
    this.#form = form;
    this.#options = options;
  }

  /** What Redis holds, checked against signature and head; a head that lags is brought up. */
  async current(name: string): Promise<SignedDocument<D> | undefined> {
    const head = await this.head(name);
    const [found = null] = await this.#options.store.read([name]);
    if (found === null) {
      if (head === undefined) return undefined;
      // Precondition: what Redis has lost is restored and not made anew, or old records stay shut.
      throw new SealstreamError(
        'KEYSET_MISSING',
        { keyset: name },
        `Redis has lost it: run \`${this.#options.restore}\`.`,
      );
    }
    const current = this.open(name, found);
    checkHead(name, head, current);
    const lags = head === undefined || head.document.version < current.document.version;
    if (lags) await this.publish(name, current);
    return current;
  }

  /** The last version that is with the heads. */
  async head(name: string): Promise<SignedDocument<D> | undefined> {
    const bytes = (await this.#options.heads.load()).get(name);
    return bytes === undefined ? undefined : this.open(name, bytes);
  }

  sign(document: D): SignedDocument<D> {
    return signWith(this.#form, document, this.#options.signer);
  }

  /** Before Redis is changed. Throws what the heads throw where nothing can be published. */
  requireWritable(): Promise<void> {
    return this.#options.heads.requireWritable();
  }

  /** Signs and swaps in. Throws KEYSET_CONFLICT, and KAFKA_REFUSED where nothing can be published. */
  async write(
    name: string,
    before: SignedDocument<D> | undefined,
    document: D,
  ): Promise<SignedDocument<D>> {
    await this.requireWritable();
    const after = this.sign(document);
    if (await this.#options.store.swap(name, before?.bytes ?? null, after.bytes)) return after;
    throw new SealstreamError('KEYSET_CONFLICT', { keyset: name });
  }

  /**
   * Makes a document durable with the heads, and whatever newer one Redis holds after that: what we
   * publish may come after what somebody faster published, and the heads keep what came last.
   */
  async publish(name: string, signed: SignedDocument<D>): Promise<void> {
    let last = signed;
    for (;;) {
      await this.#options.heads.publish(name, last.bytes);
      const [found = null] = await this.#options.store.read([name]);
      const now = found === null ? undefined : this.believed(name, found);
      if (now === undefined || now.document.version <= last.document.version) return;
      last = now;
    }
  }

  /** Writes a signed version where Redis has none, and publishes it. Throws KEYSET_CONFLICT. */
  async putBack(name: string, signed: SignedDocument<D>): Promise<void> {
    if (!(await this.#options.store.swap(name, null, signed.bytes)))
      throw new SealstreamError('KEYSET_CONFLICT', { keyset: name });
    await this.publish(name, signed);
  }

  /** Throws KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE. */
  open(name: string, bytes: Uint8Array): SignedDocument<D> {
    return openWith(this.#form, name, bytes, this.#options.signer.publicKey);
  }

  /** As open, and undefined where that throws. */
  believed(name: string, bytes: Uint8Array): SignedDocument<D> | undefined {
    try {
      return this.open(name, bytes);
    } catch {
      return undefined;
    }
  }
}
