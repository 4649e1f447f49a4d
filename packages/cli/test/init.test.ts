import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { readAuditKey } from '@sealstream/audit-log';
import { readPublicKeyFile, readSignerFile } from '@sealstream/keyring';
import { expect, test } from 'vitest';

import { emptyDir, EXAMPLE } from './built-cli.ts';
import { ran } from './surroundings.ts';

/** What init makes last, in its order. */
const PARTS = ['producer.key', 'signer.key', 'signer.pub', 'audit.key', 'audit.vkey'];
const textOf = (dir: string, file: string): string => readFileSync(join(dir, file), 'hex');
const SAMPLE = join(EXAMPLE, 'raw_data.csv');

test('a policy from a sample redacts and seals every field, and validates', async () => {
  const dir = emptyDir();
  const policy = join(dir, 'sealstream.yaml');
  const made = await ran(['init', '--sample', SAMPLE, '--dataset', 'people', '--dir', dir]);
  expect(made.exit).toBe(0);
  const checked = await ran(['validate', '--json', policy]);
  expect(checked.exit).toBe(0);
  expect(JSON.parse(checked.out)).toMatchObject({
    datasets: [{ name: 'people', fields: 4 }],
  });
  const masked = await ran(['apply', '-s', 'mask', '-d', 'people', '-p', policy, SAMPLE]);
  const [head, ...rows] = masked.out.trim().split('\n');
  expect(head).toBe('first_name,last_name,ssn,email');
  expect(new Set(rows)).toEqual(new Set(['[redacted],[redacted],[redacted],[redacted]']));
});

test('private keys are readable by their owner alone, public ones by all, and git ignores them', async () => {
  const dir = emptyDir();
  await ran(['init', '--dir', dir]);
  const keys = join(dir, '.sealstream/keys');
  const modes = Object.fromEntries(
    readdirSync(keys).map((file) => [file, (statSync(join(keys, file)).mode & 0o777).toString(8)]),
  );
  expect(modes).toEqual({
    'accepted.key': '600',
    'access.secret': '600',
    'audit.key': '600',
    'audit.vkey': '644',
    'field.key': '600',
    'fpe.key': '600',
    'hash.key': '600',
    'producer.key': '600',
    'rejected.key': '600',
    'signer.key': '600',
    'signer.pub': '644',
    'subject-index.key': '600',
    'subject.key': '600',
    'vault.key': '600',
  });
  expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toBe('.sealstream/\n');
});

test('the starter without a sample is commented and holds as it stands', async () => {
  const dir = emptyDir();
  await ran(['init', '--dir', dir]);
  expect(readFileSync(join(dir, 'sealstream.yaml'), 'utf8')).toMatch(/^# A starter/);
  expect((await ran(['validate', join(dir, 'sealstream.yaml')])).exit).toBe(0);
});

test.each(['sealstream.yaml', '.sealstream/keys/field.key', '.sealstream/keys/audit.vkey'])(
  'when %s is there, nothing is written and nothing changes',
  async (file) => {
    const other = emptyDir();
    mkdirSync(join(other, '.sealstream/keys'), { recursive: true });
    writeFileSync(join(other, file), 'mine');
    const again = await ran(['init', '--dir', other]);
    expect(again).toMatchObject({ exit: 2, err: expect.stringMatching(/^FILE_EXISTS: .*\(file /) });
    expect(readFileSync(join(other, file), 'utf8')).toBe('mine');
    expect(existsSync(join(other, '.gitignore'))).toBe(false);
    expect(readdirSync(join(other, '.sealstream/keys')).length).toBeLessThanOrEqual(1);
  },
);

test('--missing makes the key files of new purposes and leaves all that is there as it is', async () => {
  const dir = emptyDir();
  await ran(['init', '--dir', dir]);
  const keys = join(dir, '.sealstream/keys');
  const contents = (): Record<string, string> =>
    Object.fromEntries(
      readdirSync(keys).map((file) => [file, readFileSync(join(keys, file), 'hex')]),
    );
  rmSync(join(keys, 'producer.key'));
  const before = contents();
  const made = await ran(['init', '--missing', '--dir', dir, '--json']);
  expect(made.exit).toBe(0);
  expect(JSON.parse(made.out)).toEqual({ made: [join(keys, 'producer.key')] });
  const { 'producer.key': producer, ...rest } = contents();
  expect(rest).toEqual(before);
  expect(Buffer.from(producer ?? '', 'hex').toString()).toMatch(/^sealstream-key\/1 producer\n/);
  const again = await ran(['init', '--missing', '--dir', dir]);
  expect(again).toMatchObject({ exit: 0, out: expect.stringContaining('every key file is in') });
  expect(Object.keys(contents())).toHaveLength(14);
});

test('--missing makes nothing in a folder that has no signer', async () => {
  const dir = emptyDir();
  const refused = await ran(['init', '--missing', '--dir', dir]);
  expect(refused.err).toMatch(/^KEY_FILE_MISSING: .*signer\.key/);
  expect(refused.exit).not.toBe(0);
  expect(existsSync(join(dir, '.sealstream'))).toBe(false);
});

test.each(PARTS)('--missing completes an init that was cut before %s', async (first) => {
  const dir = emptyDir();
  await ran(['init', '--dir', dir]);
  const keys = join(dir, '.sealstream/keys');
  const rest = PARTS.slice(PARTS.indexOf(first));
  for (const file of rest) rmSync(join(keys, file));
  const before = Object.fromEntries(readdirSync(keys).map((file) => [file, textOf(keys, file)]));
  const made = await ran(['init', '--missing', '--dir', dir, '--json']);
  expect(made.exit).toBe(0);
  expect(JSON.parse(made.out)).toEqual({ made: rest.map((file) => join(keys, file)) });
  for (const [file, text] of Object.entries(before)) expect(textOf(keys, file)).toBe(text);
  const signer = readSignerFile(join(keys, 'signer.key'));
  expect(readPublicKeyFile(join(keys, 'signer.pub'))).toEqual(signer.publicKey);
  await readAuditKey(join(keys, 'audit.key'));
});

test.each(['signer.key', 'audit.key'])(
  '--missing makes no second %s where the public half of a first is there',
  async (file) => {
    const dir = emptyDir();
    await ran(['init', '--dir', dir]);
    const keys = join(dir, '.sealstream/keys');
    rmSync(join(keys, file));
    rmSync(join(keys, 'producer.key'));
    const refused = await ran(['init', '--missing', '--dir', dir]);
    expect(refused.err).toMatch(/^KEY_FILE_MISSING: /);
    expect(refused.err).toContain(file);
    expect(existsSync(join(keys, 'producer.key'))).toBe(false);
  },
);

test('--missing finds the key files where every other command does', async () => {
  const dir = emptyDir();
  await ran(['init', '--dir', dir]);
  const keys = join(dir, 'elsewhere');
  renameSync(join(dir, '.sealstream/keys'), keys);
  const path = join(keys, 'producer.key');
  for (const given of [
    { argv: ['--key-dir', keys], env: {} },
    { argv: [], env: { SEALSTREAM_KEY_DIR: keys } },
  ]) {
    rmSync(path);
    const made = await ran(['init', '--missing', '--json', ...given.argv], { env: given.env });
    expect(made.exit).toBe(0);
    expect(JSON.parse(made.out)).toEqual({ made: [path] });
  }
});

test('a .gitignore that is there keeps its lines and gets one more, once', async () => {
  const dir = emptyDir();
  appendFileSync(join(dir, '.gitignore'), 'node_modules/');
  await ran(['init', '--dir', dir]);
  expect(readFileSync(join(dir, '.gitignore'), 'utf8')).toBe('node_modules/\n.sealstream/\n');
  const other = emptyDir();
  appendFileSync(join(other, '.gitignore'), '/.sealstream\n');
  await ran(['init', '--dir', other]);
  expect(readFileSync(join(other, '.gitignore'), 'utf8')).toBe('/.sealstream\n');
});

test('--no-policy makes the keys beside a policy that is there', async () => {
  const dir = emptyDir();
  writeFileSync(join(dir, 'sealstream.yaml'), 'mine');
  expect((await ran(['init', '--no-policy', '--dir', dir])).exit).toBe(0);
  expect(readFileSync(join(dir, 'sealstream.yaml'), 'utf8')).toBe('mine');
  expect(existsSync(join(dir, '.sealstream/keys/field.key'))).toBe(true);
});
