import { createRequire } from 'node:module';

/** Languages of which there are lists of first and last names, cities and streets. */
export const PSEUDONYM_LANGUAGES = ['de', 'en', 'es', 'fr', 'it', 'nl', 'pl'] as const;
type Language = (typeof PSEUDONYM_LANGUAGES)[number];

/** What is used of a locale of @faker-js/faker. */
interface Locale {
  readonly faker: {
    readonly rawDefinitions: {
      readonly person?: Readonly<Record<'first_name' | 'last_name', ByKind | undefined>>;
      readonly location?: Readonly<Record<'city_name' | 'street_name', ByKind | undefined>>;
    };
  };
}
type ByKind = readonly string[] | Readonly<Record<string, readonly string[]>>;

const load = createRequire(import.meta.url);
const loaded = new Map<string, readonly string[]>();

/**
 * One list of a locale, sorted, each name once. Read when a policy first wants it: nobody else pays for
 * the library. What stands where in the list decides what a value becomes, so a test holds the lists
 * by their digest: a new version of the library with other names is a new beginning for pseudonyms.
 */
function list(language: Language, what: string, find: (locale: Locale) => ByKind | undefined) {
  const name = `${language} ${what}`;
  const known = loaded.get(name);
  if (known !== undefined) return known;
  const found = find(load(`@faker-js/faker/locale/${language}`) as Locale) ?? [];
  const all = Array.isArray(found) ? (found as string[]) : Object.values(found).flat();
  const sorted = [...new Set(all)].sort((a, b) => (a < b ? -1 : 1));
  loaded.set(name, sorted);
  return sorted;
}

export const firstNames = (language: Language): readonly string[] =>
  list(language, 'first', ({ faker }) => faker.rawDefinitions.person?.first_name);
export const lastNames = (language: Language): readonly string[] =>
  list(language, 'last', ({ faker }) => faker.rawDefinitions.person?.last_name);
export const cityNames = (language: Language): readonly string[] =>
  list(language, 'city', ({ faker }) => faker.rawDefinitions.location?.city_name);
export const streetNames = (language: Language): readonly string[] =>
  list(language, 'street', ({ faker }) => faker.rawDefinitions.location?.street_name);

const ASCII_NAME = /^[A-Za-z]+$/;

/** English names that can stand in any mail address. */
export const mailNames = (which: 'first_name' | 'last_name'): readonly string[] =>
  list('en', `mail ${which}`, ({ faker }) => {
    const names = faker.rawDefinitions.person?.[which] ?? [];
    return Object.values(names as Readonly<Record<string, readonly string[]>>)
      .flat()
      .filter((name) => ASCII_NAME.test(name));
  });
