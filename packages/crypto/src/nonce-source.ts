import { randomFillSync } from 'node:crypto';
import { copyBytes } from './byte-sink.ts';

/** Bytes of an XChaCha20 nonce: long enough to be drawn at random for ever. */
export const NONCE_BYTES = 24;

/** Nonces drawn with one call into native code. */
const POOL_NONCES = 1024;

/**
 * Gives nonces, each once. Not exported from the package, so that only tests inside it can put
 * another source in place of the random one.
 */
export abstract class NonceSource {
  /** Writes the next nonce into the first `sizeBytes` bytes of `target`. */
  abstract next(target: Buffer, sizeBytes?: number): void;
}

/**
 * Random nonces, many drawn at once: from OpenSSL's generator, since libsodium's asks the kernel for
 * 256 bytes a call, which took a tenth of what sealing a field takes. A process that starts or a
 * worker thread loads this module anew and so draws its own; Node has no fork without exec, so no two
 * processes share a pool.
 */
class RandomNonces extends NonceSource {
  readonly #pool = Buffer.alloc(NONCE_BYTES * POOL_NONCES);
  #at = this.#pool.length;

  override next(target: Buffer, sizeBytes: number = NONCE_BYTES): void {
    if (this.#at + sizeBytes > this.#pool.length) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    // The position moves first: should the copy fail, the nonce is lost and never given twice.
    const from = this.#at;
    this.#at += sizeBytes;
    copyBytes(this.#pool, from, this.#at, target, 0);
  }
}

/** The one random source of this thread. */
export const randomNonces: NonceSource = new RandomNonces();
