import type { ByteRange } from '@sealstream/contracts';
import { ForwardedKeys, type KeySource } from '@sealstream/crypto';

/** Keys as one record sees them. Whoever treats records sets its parts before each. */
export class RecordKeys extends ForwardedKeys {
  readonly #record: { subject: ByteRange | undefined; source: ByteRange };

  constructor(keys: KeySource, source: ByteRange) {
    super(keys);
    this.#record = { subject: undefined, source };
  }

  override get record(): { subject: ByteRange | undefined; source: ByteRange } {
    return this.#record;
  }
}
