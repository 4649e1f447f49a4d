import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

import { emptyDir, EXAMPLE, sealstream } from './built-cli.ts';
import { ran } from './surroundings.ts';

const CASES = readFileSync(join(EXAMPLE, 'sealstream.test.yaml'), 'utf8');

/** The example in a folder of its own, with its cases changed. */
function exampleWith(change: (cases: string) => string): { dir: string; policy: string } {
  const dir = emptyDir();
  const policy = join(dir, 'sealstream.yaml');
  copyFileSync(join(EXAMPLE, 'sealstream.yaml'), policy);
  writeFileSync(join(dir, 'sealstream.test.yaml'), change(CASES));
  return { dir, policy };
}

test('test finds the cases beside the policy, and passes without a server or a key file', async () => {
  const { dir } = exampleWith((cases) => cases);
  const { err, exit, out } = await sealstream(['test'], { cwd: dir });
  expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/^next: /) });
  expect(out.toString()).toMatch(/^ok {4}the last four digits of an ssn are hidden/);
  expect(out.toString()).toMatch(/\n6 passed, 0 failed\n$/);
  expect(readdirSync(dir).sort()).toEqual(['sealstream.test.yaml', 'sealstream.yaml']);
});

test('a case that fails is told with file, line and column, and exits with 1; values on request', async () => {
  const { dir, policy } = exampleWith((cases) => cases.replace('123-45-XXXX', '123-45-6789'));
  const { err, exit, out } = await ran(['test', '-p', policy]);
  expect(exit).toBe(1);
  const place = `${join(dir, 'sealstream.test.yaml')}:6:5`;
  expect(out).toContain(`      ${place}: masked is not what was expected (/ssn, byte 56)\n`);
  expect(out).toContain('5 passed, 1 failed');
  expect(`${out}${err}`).not.toContain('123-45');
  expect(err).toContain('--show-values');
  const shown = await ran(['test', '-p', policy, '--show-values']);
  expect(shown.out).toMatch(/^ {6}expected {2}\{.*123-45-6789/m);
  expect(shown.out).toMatch(/^ {6}masked {4}\{.*123-45-XXXX/m);
});

test('fields that no case meets are a note, and the exit stays 0', async () => {
  const { policy } = exampleWith((cases) => `${cases.split('\n\n  - ')[0]}\n`);
  const { err, exit } = await ran(['test', '-p', policy]);
  expect(exit).toBe(0);
  expect(err).toMatch(/^no case meets these fields of people: \/phone, .*\/contacts\/\*\/email$/m);
});

test('with --json each case is an object, and the last one tells what passed and what was unmet', async () => {
  const { policy } = exampleWith((cases) => cases.replace('123-45-XXXX', '123-45-6789'));
  const { out } = await ran(['test', '-p', policy, '--json']);
  const rows = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as object);
  expect(rows).toHaveLength(7);
  expect(rows[0]).toMatchObject({
    dataset: 'people',
    line: 6,
    column: 5,
    passed: false,
    failures: [{ message: 'masked is not what was expected', path: '/ssn', byte: 56 }],
  });
  expect(rows[6]).toEqual({ passed: 5, failed: 1, unmet: [] });
  expect(out).not.toContain('123-45');
});

test('a missing file of cases, and one with an unknown word, exit with 2', async () => {
  const policy = join(EXAMPLE, 'sealstream.yaml');
  expect(await ran(['test', 'no-such.yaml', '-p', policy])).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/^FILE_UNREADABLE/),
  });
  const bad = exampleWith((cases) => cases.replace('rejected:', 'rejectd:'));
  const { err, exit } = await ran(['test', '-p', bad.policy]);
  expect(exit).toBe(2);
  expect(err).toContain('unknown word rejectd; did you mean rejected?');
  expect(err).toMatch(/^POLICY_TESTS_INVALID: /m);
});
