import { SealstreamError } from '@sealstream/contracts';
import type { KeyHandle } from '@sealstream/crypto';
import type { OutermostKeys } from './outermost-keys.ts';

/**
 * Two outermost keys while keysets move from the one to the other: both unwrap, the first wraps.
 * When neither does, and one of them could not say so (away, refused), its error is thrown: only
 * when both say KEYSET_UNREADABLE is the keyset taken for unreadable.
 */
export function eitherProvider(first: OutermostKeys, second: OutermostKeys): OutermostKeys {
  return {
    purposes: first.purposes,
    async check() {
      await first.check();
      await second.check();
    },
    wrap: (purpose, context, slot) => first.wrap(purpose, context, slot),
    async unwrap(purpose, context, wrapped, slot): Promise<KeyHandle> {
      let failed: unknown;
      try {
        return await first.unwrap(purpose, context, wrapped, slot);
      } catch (error) {
        failed = error;
      }
      try {
        return await second.unwrap(purpose, context, wrapped, slot);
      } catch (error) {
        throw isUnreadable(failed) ? error : failed;
      }
    },
  };
}

function isUnreadable(error: unknown): boolean {
  return error instanceof SealstreamError && error.code === 'KEYSET_UNREADABLE';
}
