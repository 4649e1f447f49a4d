import type { Unit } from '../checkout.ts';
import { importsOf } from '../imports.ts';

/**
 * The one order of ARCHITECTURE.md: a package imports only those above it, a service any package
 * that is not itself a program for people, and nobody imports a service.
 */
export const ORDER = [
  ['contracts', 'pure'],
  ['crypto', 'pure'],
  ['records', 'pure'],
  ['pii', 'pure'],
  ['kanonymity', 'pure'],
  ['masking', 'pure'],
  ['authorization', 'pure'],
  ['certificates', 'pure'],
  ['policy', 'pure'],
  ['flow', 'pure'],
  ['audit-log', 'pure'],
  ['sdk', 'pure'],
  ['redis-link', 'connection'],
  ['keyring', 'link'],
  ['accounts', 'link'],
  ['registry', 'link'],
  ['oidc', 'link'],
  ['bus', 'link'],
  ['service', 'program'],
  ['key-care', 'program'],
  ['cli', 'program'],
  ['console', 'program'],
] as const;

const NAMES = ORDER.map(([name]) => name as string);
const LINKS = ORDER.filter(([, tier]) => tier === 'link').map(([name]) => name as string);
/** Programs for people, and what the programs of others are made with. */
const NOT_FOR_US = ['cli', 'sdk'];
/** It takes the folder of the built page, and serves it. */
const SERVER_OF_CONSOLE = 'services/access';
const SCOPE = '@sealstream/';

function allowed(from: string, to: string): boolean {
  if (NOT_FOR_US.includes(to)) return false;
  // Its programs run in a browser, where none of ours do.
  if (from === 'console') return false;
  if (to === 'console') return from === SERVER_OF_CONSOLE;
  if (from.startsWith('services/')) return NAMES.includes(to);
  if (LINKS.includes(from) && LINKS.includes(to)) return false;
  return NAMES.includes(to) && NAMES.indexOf(to) < NAMES.indexOf(from);
}

const ours = (specifiers: readonly string[]) =>
  specifiers
    .filter((specifier) => specifier.startsWith(SCOPE))
    .map((specifier) => specifier.slice(SCOPE.length).split('/')[0] ?? '');

/** Imports and dependencies that go against the order; development dependencies serve tests. */
export function againstOrder(units: readonly Unit[]): string[] {
  return units.flatMap(({ name, folder, manifest, files }) => {
    const unknown =
      NAMES.includes(name) || name.startsWith('services/') ? [] : [`${name} has no place in ORDER`];
    const dependencies = ours(Object.keys(manifest.dependencies ?? {}));
    const wrong = dependencies
      .filter((to) => !allowed(name, to))
      .map((to) => `${folder}/package.json depends on ${to}`);
    const imports = files
      .filter(({ path }) => path.startsWith(`${folder}/src/`))
      .flatMap(({ path, text }) =>
        ours(importsOf(text))
          .filter((to) => !allowed(name, to))
          .map((to) => `${path} imports ${to}`),
      );
    return [...unknown, ...wrong, ...imports];
  });
}

/** Every npm package that comes along with a unit, through our own packages. */
export function comesAlong(units: readonly Unit[], name: string): string[] {
  const found = new Set<string>();
  const visit = (wanted: string): void => {
    const { manifest } = units.find((unit) => unit.name === wanted) ?? {};
    const all = { ...manifest?.dependencies, ...manifest?.optionalDependencies };
    for (const dependency of Object.keys(all)) {
      if (found.has(dependency)) continue;
      found.add(dependency);
      if (dependency.startsWith(SCOPE)) visit(dependency.slice(SCOPE.length));
    }
  };
  visit(name);
  return [...found].sort();
}

/** Units other than `only` that import or depend on an npm package. */
export function importers(units: readonly Unit[], npmName: string, only: string): string[] {
  const is = (specifier: string) => specifier === npmName || specifier.startsWith(`${npmName}/`);
  return units
    .filter(({ name }) => name !== only)
    .flatMap(({ folder, manifest, files }) => {
      const all = { ...manifest.dependencies, ...manifest.devDependencies };
      const listed = Object.keys(all).some(is) ? [`${folder}/package.json`] : [];
      const importing = files.filter(({ text }) => importsOf(text).some(is));
      return [...listed, ...importing.map(({ path }) => path)];
    });
}
