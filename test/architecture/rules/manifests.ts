import type { Unit } from '../checkout.ts';
import { importsOf } from '../imports.ts';

const SCOPE = '@sealstream/';

const internal = (unit: Unit) =>
  Object.keys(unit.manifest.dependencies ?? {})
    .filter((name) => name.startsWith(SCOPE))
    .map((name) => name.slice(SCOPE.length))
    .sort();

/** Packages whose tsconfig references are not exactly their dependencies in the workspace. */
export function wrongReferences(units: readonly Unit[]): string[] {
  return units
    .filter((unit) => {
      const referenced = unit.references.map((path) => path.split('/').at(-1) ?? '').sort();
      return referenced.join() !== internal(unit).join();
    })
    .map(({ folder }) => folder);
}

/** The name of the package that a specifier is in: `@a/b` of `@a/b/c.js`, and `a` of `a/b`. */
const packageOf = (specifier: string) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

/** It goes to browsers as one file, so what it is built from is installed where it is built alone. */
const BUNDLED = 'packages/console/src/page/';

/** Imports of packages that the manifest does not name: they are found by chance, and elsewhere are not. */
export function unnamedImports(units: readonly Unit[]): string[] {
  return units.flatMap(({ files, folder, manifest }) => {
    const { dependencies, devDependencies, name, optionalDependencies } = manifest;
    const installed = [name, ...Object.keys({ ...dependencies, ...optionalDependencies })];
    const built = [...installed, ...Object.keys({ ...devDependencies })];
    return files
      .filter(({ path }) => path.startsWith(`${folder}/src/`))
      .flatMap(({ path, text }) => {
        const named = path.startsWith(BUNDLED) ? built : installed;
        const packages = importsOf(text)
          .filter((one) => !/^(\.|node:)/.test(one))
          .map(packageOf);
        const unnamed = [...new Set(packages)].filter((one) => !named.includes(one));
        return unnamed.map((one) => `${path} imports ${one}`);
      });
  });
}

/** Dependencies whose version does not stand in the catalog or the workspace. */
export function strayVersions(units: readonly Unit[]): string[] {
  return units.flatMap(({ folder, manifest }) =>
    Object.entries({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.devDependencies,
    })
      .filter(([name, version]) =>
        name.startsWith(SCOPE) ? version !== 'workspace:*' : version !== 'catalog:',
      )
      .map(([name]) => `${folder}: ${name}`),
  );
}

/** Packages that open more than their index, or whose name is not that of their folder. */
export function wrongFaces(units: readonly Unit[]): string[] {
  return units
    .filter(({ manifest, folder }) => {
      const named = manifest.name === `${SCOPE}${folder.split('/')[1] ?? ''}`;
      return !named || Object.keys(manifest.exports ?? {}).join() !== '.';
    })
    .map(({ folder }) => folder);
}
