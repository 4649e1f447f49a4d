import type { ByteRange } from '@sealstream/contracts';
import { SealstreamError } from '@sealstream/contracts';
import { type TokenShape, VaultCipher } from '@sealstream/crypto';
import { z } from 'zod';
import { type MaskAction, type MaskedField, writeAscii } from './transform.ts';

export const TokeniseParameters = z
  .strictObject({
    shape: z
      .enum(['token', 'digits', 'same'])
      .optional()
      .describe('How a token looks: tok_ and 22 characters (default), 39 digits, or as the value.'),
  })
  .describe('Puts a random token in its place, kept with the value in the vault in Redis.');

export type TokeniseParameters = z.infer<typeof TokeniseParameters>;

/** Longer values are unfit: each stands in Redis for good. */
const VALUE_BYTES_MAX = 4096;
/** The same for tokens that are as long as their values. */
const SAME_BYTES_MAX = 64;
/** Of fewer tokens of one form most would soon be taken, and each could be tried. */
const DOMAIN_MIN = 10 ** 6;
const DIGITS = 10;
const LETTERS = 26;

/** How many texts have the form of this one; 0 beyond ASCII, where nobody says what a letter is. */
function domainOf(text: Buffer, from: number, to: number): number {
  let domain = 1;
  for (let at = from; at < to; at++) {
    const byte = text[at];
    if (byte > 0x7f) return 0;
    const letter = byte | 0x20;
    if (byte >= 0x30 && byte <= 0x39) domain *= DIGITS;
    else if (letter >= 0x61 && letter <= 0x7a) domain *= LETTERS;
  }
  return domain;
}

function hasToken(shape: TokenShape, text: Buffer, from: number, to: number): boolean {
  if (shape !== 'same') return to - from <= VALUE_BYTES_MAX;
  return to - from <= SAME_BYTES_MAX && domainOf(text, from, to) >= DOMAIN_MIN;
}

/**
 * `tokenise`: a random token, of 128 bits or of the value's own form, the same one for equal values of the
 * field, and of the same subject where values go with subjects. The vault keeps token and value, so the way
 * back needs the vault and its keys; nothing but its form, where it has that, can be told from a token.
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
      if (!hasToken(shape, text, from, to)) return false;
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
