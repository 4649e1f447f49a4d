import { describe, expect, test } from 'vitest';
import { read, type Unit, units } from './checkout.ts';
import { strayVersions, wrongFaces, wrongReferences } from './rules/manifests.ts';

function unit(more: Partial<Unit>, dependencies: Record<string, string>): Unit {
  const manifest = { name: '@sealstream/bus', exports: { '.': {} }, dependencies };
  return { name: 'bus', folder: 'packages/bus', manifest, references: [], files: [], ...more };
}

describe('a package', () => {
  test('is built after exactly the packages that it depends on', () => {
    expect(wrongReferences(units)).toEqual([]);
    const contracts = { '@sealstream/contracts': 'workspace:*' };
    expect(wrongReferences([unit({}, contracts)])).toEqual(['packages/bus']);
    expect(wrongReferences([unit({ references: ['../crypto'] }, {})])).toEqual(['packages/bus']);
    expect(wrongReferences([unit({ references: ['../contracts'] }, contracts)])).toEqual([]);
  });

  test('takes every version from the catalog', () => {
    expect(strayVersions(units)).toEqual([]);
    expect(strayVersions([unit({}, { zod: '^4.0.0' })])).toEqual(['packages/bus: zod']);
  });

  test('has the name of its folder and opens its index alone', () => {
    expect(wrongFaces(units)).toEqual([]);
    expect(wrongFaces([unit({ folder: 'packages/crypto' }, {})])).toEqual(['packages/crypto']);
    const manifest = { name: '@sealstream/bus', exports: { '.': {}, './wire': {} } };
    expect(wrongFaces([unit({ manifest }, {})])).toEqual(['packages/bus']);
  });

  test('is part of the build', () => {
    const { references } = JSON.parse(read('tsconfig.json')) as { references: { path: string }[] };
    const built = references.map(({ path }) => path);
    expect(built).toEqual(expect.arrayContaining(units.map(({ folder }) => folder)));
  });
});
