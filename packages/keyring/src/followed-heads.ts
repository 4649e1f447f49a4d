import { type ErrorCode, type Logger, SealstreamError } from '@sealstream/contracts';
import type { KeysetHeads } from './keyset-heads.ts';

/** Heads are loaded again after this part of the ceiling, so that a few loads may fail. */
const PART = 1 / 4;

interface FollowOptions {
  readonly heads: Pick<KeysetHeads, 'load'>;
  /** When they were loaded first, in monotonic milliseconds. */
  readonly loadedAt: number;
  readonly ceilingMs: number;
  /** Takes what was loaded; throws what makes it not to be believed. */
  readonly take: (heads: ReadonlyMap<string, Uint8Array>) => void;
  /** Told when heads are there that were not waited for. */
  readonly onLoaded: () => void;
  readonly logger: Logger;
}

/**
 * The heads, loaded again a few times per ceiling, by whoever reads Redis anyway.
 *
 * Promises: one load at a time; what `loadedAt` says was taken was read from the heads after that
 * moment. While they cannot be loaded it stays, so what is confirmed as of then ends at the ceiling.
 */
export class FollowedHeads {
  readonly #options: FollowOptions;
  #loadedAt: number;
  #loading: Promise<void> | undefined;
  #loaded:
    | { readonly heads: ReadonlyMap<string, Uint8Array>; readonly askedAt: number }
    | undefined;
  #said: ErrorCode | undefined;

  constructor(options: FollowOptions) {
    this.#options = options;
    this.#loadedAt = options.loadedAt;
  }

  /** As of when the heads are that were taken, in monotonic milliseconds. */
  get loadedAt(): number {
    return this.#loadedAt;
  }

  /**
   * Takes what was loaded, and has them loaded again when it is time. Waits for that only past the
   * ceiling, when nothing could be confirmed without them. Never rejects.
   */
  async follow(): Promise<void> {
    this.#take();
    const { ceilingMs } = this.#options;
    const ageMs = performance.now() - this.#loadedAt;
    if (ageMs < ceilingMs * PART) return;
    const isPast = ageMs > ceilingMs;
    this.#loading ??= this.#load(!isPast).finally(() => {
      this.#loading = undefined;
    });
    if (!isPast) return;
    await this.#loading;
    this.#take();
  }

  async #load(tells: boolean): Promise<void> {
    const askedAt = performance.now();
    try {
      this.#loaded = { heads: await this.#options.heads.load(), askedAt };
    } catch (error) {
      this.#warn(error);
      return;
    }
    if (tells) this.#options.onLoaded();
  }

  /** Before Redis is asked and not in between: what Redis said before may be older than they are. */
  #take(): void {
    if (this.#loaded === undefined) return;
    const { askedAt, heads } = this.#loaded;
    this.#loaded = undefined;
    try {
      this.#options.take(heads);
      this.#loadedAt = askedAt;
      this.#said = undefined;
    } catch (error) {
      this.#warn(error);
    }
  }

  #warn(error: unknown): void {
    const code = error instanceof SealstreamError ? error.code : 'INTERNAL';
    if (this.#said !== code) this.#options.logger.warn({ code }, 'heads of keysets not loaded');
    this.#said = code;
  }
}
