import { type Purpose, PURPOSES } from '@sealstream/contracts';

/** What a keyset is for and whose it is, by its name `purpose/dataset`. */
export function purposeOf(name: string): {
  readonly purpose: Purpose | undefined;
  readonly dataset: string;
} {
  const at = name.indexOf('/');
  const word = name.slice(0, at);
  return { purpose: PURPOSES.find((purpose) => purpose === word), dataset: name.slice(at + 1) };
}
