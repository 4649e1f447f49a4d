import { describe, expect, test } from 'vitest';
import { exists, packages, programs, read, sources, units } from './checkout.ts';
import {
  badNames,
  forbidden,
  medianLines,
  silentFaces,
  tooLong,
  unfinishedWords,
  wideLines,
} from './rules/file-shape.ts';

// Written in two parts, so that this file itself does not hold what it forbids.
const comment = (...parts: string[]) => `// ${parts.join('')}`;
const planted = (text: string, path = 'packages/x/src/a.ts') => [{ path, text }];

describe('a file', () => {
  test('has a kebab-case name that says what is in it', () => {
    expect(badNames(programs.map(({ path }) => path))).toEqual([]);
    const bad = [
      'a/KeyRing.ts',
      'a/key_ring.ts',
      'a/utils.ts',
      'a/key-helper.ts',
      'a/misc.test.ts',
    ];
    expect(badNames(bad)).toEqual(bad);
    expect(badNames(['a/key-ring.ts', 'a/bus.stack.test.ts', 'a/vitest.config.ts'])).toEqual([]);
    expect(badNames(['a/SignIn.tsx', 'a/sign-in.tsx'])).toEqual(['a/SignIn.tsx']);
  });

  test('of src has at most 400 lines, or says why', () => {
    expect(tooLong(sources)).toEqual([]);
    const lines = 'x\n'.repeat(401);
    expect(tooLong(planted(lines))).toHaveLength(1);
    expect(tooLong(planted('x\n'.repeat(400)))).toEqual([]);
    expect(tooLong(planted(`// Long because it is one table.\n${lines}`))).toEqual([]);
  });

  test('of src has fewer than 120 lines in the median', () => {
    expect(medianLines(sources)).toBeLessThan(120);
    expect(medianLines([...planted('x\n'.repeat(9)), ...planted('x\n'.repeat(7))])).toBe(9);
  });

  test('of src has no line that runs out of sight', () => {
    expect(wideLines(sources)).toEqual([]);
    expect(wideLines(planted(`ok\n${'x'.repeat(111)}`))).toEqual(['packages/x/src/a.ts:2']);
  });

  test('has no export of everything, no default export, nothing unfinished, no check off', () => {
    expect(forbidden(programs)).toEqual([]);
    const bad = [
      `export * from './b.ts';`,
      'export default 1;',
      'export { a as default };',
      comment('TO', 'DO later'),
      comment('FIX', 'ME'),
      comment('@ts', '-ignore'),
      comment('oxlint', '-disable-next-line no-console'),
    ];
    for (const line of bad) expect(forbidden(planted(line))).toHaveLength(1);
    expect(forbidden(planted(comment('oxlint', '-disable-next-line no-console -- why')))).toEqual(
      [],
    );
  });

  test('of src does not speak of work that is not done', () => {
    expect(unfinishedWords(sources)).toEqual([]);
    expect(unfinishedWords(planted('// this is a st'.concat('ub')))).toHaveLength(1);
  });
});

describe('the lint rules', () => {
  const { rules } = JSON.parse(read('.oxlintrc.json')) as { rules: Record<string, unknown> };

  test.each([
    ['max-lines', { max: 400 }],
    ['max-lines-per-function', { max: 70 }],
  ])('hold %s as an error', (rule, limit) => {
    expect(rules[rule]).toEqual(['error', expect.objectContaining(limit)]);
  });

  test.each([
    'import/no-cycle',
    'import/no-default-export',
    'typescript/no-explicit-any',
    'typescript/no-non-null-assertion',
    'typescript/no-floating-promises',
    'typescript/no-misused-promises',
    'no-console',
  ])('hold %s as an error', (rule) => {
    expect(rules[rule]).toBe('error');
  });
});

describe('every package and service', () => {
  test.each(units.map(({ folder }) => folder))('%s has a README that says what it is for', (at) => {
    expect(exists(`${at}/README.md`)).toBe(true);
    expect(read(`${at}/README.md`).length).toBeGreaterThan(200);
  });

  test('opens its index with what it promises', () => {
    const faces = packages.flatMap(({ files }) =>
      files.filter(({ path }) => path.endsWith('/src/index.ts')),
    );
    expect(faces.length).toBe(packages.length);
    expect(silentFaces(faces)).toEqual([]);
    expect(silentFaces(planted(`export { a } from './a.ts';`))).toHaveLength(1);
  });
});
