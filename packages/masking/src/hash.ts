import { KeyedHash } from '@sealstream/crypto';
import type { MaskAction, MaskedField } from './transform.ts';

/**
 * `hash`: the keyed hash of the value's text, 22 characters of base64url. Equal values of one field
 * become equal for as long as the keyset lives; other fields and datasets hash under other keys.
 */
export function hashAction({ dataset, path }: MaskedField): MaskAction {
  const hash = new KeyedHash('hash', dataset, path);
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out, keys) => {
      hash.digestInto(keys, text, from, to, out);
      return true;
    },
  };
}
