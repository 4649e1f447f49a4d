import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { openWith } from '@sealstream/crypto';
import type { EpochKeys } from './epoch-keys.ts';
import { checkHead, furtherHead, type KeysetHead } from './keyset-heads.ts';
import { ChainedShreds, type ShredList } from './shred-list.ts';
import type { LiveRecord } from './subject-record.ts';
import { REGISTER_FORM, registerName, type SignedRegister } from './subject-register.ts';
import type { SubjectStore } from './subject-store.ts';

interface WatchOptions {
  readonly store: SubjectStore;
  readonly signerPublicKey: Uint8Array;
  readonly head: KeysetHead | undefined;
  /** Absent in processes that hold no subject keys. */
  readonly epochs: EpochKeys | undefined;
  /** Milliseconds after which what could not be confirmed is no longer used. */
  readonly ceilingMs: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  /** Told the indexes of subjects that were shredded since the last time. */
  readonly onShred: (indexes: readonly Buffer[]) => void;
}

/**
 * The register of a dataset as Redis offers it from time to time, its shreds and its epoch keys.
 *
 * Promises: no register is taken on that is below its head or lacks the signature, and none without
 * every shred it counts; after the ceiling without a confirmation it throws until there is one.
 */
export class WatchedSubjects implements ShredList {
  readonly name: string;
  readonly #options: WatchOptions;
  readonly #shreds: ChainedShreds;
  #head: KeysetHead | undefined;
  #accepted: SignedRegister | undefined;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #problem: SealstreamError | undefined;

  constructor(options: WatchOptions) {
    this.name = registerName(options.store.dataset);
    this.#options = options;
    this.#head = options.head;
    this.#shreds = new ChainedShreds(options.store.dataset);
  }

  get count(): number {
    return this.#shreds.count;
  }

  has(bytes: Uint8Array, at: number): boolean {
    this.requireConfirmed();
    return this.#shreds.has(bytes, at);
  }

  /** Whether a subject is shredded, or this key of it was destroyed. Throws as has does. */
  hasEnded(
    { bytes, index }: { readonly bytes: Uint8Array; readonly index: string },
    key: Pick<LiveRecord, 'created' | 'keyId'>,
  ): boolean {
    return this.has(bytes, 0) || this.#shreds.hasDestroyed(index, key);
  }

  /** As ChainedShreds has it. Throws as has does. */
  endedAt(index: string): number {
    this.requireConfirmed();
    return this.#shreds.endedAt(index);
  }

  /** The register in use. Throws as requireConfirmed does. */
  get register(): SignedRegister {
    this.requireConfirmed();
    // What was confirmed was accepted.
    return this.#accepted as SignedRegister;
  }

  /** Throws KEYRING_STALE past the ceiling, or why there never was a register. */
  requireConfirmed(): void {
    if (this.#options.clock() - this.#confirmedAt <= this.#options.ceilingMs) return;
    if (this.#accepted === undefined)
      throw this.#problem ?? new SealstreamError('KEYSET_MISSING', { keyset: this.name });
    throw new SealstreamError('KEYRING_STALE', { keyset: this.name, because: this.problem });
  }

  /** Why the last read was not taken on; undefined when it was. */
  get problem(): ErrorCode | undefined {
    return this.#problem?.code;
  }

  /** Why it cannot be used now, or undefined when it can. */
  get waitsFor(): ErrorCode | undefined {
    try {
      this.requireConfirmed();
      return undefined;
    } catch (error) {
      return error instanceof SealstreamError ? error.code : 'INTERNAL';
    }
  }

  /** The error that waiting will not mend, when nothing could be taken on yet. */
  get hopeless(): SealstreamError | undefined {
    const problem = this.#accepted === undefined ? this.#problem : undefined;
    return problem?.retryable === false ? problem : undefined;
  }

  /**
   * Reads register and new shreds, with heads that were loaded at `headsAt`. Not to be called again
   * before it is done.
   * Throws REDIS_UNREACHABLE, KEYSET_* and what the epoch store and its provider throw; what was
   * believed before stays until the ceiling.
   */
  async read(headsAt: number): Promise<void> {
    const askedAt = Math.min(performance.now(), headsAt);
    try {
      await this.#take();
      this.#confirmedAt = askedAt;
      this.#problem = undefined;
    } catch (error) {
      this.#problem =
        error instanceof SealstreamError
          ? error
          : new SealstreamError('INTERNAL', { keyset: this.name });
      throw this.#problem;
    }
  }

  /** Takes a head that was loaded later. Throws KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE. */
  raise(head: Uint8Array): void {
    if (this.#accepted?.bytes.equals(head) === true) return;
    const other = openWith(REGISTER_FORM, this.name, head, this.#options.signerPublicKey);
    this.#head = furtherHead(this.#head, other);
  }

  /** From here on it throws. */
  end(): void {
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
    this.#options.epochs?.close();
  }

  async #take(): Promise<void> {
    const { epochs, onShred, signerPublicKey, store } = this.#options;
    const { entries, register } = await store.snapshot(this.#shreds.count);
    if (register === null) throw new SealstreamError('KEYSET_MISSING', { keyset: this.name });
    if (this.#accepted?.bytes.equals(register) === true && entries.length === 0) {
      checkHead(this.name, this.#head, this.#accepted);
      return;
    }
    const signed = openWith(REGISTER_FORM, this.name, register, signerPublicKey);
    checkHead(this.name, this.#head, signed);
    // A shred counts at once, also when the epoch file cannot be read.
    onShred(this.#shreds.follow(signed.document, entries));
    this.#head = signed;
    await epochs?.update(signed.document);
    this.#accepted = signed;
  }
}
