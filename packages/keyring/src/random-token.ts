import { randomBytes, randomInt } from 'node:crypto';
import type { TokenShape } from '@sealstream/crypto';
import { passesLuhn } from '@sealstream/pii';

const TOKEN_BYTES = 16;
/** Digits of 2^128. */
const DIGITS = 39;
const TEN = 10;
const LETTERS = 26;
/** Lengths of card numbers: ISO/IEC 7812-1, and the shortest that are in use. */
const CARD = { least: 12, most: 19 } as const;

/** A token of that shape for a value, each as likely as any other; never the value itself. */
export function randomToken(shape: TokenShape, value: Buffer): string {
  if (shape === 'same') return likeValue(value.toString('latin1'));
  const random = randomBytes(TOKEN_BYTES);
  if (shape === 'token') return `tok_${random.toString('base64url')}`;
  return BigInt(`0x${random.toString('hex')}`)
    .toString()
    .padStart(DIGITS, '0');
}

/**
 * Digits for digits, letters for letters of their case; all else stays. A token with as many digits as a
 * card number never passes Luhn's test, so that nobody takes it for one.
 */
function likeValue(value: string): string {
  for (;;) {
    const token = value.replaceAll(/[0-9A-Za-z]/g, randomLike);
    if (token !== value && !looksLikeCard(token)) return token;
  }
}

function randomLike(character: string): string {
  if (character <= '9') return String(randomInt(TEN));
  const first = character <= 'Z' ? 'A' : 'a';
  return String.fromCharCode(first.charCodeAt(0) + randomInt(LETTERS));
}

function looksLikeCard(token: string): boolean {
  const digits = token.replaceAll(/[^0-9]/g, '');
  if (digits.length < CARD.least || digits.length > CARD.most) return false;
  const text = Buffer.from(digits);
  return passesLuhn(text, 0, text.length);
}
