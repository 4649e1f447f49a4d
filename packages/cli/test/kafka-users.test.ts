import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { expect, test } from 'vitest';

import { PasswordFile, unfinishedRotations } from '../src/password-file.ts';
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

test('a password that is next stays the same until it is settled, and then it is the one that is there', () => {
  const dir = join(emptyDir(), 'passwords');
  const file = new PasswordFile(dir, 'mask');
  const before = file.present();
  expect(unfinishedRotations(dir)).toEqual([]);
  const next = file.next();
  expect(next).toMatch(/^[\w-]{43}$/);
  expect(next).not.toBe(before);
  // As the next run finds it after a crash.
  const again = new PasswordFile(dir, 'mask');
  expect(unfinishedRotations(dir)).toEqual(['mask']);
  expect([again.present(), again.next()]).toEqual([before, next]);
  again.settle();
  expect(unfinishedRotations(dir)).toEqual([]);
  expect(readFileSync(file.path, 'utf8')).toBe(next);
  expect(statSync(file.path).mode & 0o777).toBe(0o600);
  expect(() => again.settle()).toThrow(/FILE_UNREADABLE/);
  expect(readFileSync(file.path, 'utf8')).toBe(next);
  again.remove();
  expect(readdirSync(dir)).toEqual([]);
  expect(() => unfinishedRotations(join(dir, 'none'))).toThrow(/FILE_UNREADABLE/);
});

test('a next password that others can read, or that is none, is not taken', () => {
  const dir = emptyDir();
  const file = new PasswordFile(dir, 'mask');
  const next = `${file.path}.next`;
  writeFileSync(next, 'secret', { mode: 0o600 });
  expect(() => file.next()).toThrow(/^USAGE/);
  chmodSync(next, 0o640);
  expect(() => file.next()).toThrow(/^KEY_FILE_OPEN/);
});

test('a user of the plan is not deleted unless it is named again, nor the own one at all', async () => {
  const policy = ['--policy', join(EXAMPLE, 'sealstream.yaml')];
  const del = (argv: readonly string[], env: Record<string, string> = {}) =>
    ran(['kafka', 'users', 'delete', ...argv, ...policy], { env });
  const refused = async (...argv: string[]) => {
    const { err, exit } = await del(argv);
    expect([argv, exit, err]).toEqual([argv, 2, expect.stringMatching(/^USAGE/)]);
  };
  await refused('mask');
  await refused('mask', '--planned', 'ingest');
  await refused('guest', '--planned', 'mask');
  const own = await del(['guest'], { SEALSTREAM_KAFKA_SASL_USERNAME: 'guest' });
  expect(own).toMatchObject({ exit: 2, err: expect.stringMatching(/^USAGE.*guest/) });
  expect((await del(['../x'])).exit).toBe(2);
  // With its name again a server is asked, of which there is none.
  const servers = { KAFKA_BROKERS: '127.0.0.1:1', SEALSTREAM_CONNECT_WAIT: '300ms' };
  for (const argv of [['mask', '--planned', 'mask'], ['guest']])
    expect(await del(argv, servers)).toMatchObject({ exit: 3 });
});

test('no file is made for a rotation while no broker answers', async () => {
  const dir = emptyDir();
  const env = { KAFKA_BROKERS: '127.0.0.1:1', SEALSTREAM_CONNECT_WAIT: '300ms' };
  const rotate = (name: string) => ran(['kafka', 'users', 'rotate', name, '--dir', dir], { env });
  expect(await rotate('mask')).toMatchObject({ exit: 3 });
  expect((await rotate('../mask')).exit).toBe(2);
  expect(readdirSync(dir)).toEqual([]);
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
