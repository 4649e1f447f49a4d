import { join } from 'node:path';
import { expect, test } from 'vitest';

import { EXAMPLE } from './built-cli.ts';
import { ran } from './surroundings.ts';

const POLICY = ['--policy', join(EXAMPLE, 'sealstream.yaml')];

test('explain shows a field on both outputs, in columns', async () => {
  const { err, exit, out } = await ran(['explain', '/card', ...POLICY]);
  expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/^next: /) });
  const [head, masked, encrypted, ...more] = out.trimEnd().split('\n');
  expect(head).toMatch(/^field +topic +treatment +readers see +gets it back +after a shred$/);
  expect(masked).toMatch(/^\/card +masked\.people +partial .*"keepLast":4.* nobody +one-way$/);
  expect(encrypted).toMatch(/^\/card +encrypted\.people +seal .* opens-no-more$/);
  expect(more).toEqual([]);
});

test('explain without a field tells everything, with --json an object a line', async () => {
  const { exit, out } = await ran(['explain', ...POLICY, '--dataset', 'people', '--json']);
  expect(exit).toBe(0);
  const rows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { path: string; topic: string });
  const paths = new Set(rows.map(({ path }) => path));
  expect(paths).toContain('#key');
  expect(paths).toContain('/contacts/*/email');
  for (const path of paths)
    expect(rows.filter((row) => row.path === path).map(({ topic }) => topic)).toEqual([
      'masked.people',
      'encrypted.people',
    ]);
  expect(rows[0]).toMatchObject({ dataset: 'people' });
});

test('a field that the policy does not name gives the near name and exit 2', async () => {
  const { err, exit, out } = await ran(['explain', '/emial', ...POLICY]);
  expect({ exit, out }).toEqual({ exit: 2, out: '' });
  expect(err).toContain('did you mean /email?');
});
