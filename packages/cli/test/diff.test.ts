import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { emptyDir } from './built-cli.ts';
import { ran } from './surroundings.ts';

function policyFiles(...rules: [revision: number, field: string][]): string[] {
  const dir = emptyDir();
  return rules.map(([revision, field], at) => {
    const file = join(dir, `${at}.yaml`);
    writeFileSync(
      file,
      `version: 1\ndatasets:\n  d:\n    revision: ${revision}\n    fields:\n      /a: { type: string, ${field} }\n`,
    );
    return file;
  });
}

test('diff of a policy with itself says so and exits with 0', async () => {
  const [file] = policyFiles([1, 'mask: keep']);
  expect(await ran(['diff', file, file])).toMatchObject({ exit: 0, out: 'Both do the same.\n' });
});

test('diff exits with 1 when readers see more, and says where', async () => {
  const { err, exit, out } = await ran([
    'diff',
    ...policyFiles([1, 'mask: redact'], [2, 'mask: keep']),
  ]);
  expect({ exit, err }).toEqual({ exit: 1, err: expect.stringMatching(/^next: /) });
  expect(out).toMatch(/^dataset +what +topic +before +after +readers$/m);
  expect(out).toMatch(/^d +\/a +masked\.d +redact +keep +see MORE$/m);
});

test('diff exits with 1 when nobody can say that readers do not see more', async () => {
  const rules = ['keepLast: 4', 'keepFirst: 4'].map((rule) => `mask: { partial: { ${rule} } }`);
  const [before, after] = rules;
  const { exit, out } = await ran(['diff', ...policyFiles([1, before], [2, after])]);
  expect(exit).toBe(1);
  expect(out).toContain('may see MORE');
});

test('diff exits with 0 when readers see less', async () => {
  const { exit, out } = await ran([
    'diff',
    ...policyFiles([1, 'mask: keep'], [2, 'mask: redact']),
    '--json',
  ]);
  expect(exit).toBe(0);
  expect(JSON.parse(out)).toEqual({
    dataset: 'd',
    what: '/a',
    topic: 'masked.d',
    before: 'keep',
    after: 'redact',
    readers: 'less',
  });
});

test('diff exits with 1 when a changed dataset has no higher revision', async () => {
  const files = policyFiles([1, 'mask: keep'], [1, 'mask: redact']);
  expect(await ran(['diff', ...files])).toMatchObject({
    exit: 1,
    err: expect.stringContaining('d changed and its revision was not raised'),
  });
  const { err } = await ran(['diff', ...files, '--json']);
  expect(JSON.parse(err.split('\n')[0])).toEqual({ dataset: 'd', stale: true });
});

test('diff exits with 2 when one of the files is no policy', async () => {
  const [file] = policyFiles([1, 'mask: keep']);
  expect(await ran(['diff', file, 'no-such.yaml'])).toMatchObject({ exit: 2, out: '' });
});
