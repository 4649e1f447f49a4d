import { type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  KEY_BYTES,
  type KeyHandle,
  unwrapKey,
  type WrapContext,
  wrapKey,
} from '@sealstream/crypto';
import sodium from 'sodium-native';
import { readKeyFile } from './key-file.ts';

/**
 * Who wraps and unwraps wrapping keys, and nothing else: files, later a KMS. Calls grow with
 * keysets, not with keys.
 */
export interface OutermostKeys {
  /** The purposes that this process may unwrap. */
  readonly purposes: readonly Purpose[];
  /** Throws when a key is not there or not as it should be. */
  check(): Promise<void>;
  wrap(purpose: Purpose, context: WrapContext, key: KeyHandle): Promise<Buffer>;
  /** Unwraps into the caller's slot. Throws KEYSET_UNREADABLE. */
  unwrap(purpose: Purpose, context: WrapContext, wrapped: Buffer, slot: Buffer): Promise<KeyHandle>;
}

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
    async wrap(purpose, context, key) {
      return using(purpose, (outermost) => wrapKey(outermost, context, key));
    },
    async unwrap(purpose, context, wrapped, slot) {
      return using(purpose, (outermost) => unwrapKey(outermost, context, wrapped, slot));
    },
  };
}
