import { describe, expect, test } from 'vitest';
import { read, type Unit, units } from './checkout.ts';
import { strayVersions, unnamedImports, wrongFaces, wrongReferences } from './rules/manifests.ts';

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

  test('imports only packages that its manifest names', () => {
    expect(unnamedImports(units)).toEqual([]);
    const of = (path: string, ...specifiers: string[]) => {
      const text = specifiers.map((one) => `import type { x } from '${one}';`).join('\n');
      return [{ path, text }];
    };
    const path = 'packages/bus/src/x.ts';
    const ours = '@sealstream/contracts';
    const named = { [ours]: 'workspace:*', kafkajs: 'catalog:' };
    const deep = of(path, 'kafkajs/src/x.js', ours, './y.ts', 'node:fs', '@sealstream/bus');
    expect(unnamedImports([unit({ files: deep }, named)])).toEqual([]);
    expect(unnamedImports([unit({ files: deep }, {})])).toEqual([
      `${path} imports kafkajs`,
      `${path} imports ${ours}`,
    ]);
    // The page of the console is built into one file, and what builds it is not.
    const page = 'packages/console/src/page/x.tsx';
    const manifest = { name: '@sealstream/console', devDependencies: { preact: 'catalog:' } };
    const console = { folder: 'packages/console', manifest };
    expect(unnamedImports([unit({ ...console, files: of(page, 'preact') }, {})])).toEqual([]);
    const index = 'packages/console/src/index.ts';
    const served = unit({ ...console, files: of(index, 'preact') }, {});
    expect(unnamedImports([served])).toEqual([`${index} imports preact`]);
    // What tests import is installed for all of them together.
    const tests = of('packages/bus/test/x.test.ts', 'vitest');
    expect(unnamedImports([unit({ files: tests }, {})])).toEqual([]);
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
