import { DIGEST_BYTES, KeyedHash } from '@sealstream/crypto';
import { z } from 'zod';
import {
  cityNames,
  firstNames,
  lastNames,
  mailNames,
  PSEUDONYM_LANGUAGES,
  streetNames,
} from './name-lists.ts';
import type { MaskAction, MaskedField } from './transform.ts';

export const PSEUDONYM_KINDS = [
  'firstName',
  'lastName',
  'name',
  'email',
  'city',
  'street',
] as const;

export const PseudonymParameters = z
  .strictObject({
    of: z.enum(PSEUDONYM_KINDS).describe('What the value is, and what is put in its place.'),
    language: z
      .enum(PSEUDONYM_LANGUAGES)
      .optional()
      .describe('Language of the invented names; en when not given.'),
  })
  .describe('Puts an invented value of the same kind in its place, the same one for equal values.');

export type PseudonymParameters = z.infer<typeof PseudonymParameters>;

type Language = (typeof PSEUDONYM_LANGUAGES)[number];

/** Longer values are no names; they are unfit. */
const LONGEST = 1000;

/** Numbers drawn from one digest, each from bytes of its own. */
class Draw {
  readonly #digest: Buffer;

  constructor(digest: Buffer) {
    this.#digest = digest;
  }

  /** The `nth` draw, of 0 to 2. */
  of<T>(list: readonly T[], nth: number): T {
    return list[this.#digest.readUInt32BE(nth * 4) % list.length];
  }

  /** Digits of a number that does not begin with zero. */
  digits(count: number): string {
    const least = 10 ** (count - 1);
    return String(least + (this.#digest.readUInt32BE(12) % (9 * least)));
  }

  get suffix(): string {
    return this.#digest.readUInt32BE(12).toString(36).padStart(7, '0');
  }
}

type Invent = (draw: Draw, value: string, language: Language) => string;

const HOUSE_FIRST = /^(\d{1,6})\b/;
const HOUSE_LAST = /\b(\d{1,6})[a-z]?$/i;

/** Of two names one behind the other, in the order of the value. */
const fullName: Invent = (draw, value, language) => {
  const [first, last] = [draw.of(firstNames(language), 0), draw.of(lastNames(language), 1)];
  return value.includes(',') ? `${last}, ${first}` : `${first} ${last}`;
};

const street: Invent = (draw, value, language) => {
  const name = draw.of(streetNames(language), 0);
  const [, before] = HOUSE_FIRST.exec(value) ?? [];
  if (before !== undefined) return `${draw.digits(before.length)} ${name}`;
  const [, after] = HOUSE_LAST.exec(value) ?? [];
  return after === undefined ? name : `${name} ${draw.digits(after.length)}`;
};

/** Domains of RFC 2606, so that no mail ever reaches anybody; the draw keeps addresses apart. */
const email: Invent = (draw) => {
  const [first, last] = [draw.of(mailNames('first_name'), 0), draw.of(mailNames('last_name'), 1)];
  return `${first}.${last}.${draw.suffix}@example.com`.toLowerCase();
};

const INVENT: Readonly<Record<(typeof PSEUDONYM_KINDS)[number], Invent>> = {
  firstName: (draw, _value, language) => draw.of(firstNames(language), 0),
  lastName: (draw, _value, language) => draw.of(lastNames(language), 0),
  name: fullName,
  email,
  city: (draw, _value, language) => draw.of(cityNames(language), 0),
  street,
};

/** Capitals or small letters throughout, where the value has them so. */
function inCaseOf(value: string, invented: string): string {
  if (value === value.toLowerCase()) return invented.toLowerCase();
  return value === value.toUpperCase() ? invented.toUpperCase() : invented;
}

/**
 * `pseudonym`: an invented value of the same kind, drawn by a keyed hash of the value: equal values of
 * a field get equal ones, and never their own. Different values may get the same one, since there are
 * only so many names; e-mail addresses get different ones. Names are those of @faker-js/faker.
 */
export function pseudonymAction(
  { language = 'en', of: kind }: PseudonymParameters,
  { dataset, path }: MaskedField,
): MaskAction {
  const hash = new KeyedHash('hash', dataset, `pseudonym ${path}`);
  const digest = Buffer.alloc(DIGEST_BYTES);
  const draw = new Draw(digest);
  const invent = INVENT[kind];
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out, keys) => {
      if (to - from > LONGEST) return false;
      const value = text.toString('utf8', from, to);
      hash.digestBytes(keys, text, from, to, digest);
      let invented = inCaseOf(value, invent(draw, value, language));
      // Drawn again from the draw, so that it stays the same for equal values.
      for (let again = 0; invented === value && again < 8; again++) {
        hash.digestBytes(keys, digest, 0, DIGEST_BYTES, digest);
        invented = inCaseOf(value, invent(draw, value, language));
      }
      out.copy(Buffer.from(invented));
      return invented !== value;
    },
  };
}
