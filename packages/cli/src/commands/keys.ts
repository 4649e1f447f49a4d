import { defineGroup } from '../command.ts';
import { keysDestroy } from './keys-destroy.ts';
import { keysList } from './keys-list.ts';
import { keysNewEpoch } from './keys-new-epoch.ts';
import { keysPublic } from './keys-public.ts';
import { keysRestore } from './keys-restore.ts';
import { keysRewrap } from './keys-rewrap.ts';
import { keysRotate } from './keys-rotate.ts';
import { keysUsage } from './keys-usage.ts';

export const keys = defineGroup({
  name: 'keys',
  summary: 'list, rotate, end, move and restore keysets',
  about:
    'A keyset holds the keys of one purpose for one dataset. It lives in Redis, sealed under the ' +
    'key files that `sealstream init` makes, or under keys of a KMS or HSM; its head is on the ' +
    'topic keyring, so that an old Redis is not believed.',
  examples: [
    ['sealstream keys rotate', 'makes every keyset that is missing, and a new key in the others'],
    ['sealstream keys list', 'what there is'],
  ],
  commands: [
    keysList,
    keysRotate,
    keysNewEpoch,
    keysUsage,
    keysDestroy,
    keysRewrap,
    keysRestore,
    keysPublic,
  ],
});
