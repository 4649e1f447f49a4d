import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { rulesOfFile } from '../src/access-rule-lines.ts';
import { emptyDir, EXAMPLE } from './built-cli.ts';
import { ran } from './surroundings.ts';

const POLICY = join(EXAMPLE, 'sealstream.yaml');
const SHIPPED = join(import.meta.dirname, '../../../deploy/kafka/users.acl');
const plan = (...argv: string[]) => ran(['kafka', 'acls', 'plan', '--policy', POLICY, ...argv]);

test('deploy/kafka/users.acl is what the plan of the example writes', async () => {
  const file = join(emptyDir(), 'users.acl');
  expect((await plan('--out', file)).exit).toBe(0);
  // Else: sealstream kafka acls plan --policy examples/people/sealstream.yaml --out …
  expect(readFileSync(SHIPPED, 'utf8')).toBe(readFileSync(file, 'utf8'));
  expect(await plan('--out', file)).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/^FILE_EXISTS/),
  });
});

test('the file says what the plan says', async () => {
  const { users } = JSON.parse((await plan('--json')).out) as { users: { rules: unknown[] }[] };
  const rules = users.flatMap((user) => user.rules);
  expect(rulesOfFile(readFileSync(SHIPPED, 'utf8'), SHIPPED)).toEqual(rules);
  expect((await plan()).out.trim().split('\n')).toHaveLength(rules.length + 1);
});

test.each([
  'User:x allow read topic literal',
  'x allow read topic literal a *',
  'User:x allow fly topic literal a *',
])('a line that is no rule is refused with its number: %s', (line) => {
  expect(() => rulesOfFile(`# head\n\n${line}\n`, 'f')).toThrow(/USAGE.*line 3/);
});

test('a file by which somebody could try values is refused before any server is asked', async () => {
  const file = join(emptyDir(), 'users.acl');
  const more = 'User:producer allow read topic literal masked.people *\n';
  writeFileSync(file, readFileSync(SHIPPED, 'utf8') + more);
  for (const command of ['apply', 'check']) {
    const refused = await ran(['kafka', 'acls', command, '--policy', POLICY, '--file', file]);
    expect(refused).toMatchObject({
      exit: 2,
      err: expect.stringMatching(/^ACCESS_RULES_ORACLE: .*User:producer/),
    });
  }
});
