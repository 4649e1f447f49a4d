import type { ByteRange } from '@sealstream/contracts';
import { SealstreamError } from '@sealstream/contracts';
import { VaultCipher } from '@sealstream/crypto';
import { z } from 'zod';
import { type MaskAction, type MaskedField, writeAscii } from './transform.ts';

export const TokeniseParameters = z
  .strictObject({
    shape: z
      .enum(['token', 'digits'])
      .optional()
      .describe('How a token looks: tok_ and 22 characters (default), or 39 digits.'),
  })
  .describe('Puts a random token in its place, kept with the value in the vault in Redis.');

export type TokeniseParameters = z.infer<typeof TokeniseParameters>;

/** Longer values are unfit: each stands in Redis for good. */
const VALUE_BYTES_MAX = 4096;

/**
 * `tokenise`: a random token of 128 bits, the same one for equal values of the field, and of the same
 * subject where values go with subjects. The vault keeps token and value, so the way back needs the
 * vault and its keys; nothing about a value can be computed from its token.
 */
export function tokeniseAction(
  { shape = 'token' }: TokeniseParameters,
  { dataset, goesWithSubject = false, path }: MaskedField,
): MaskAction {
  const cipher = new VaultCipher(dataset, path);
  const field = Object.freeze({ dataset, path, shape });
  const value: { bytes: Buffer; from: number; to: number } & ByteRange = {
    bytes: Buffer.alloc(0),
    from: 0,
    to: 0,
  };
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out, keys) => {
      if (to - from > VALUE_BYTES_MAX) return false;
      const { vault } = keys;
      if (vault === undefined) throw new SealstreamError('VAULT_MISSING', { dataset, path });
      const subject = goesWithSubject ? keys.record?.subject : undefined;
      // Precondition: a record of a dataset with subjects has one; ingest saw to it.
      if (goesWithSubject && subject === undefined)
        throw new SealstreamError('RECORD_MISSING_FIELD', { dataset });
      value.bytes = text;
      value.from = from;
      value.to = to;
      const digest = cipher.digest(keys, subject, value);
      writeAscii(out, vault.token(field, digest, subject, value));
      return true;
    },
  };
}
