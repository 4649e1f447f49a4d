import { describe, expect, test } from 'vitest';
import { programs } from './checkout.ts';
import { cycles, deepImports } from './rules/file-imports.ts';

describe('imports between files', () => {
  test('never reach into a package past its index', () => {
    expect(deepImports(programs)).toEqual([]);
  });

  test.each([
    ['packages/bus/src/a.ts', '@sealstream/crypto/dist/key.js'],
    ['packages/bus/test/a.test.ts', '../../crypto/src/key.ts'],
    ['packages/bus/src/a.ts', '../../../tools/stack/stack.ts'],
    ['packages/bus/src/a.ts', '../../crypto/test/keys.ts'],
    ['packages/bus/src/a.ts', '../test/keys.ts'],
    ['test/e2e/a.test.ts', '../../packages/crypto/src/key.ts'],
  ])('a file at %s that imports %s is found', (path, target) => {
    expect(deepImports([{ path, text: `import { x } from '${target}';` }])).toHaveLength(1);
  });

  test.each([
    ['packages/bus/src/wire/a.ts', '../b.ts'],
    ['packages/bus/test/a.test.ts', '../src/b.ts'],
    ['packages/bus/test/a.stack.test.ts', '../../../tools/stack/stack.ts'],
    ['packages/bus/test/a.test.ts', '../../crypto/test/keys.ts'],
    ['packages/bus/src/a.ts', '@sealstream/crypto'],
  ])('a file at %s may import %s', (path, target) => {
    expect(deepImports([{ path, text: `import { x } from '${target}';` }])).toEqual([]);
  });

  test('make no cycle', () => {
    expect(cycles(programs)).toEqual([]);
  });

  test('that make a cycle are found, of one file and of three', () => {
    const file = (path: string, target: string) => ({
      path,
      text: `import { x } from '${target}';`,
    });
    const three = [
      file('packages/x/src/a.ts', './deep/b.ts'),
      file('packages/x/src/deep/b.ts', '../c.ts'),
      file('packages/x/src/c.ts', './a.ts'),
    ];
    expect(cycles(three)).toHaveLength(1);
    expect(cycles([file('packages/x/src/a.ts', './a.ts')])).toHaveLength(1);
    expect(cycles(three.slice(0, 2))).toEqual([]);
  });
});
