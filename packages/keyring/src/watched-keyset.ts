import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import type { Algorithm } from '@sealstream/crypto';
import type { OpenedKeyset } from './opened-keyset.ts';
import { openSignedKeyset, type SignedKeyset } from './keyset-document.ts';
import { checkHead, furtherHead, type KeysetHead } from './keyset-heads.ts';

/** What a watched keyset is measured by. */
interface WatchOptions {
  readonly signerPublicKey: Uint8Array;
  /** Milliseconds after which a keyset that could not be confirmed is no longer used. */
  readonly ceilingMs: number;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/**
 * One keyset as Redis offers it from time to time, and what of it is believed.
 *
 * Promises: nothing below the head, of another digest, or without the signer's signature is taken
 * on; after the ceiling without a confirmation it throws until it is confirmed again.
 */
export class WatchedKeyset {
  readonly name: string;
  readonly secret: boolean;
  readonly #keyset: OpenedKeyset;
  readonly #options: WatchOptions;
  #head: KeysetHead | undefined;
  #accepted: SignedKeyset | undefined;
  #confirmedAt = Number.NEGATIVE_INFINITY;
  #problem: SealstreamError | undefined;

  constructor(keyset: OpenedKeyset, head: KeysetHead | undefined, options: WatchOptions) {
    this.name = keyset.name;
    this.secret = keyset.secret;
    this.#keyset = keyset;
    this.#head = head;
    this.#options = options;
  }

  /** Why the last offer was not taken on; undefined when it was. */
  get problem(): ErrorCode | undefined {
    return this.#problem?.code;
  }

  /** The version in use, 0 before there is one. */
  get version(): number {
    return this.#accepted?.document.version ?? 0;
  }

  /** Why it cannot be used now, or undefined when it can. */
  get waitsFor(): ErrorCode | undefined {
    try {
      return this.confirmed().usable ? undefined : 'KEYSET_MISSING';
    } catch (error) {
      return error instanceof SealstreamError ? error.code : 'INTERNAL';
    }
  }

  /** The error that waiting will not mend, when nothing could be taken on yet. */
  get hopeless(): SealstreamError | undefined {
    const problem = this.#accepted === undefined ? this.#problem : undefined;
    return problem?.retryable === false ? problem : undefined;
  }

  /** The keyset, when confirmed lately. Throws KEYRING_STALE, or why there never was one. */
  confirmed(): OpenedKeyset {
    if (this.#options.clock() - this.#confirmedAt <= this.#options.ceilingMs) return this.#keyset;
    if (this.#accepted === undefined)
      throw this.#problem ?? new SealstreamError('KEYSET_MISSING', { keyset: this.name });
    throw new SealstreamError('KEYRING_STALE', { keyset: this.name, because: this.problem });
  }

  /** Takes a head that was loaded later. Throws KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE. */
  raise(head: Uint8Array): void {
    if (this.#accepted?.bytes.equals(head) === true) return;
    const other = openSignedKeyset(this.name, head, this.#options.signerPublicKey);
    this.#head = furtherHead(this.#head, other);
  }

  /**
   * Takes what Redis holds (null: nothing), asked for at `askedAt`, or heads as old as that known.
   *
   * @returns ids whose keys are gone
   * Throws KEYSET_MISSING, KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE, KEYSET_ROLLED_BACK and what the
   * provider throws; what was believed before stays until the ceiling.
   */
  async offer(found: Uint8Array | null, askedAt: number): Promise<string[]> {
    try {
      const gone = await this.#take(found);
      this.#confirmedAt = askedAt;
      this.#problem = undefined;
      return gone;
    } catch (error) {
      this.#problem =
        error instanceof SealstreamError
          ? error
          : new SealstreamError('INTERNAL', { keyset: this.name });
      throw this.#problem;
    }
  }

  /** The id of the key that seals with an algorithm now, if there is one. */
  activeId(algorithm: Algorithm): string | undefined {
    return this.#keyset.activeId(algorithm);
  }

  /** From here on it throws KEYRING_STALE or why there never was a keyset. */
  end(): void {
    this.#confirmedAt = Number.NEGATIVE_INFINITY;
    this.#keyset.close();
  }

  async #take(found: Uint8Array | null): Promise<string[]> {
    if (found === null) throw new SealstreamError('KEYSET_MISSING', { keyset: this.name });
    if (this.#accepted?.bytes.equals(found) === true) {
      checkHead(this.name, this.#head, this.#accepted);
      return [];
    }
    const signed = openSignedKeyset(this.name, found, this.#options.signerPublicKey);
    checkHead(this.name, this.#head, signed);
    const gone = await this.#keyset.update(signed);
    this.#accepted = signed;
    this.#head = signed;
    return gone;
  }
}
