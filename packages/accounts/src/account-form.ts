import { formTest, SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

/** Single marks stand between letters and digits, so that no two names look alike by their marks. */
const NAME = /^[a-z0-9]+(?:[._@-][a-z0-9]+)*$/;
const NAME_CHARACTERS = { least: 2, most: 64 } as const;
const TEXT_CHARACTERS_MAX = 200;

/** The name of a user: 2 to 64 of a-z, 0-9, and single marks . _ @ - inside. */
export const AccountName = z
  .string()
  .min(NAME_CHARACTERS.least)
  .max(NAME_CHARACTERS.most)
  .regex(NAME);

/** A short text of what can be seen, since it may end up on a terminal and in the audit log. */
export const ShortText = z
  .string()
  .min(1)
  .max(TEXT_CHARACTERS_MAX)
  .regex(/^\P{C}+$/u);

/**
 * A person in the one spelling that is kept: compatible forms (NFKC) are one, capitals are small letters,
 * blanks are single. Whoever could be spelled in two ways would be two people where two are asked for.
 */
export function personOf(text: string): string {
  const folded = text.normalize('NFKC').toLowerCase().normalize('NFKC');
  return folded.replaceAll(/\s+/g, ' ').trim();
}

/** A person, taken in any spelling. */
export const Person = z.string().transform(personOf).pipe(ShortText);

/** An OpenID provider, exactly as it writes itself in `iss` (OpenID Connect Core 1.0, 2). */
export const Issuer = z
  .string()
  .max(TEXT_CHARACTERS_MAX)
  .regex(/^https?:\/\/[^\s?#\p{C}]+$/u);

/** Names of roles, actions, quotas: they stand in the policy file, and nobody here knows them. */
export const Word = z.string().regex(/^[a-z][a-z0-9._-]{0,63}$/);

/**
 * What somebody told about an account, in its form.
 *
 * @throws SealstreamError ACCOUNT_INVALID with the path of what is not of its form, and nothing of it
 */
export function requireForm<T>(form: z.ZodType<T>, what: string, value: unknown): T {
  const read = form.safeParse(value);
  if (read.success) return read.data;
  const path = read.error.issues[0]?.path.join('.') ?? '';
  throw new SealstreamError('ACCOUNT_INVALID', { [what]: path === '' ? 'itself' : path });
}

/**
 * Reads what Redis holds under an account. The reader throws SealstreamError ACCOUNT_UNREADABLE with the
 * kind of it.
 */
export function storedReader<T>(form: z.ZodType<T>, kind: string): (text: string) => T {
  const test = formTest(form);
  return (text) => {
    try {
      const stored: unknown = JSON.parse(text);
      return test?.(stored) === true ? (stored as T) : form.parse(stored);
    } catch {
      throw new SealstreamError('ACCOUNT_UNREADABLE', { kind });
    }
  };
}
