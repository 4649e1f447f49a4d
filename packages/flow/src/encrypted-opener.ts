import { type Dataset, openHeaders, openPlan, sealedHeaders, Tally } from '@sealstream/policy';
import type { KeySource } from '@sealstream/crypto';
import { RecordsOpener } from './records-opener.ts';

/**
 * Opens records of encrypted.D, for whoever may: all fields and headers that encrypt sealed, byte for byte. A
 * record that does not open gives its code; what concerns the keys as a whole is thrown.
 */
export class EncryptedOpener extends RecordsOpener {
  constructor(dataset: Dataset, keys: KeySource) {
    const plan = openPlan(dataset);
    const tally = new Tally();
    const headers = openHeaders(dataset.name, sealedHeaders(dataset));
    super({ open: (value, noted) => plan.apply(value, noted, tally) }, keys, headers);
  }
}
