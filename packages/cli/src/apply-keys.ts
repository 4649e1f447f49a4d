import type { KeySource } from '@sealstream/crypto';
import { applyKeyring } from '@sealstream/keyring';
import type { Stage } from '@sealstream/policy';

import type { Context } from './context.ts';

/** Beside the key files of `init`, and in no way related to them. */
const APPLY_KEYRING = '.sealstream/apply-keyring.json';

/**
 * Keys of `apply`, read when the first one is asked for. Only the default file is ever made, and
 * never to open: a key that did not seal opens nothing.
 */
export function applyKeys(context: Context, file: string | undefined, stage: Stage): KeySource {
  return applyKeyring(file ?? APPLY_KEYRING, {
    create: file === undefined && stage !== 'open',
    allowUnlocked: context.config().allowUnlocked,
  });
}
