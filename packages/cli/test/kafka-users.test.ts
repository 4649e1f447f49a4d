import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { userDrift } from '../src/planned-users.ts';
import { emptyDir, EXAMPLE } from './built-cli.ts';
import { ran } from './surroundings.ts';

// With real brokers: test/e2e/secure-links.test.ts.

test('a user of the plan is missing without a password for SCRAM-SHA-512, and others are too much', () => {
  const found = [
    { name: 'mask', mechanisms: ['SCRAM-SHA-512'] },
    { name: 'ingest', mechanisms: ['SCRAM-SHA-256'] },
    { name: 'admin', mechanisms: ['SCRAM-SHA-512'] },
    { name: 'guest', mechanisms: ['SCRAM-SHA-256'] },
  ] as const;
  const planned = ['ingest', 'mask', 'encrypt'];
  expect(userDrift(planned, found, ['admin'])).toEqual({
    missing: ['ingest', 'encrypt'],
    surplus: ['guest'],
  });
});

test('a name that is none, and rules that let somebody try values, are refused before a server is asked', async () => {
  const policy = ['--policy', join(EXAMPLE, 'sealstream.yaml')];
  const wrong = await ran(['kafka', 'users', 'check', ...policy, '--also', '../x']);
  expect(wrong.exit).toBe(2);
  const dir = join(emptyDir(), 'passwords');
  mkdirSync(dir);
  const file = join(dir, 'users.acl');
  const may = (what: string) => `User:x allow ${what} *\n`;
  writeFileSync(
    file,
    may('write topic literal raw.people') + may('read topic literal masked.people'),
  );
  const refused = await ran(['kafka', 'users', 'apply', ...policy, '--file', file, '--dir', dir]);
  expect(refused).toMatchObject({ exit: 2, err: expect.stringMatching(/^ACCESS_RULES_ORACLE/) });
  // A password must not land where the name of its user leads.
  writeFileSync(file, 'User:../../x allow read topic literal masked.people *\n');
  const led = await ran(['kafka', 'users', 'apply', ...policy, '--file', file, '--dir', dir]);
  expect(led).toMatchObject({ exit: 2, err: expect.stringMatching(/^USAGE/) });
});
