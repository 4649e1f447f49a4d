import { describe, expect, test } from 'vitest';
import { packages, type SourceFile, type Unit, units } from './checkout.ts';
import { importsOf } from './imports.ts';
import { againstOrder, comesAlong, importers, ORDER } from './rules/package-order.ts';

function unit(name: string, dependencies: string[], ...files: SourceFile[]): Unit {
  const folder = name.startsWith('services/') ? name : `packages/${name}`;
  const named = dependencies.map((dependency) => [dependency, 'workspace:*']);
  const manifest = {
    name: `@sealstream/${name.split('/').at(-1) ?? ''}`,
    dependencies: Object.fromEntries(named) as Record<string, string>,
  };
  return { name, folder, manifest, references: [], files };
}
const file = (path: string, text: string) => ({ path, text });

describe('the order of packages', () => {
  test('holds for every import and every dependency', () => {
    expect(againstOrder(units)).toEqual([]);
  });

  test('names every package, and nothing that is not there', () => {
    expect(ORDER.map(([name]) => name).sort()).toEqual(packages.map(({ name }) => name).sort());
  });

  test('is broken by an import of a package below', () => {
    const text = `import type { Bus } from '@sealstream/bus';`;
    const planted = unit('crypto', [], file('packages/crypto/src/x.ts', text));
    expect(againstOrder([planted])).toEqual(['packages/crypto/src/x.ts imports bus']);
  });

  test('is broken by a dependency on a package below', () => {
    const planted = unit('policy', ['@sealstream/service']);
    expect(againstOrder([planted])).toEqual(['packages/policy/package.json depends on service']);
  });

  test('is broken by a link that imports another link', () => {
    const planted = unit('bus', ['@sealstream/keyring']);
    expect(againstOrder([planted])).toHaveLength(1);
  });

  test('is broken by a service that imports another service or the command line', () => {
    const planted = unit('services/mask', ['@sealstream/encrypt', '@sealstream/cli']);
    expect(againstOrder([planted])).toHaveLength(2);
    expect(againstOrder([unit('services/mask', ['@sealstream/bus'])])).toEqual([]);
  });

  test('is broken by a program that imports the console, but for the service that serves it', () => {
    expect(againstOrder([unit('services/mask', ['@sealstream/console'])])).toHaveLength(1);
    expect(againstOrder([unit('services/access', ['@sealstream/console'])])).toEqual([]);
    expect(againstOrder([unit('console', ['@sealstream/service'])])).toHaveLength(1);
  });

  test('is broken by a package that has no place in it', () => {
    expect(againstOrder([unit('stranger', [])])).toEqual(['stranger has no place in ORDER']);
  });
});

describe('the SDK', () => {
  test("brings neither Redis nor Kafka nor a KMS into a consumer's program", () => {
    const along = comesAlong(units, 'sdk');
    expect(along).toEqual(expect.arrayContaining(['@sealstream/crypto', 'jose', 'yaml', 'zod']));
    const links = /kafka|redis|aws|pkcs11|keyring|bus|service|pino|prom-client/;
    expect(along.filter((name) => links.test(name))).toEqual([]);
    expect(comesAlong(units, 'cli').filter((name) => links.test(name)).length).toBeGreaterThan(5);
  });

  test('is imported by none of our own programs', () => {
    expect(againstOrder([unit('services/mask', ['@sealstream/sdk'])])).toHaveLength(1);
    expect(againstOrder([unit('cli', ['@sealstream/sdk'])])).toHaveLength(1);
  });
});

describe('kafkajs', () => {
  test('is imported by bus alone among packages and services', () => {
    expect(importers(units, 'kafkajs', 'bus')).toEqual([]);
    // The control: where it should be, it is found.
    expect(importers(units, 'kafkajs', 'nobody').length).toBeGreaterThan(0);
  });

  test('is found in another package, and in a path below it', () => {
    const text = `import x from 'kafkajs/src/protocol/encoder.js';`;
    const planted = unit('cli', ['kafkajs'], file('packages/cli/src/x.ts', text));
    expect(importers([planted], 'kafkajs', 'bus')).toEqual([
      'packages/cli/package.json',
      'packages/cli/src/x.ts',
    ]);
  });
});

test('every form of import is seen', () => {
  const text = [
    `import a from 'one';`,
    `import {\n  b,\n  type C,\n} from "two";`,
    `import type { D } from 'three';`,
    `import * as e from 'four';`,
    `import 'five';`,
    `export { f } from 'six';`,
    `export type { G } from 'seven';`,
    `const h = await import('eight');`,
    `const text = 'import from nine';`,
  ].join('\n');
  const seen = importsOf(text).sort();
  expect(seen).toEqual(['one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight'].sort());
});
