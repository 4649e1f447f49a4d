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
      const digest = hash.digest(keys, text.subarray(from, to));
      out.copy(Buffer.from(digest.toString('base64url'), 'latin1'));
      return true;
    },
  };
}
