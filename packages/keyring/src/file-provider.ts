import { type Purpose, SealstreamError } from '@sealstream/contracts';
import { KEY_BYTES, type KeyHandle, keyHandle, unwrapKey, wrapKey } from '@sealstream/crypto';
import sodium from 'sodium-native';
import { readKeyFile } from './key-file.ts';
import type { OutermostKeys } from './outermost-keys.ts';

/** Guarded memory that holds an outermost key while one call uses it. */
const scratch = sodium.sodium_malloc(KEY_BYTES);

/**
 * Outermost keys in files `<dir>/<purpose>.key`, 0600 and our own. A file is read when its key is
 * needed and the key wiped after, so no outermost key stays in memory; a purpose outside the list
 * is never read.
 */
export function fileProvider(dir: string, purposes: readonly Purpose[]): OutermostKeys {
  const using = <T>(purpose: Purpose, work: (key: KeyHandle) => T): T => {
    if (!purposes.includes(purpose))
      throw new SealstreamError('KEY_FILE_MISSING', { purpose, reason: 'not a purpose of ours' });
    try {
      return work(readKeyFile(dir, purpose, scratch));
    } finally {
      sodium.sodium_memzero(scratch);
    }
  };
  return {
    purposes,
    async check() {
      for (const purpose of purposes) using(purpose, () => undefined);
    },
    async wrap(purpose, context, slot) {
      return using(purpose, (outermost) => wrapKey(outermost, context, keyHandle(slot)));
    },
    async unwrap(purpose, context, wrapped, slot) {
      try {
        return using(purpose, (outermost) => unwrapKey(outermost, context, wrapped, slot));
      } catch (error) {
        sodium.sodium_memzero(slot);
        throw error;
      }
    },
  };
}
