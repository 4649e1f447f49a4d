import {
  behindFrame,
  type Dataset,
  openHeaders,
  openKey,
  openPlan,
  partsOf,
  Tally,
} from '@sealstream/policy';
import type { KeySource } from '@sealstream/crypto';
import { RecordsOpener } from './records-opener.ts';

/**
 * Opens records of encrypted.D, for whoever may: all that encrypt sealed, byte for byte. A
 * record that does not open gives its code; what concerns the keys as a whole is thrown.
 */
export class EncryptedOpener extends RecordsOpener {
  constructor(dataset: Dataset, keys: KeySource) {
    const plan = behindFrame(dataset, openPlan(dataset));
    const tally = new Tally();
    const sealed = partsOf(dataset).filter(({ encrypt }) => encrypt === 'seal');
    const headers = openHeaders(dataset.name, sealed);
    const key = openKey(dataset.name, sealed);
    super({ open: (value, noted) => plan.apply(value, noted, tally) }, keys, { headers, key });
  }
}
