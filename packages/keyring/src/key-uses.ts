import { type ErrorCode, type Logger, SealstreamError } from '@sealstream/contracts';
import type { Algorithm } from '@sealstream/crypto';

/**
 * The algorithm whose uses are counted: its nonces are 12 random bytes, so that two of very many may
 * be equal, and two equal ones under one key give both values away.
 */
export const COUNTED: Algorithm = 'aes-256-gcm';

/**
 * A key seals no more when this many uses are reserved. NIST SP 800-38D (8.3) ends at 2^32 with
 * random nonces. Half of that is kept back for a Redis that came back from an old backup: counts that
 * were lost with it are counted anew, at most this many, so that one such loss keeps within NIST's
 * bound. After a loss keys of this algorithm are to be rotated (docs/operations.md). What is counted
 * is the stored key; the keys derived from it, one for each field and form, are each used less.
 */
export const KEY_USES_MAX = 2 ** 31;
/** From here on health and log ask for a rotation. */
export const KEY_USES_HIGH = 2 ** 30;

/** A block that is not used up when the process ends is lost, so the first is small. */
const BLOCK_FIRST = 2 ** 16;
/** A batch that needs more than its block doubles it, so that any batch passes at last. */
const BLOCK_MAX = 2 ** 24;

export interface KeyUsesOptions {
  /** Counts so many uses more in Redis. @returns all that are counted with these */
  readonly count: (id: string, uses: number) => Promise<number>;
  readonly logger: Logger;
}

/** What one process has reserved of one key. */
interface Reserved {
  readonly keyset: string;
  /** Uses that are reserved and not used. */
  left: number;
  /** When so many are left, more are reserved. */
  low: number;
  block: number;
  /** What Redis had counted last, by all processes. */
  counted: number;
  isDry: boolean;
  isSpent: boolean;
  running: Promise<void> | undefined;
  /** Why the last reservation failed. */
  problem: ErrorCode | undefined;
}

/**
 * Uses of keys whose uses are counted, reserved in Redis by blocks before they are used.
 *
 * Promises: no use without a reservation that Redis acknowledged, whatever fails; each process has
 * blocks of its own; over all processes never more than KEY_USES_MAX; a use costs one subtraction.
 */
export class KeyUses {
  readonly #options: KeyUsesOptions;
  readonly #reserved = new Map<string, Reserved>();

  constructor(options: KeyUsesOptions) {
    this.#options = options;
  }

  /**
   * Takes one use of a key.
   * Throws KEY_USES_WANTED when none is reserved, KEY_SPENT when none ever will be.
   */
  spend(keyset: string, id: string): void {
    const one = this.#reserved.get(id) ?? this.#first(keyset, id);
    if (one.left === 0) throw dry(id, one);
    one.left--;
    if (one.left === one.low) void this.#reserve(id, one);
  }

  /** The keys that seal now: the first uses of each that is not there yet are wanted by this. */
  expect(keyset: string, id: string): void {
    const one = this.#reserved.get(id) ?? this.#first(keyset, id);
    one.isDry = one.left === 0;
  }

  /** Reserves where something is lacking. Never throws; see problems. */
  async bring(): Promise<void> {
    const all = [...this.#reserved].filter(([, one]) => one.isDry || one.left <= one.low);
    await Promise.all(all.map(([id, one]) => this.#reserve(id, one)));
  }

  /** Forgets all keys of a keyset but the one that seals now; what is reserved of them is lost. */
  keep(keyset: string, active: string | undefined): void {
    for (const [id, one] of this.#reserved)
      if (one.keyset === keyset && id !== active) this.#reserved.delete(id);
  }

  /** Keysets whose key seals no more; why: KEY_SPENT. */
  get spent(): readonly string[] {
    const all = [...this.#reserved.values()];
    return all.filter(({ isSpent, left }) => isSpent && left === 0).map(({ keyset }) => keyset);
  }

  /** What is wrong while keys still seal: KEY_SPENT when half is spent, else why none was reserved. */
  get troubles(): readonly { readonly name: string; readonly why: ErrorCode }[] {
    return [...this.#reserved.values()].flatMap((one) => {
      const high: ErrorCode | undefined = one.counted >= KEY_USES_HIGH ? 'KEY_SPENT' : undefined;
      const why = one.problem ?? high;
      const sealsNoMore = one.isSpent && one.left === 0;
      return sealsNoMore || why === undefined ? [] : [{ name: one.keyset, why }];
    });
  }

  #first(keyset: string, id: string): Reserved {
    const one: Reserved = {
      keyset,
      left: 0,
      low: 0,
      block: BLOCK_FIRST,
      counted: 0,
      isDry: false,
      isSpent: false,
      running: undefined,
      problem: undefined,
    };
    this.#reserved.set(id, one);
    return one;
  }

  #reserve(id: string, one: Reserved): Promise<void> {
    if (one.isSpent) return Promise.resolve();
    one.running ??= this.#more(id, one).finally(() => {
      one.running = undefined;
    });
    return one.running;
  }

  async #more(id: string, one: Reserved): Promise<void> {
    const { count, logger } = this.#options;
    const { block, counted: before, keyset } = one;
    try {
      let counted = await count(id, block);
      // Redis was set back while we knew better: what it forgot is counted again.
      if (counted <= before) counted = await count(id, before);
      one.counted = counted;
    } catch (error) {
      const code = error instanceof SealstreamError ? error.code : 'INTERNAL';
      if (one.problem !== code) logger.warn({ keyset, keyId: id, code }, 'uses not reserved');
      one.problem = code;
      return;
    }
    one.problem = undefined;
    const isHigh = one.counted >= KEY_USES_HIGH;
    if (one.counted > KEY_USES_MAX) {
      one.isSpent = true;
      logger.error({ keyset, keyId: id, code: 'KEY_SPENT' }, 'key spent: run keys rotate');
      return;
    }
    one.isDry = false;
    one.left += block;
    one.low = Math.floor(block / 2);
    if (isHigh && before < KEY_USES_HIGH)
      logger.warn(
        { keyset, keyId: id, count: one.counted },
        'key half spent: run keys rotate --due',
      );
  }
}

/** Why there is none, noted so that the next `bring` mends it. */
function dry(id: string, one: Reserved): SealstreamError {
  const { counted, isSpent, keyset, problem: because } = one;
  // Also when a block is on its way: it may be too small again.
  if (!one.isDry && counted > 0) one.block = Math.min(one.block * 2, BLOCK_MAX);
  one.isDry = true;
  const why = { keyset, key: id, ...(because === undefined ? {} : { because }) };
  return new SealstreamError(isSpent ? 'KEY_SPENT' : 'KEY_USES_WANTED', why);
}
