import { NonceSource } from '../src/nonce-source.ts';

/** Always the same nonce: for vectors alone. */
export class FixedNonces extends NonceSource {
  readonly #nonce: Buffer;

  constructor(nonce: Buffer) {
    super();
    this.#nonce = nonce;
  }

  override next(target: Buffer, sizeBytes = 24): void {
    this.#nonce.copy(target, 0, 0, sizeBytes);
  }
}
