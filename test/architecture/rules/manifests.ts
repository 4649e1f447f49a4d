import type { Unit } from '../checkout.ts';

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
