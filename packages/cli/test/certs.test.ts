import { existsSync, readdirSync, readFileSync, rmSync, statSync, chmodSync } from 'node:fs';
import { join } from 'node:path';

import { createAuthority, fitsKey } from '@sealstream/certificates';
import { writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';

import { emptyDir } from './built-cli.ts';
import { ran } from './surroundings.ts';

const made = (dir: string, ...argv: string[]) => ran(['certs', 'create', '--dir', dir, ...argv]);
const text = (dir: string, file: string) => readFileSync(join(dir, file), 'utf8');

test('an authority, a server of all its names and each client are made; keys are for their owner alone', async () => {
  const dir = join(emptyDir(), 'tls');
  const ended = await made(dir, '--host', 'localhost', '--host', '127.0.0.1', '--client', 'mask');
  expect(ended.exit).toBe(0);
  const modes = readdirSync(dir).map((file) => [
    file,
    (statSync(join(dir, file)).mode & 0o777).toString(8),
  ]);
  expect(Object.fromEntries(modes)).toEqual({
    'ca.crt': '644',
    'ca.key': '600',
    'mask.crt': '644',
    'mask.key': '600',
    'server.crt': '644',
    'server.key': '600',
  });
  for (const name of ['ca', 'mask', 'server'])
    expect(
      fitsKey({ certificate: text(dir, `${name}.crt`), privateKey: text(dir, `${name}.key`) }),
    ).toBe(true);
});

test('a second call signs with the authority of the first, and overwrites nothing', async () => {
  const dir = emptyDir();
  await made(dir, '--client', 'mask');
  const before = [text(dir, 'ca.crt'), text(dir, 'mask.key')];
  expect((await made(dir, '--client', 'encrypt')).exit).toBe(0);
  const again = await made(dir, '--client', 'audit', '--client', 'mask');
  expect(again).toMatchObject({ exit: 2, err: expect.stringMatching(/^FILE_EXISTS/) });
  expect(existsSync(join(dir, 'audit.key'))).toBe(false);
  expect([text(dir, 'ca.crt'), text(dir, 'mask.key')]).toEqual(before);
  const shown = JSON.parse((await ran(['certs', 'show', dir, '--json'])).out);
  expect(
    shown.certificates.map(({ issuer, subject }: Record<string, string>) => [subject, issuer]),
  ).toEqual([
    ['CN=Sealstream development authority', 'CN=Sealstream development authority'],
    ['CN=encrypt', 'CN=Sealstream development authority'],
    ['CN=mask', 'CN=Sealstream development authority'],
  ]);
});

test("without the authority's key nothing more is signed, and one that others may read is refused", async () => {
  const dir = emptyDir();
  expect((await made(dir, '--client', 'mask', '--no-authority-key')).exit).toBe(0);
  expect(existsSync(join(dir, 'ca.key'))).toBe(false);
  const refused = await made(dir, '--client', 'encrypt');
  expect(refused).toMatchObject({ exit: 2, err: expect.stringMatching(/^KEY_FILE_MISSING/) });
  const open = emptyDir();
  await made(open, '--client', 'mask');
  chmodSync(join(open, 'ca.key'), 0o644);
  const seen = await made(open, '--client', 'encrypt');
  expect(seen).toMatchObject({ exit: 2, err: expect.stringMatching(/^KEY_FILE_OPEN/) });
});

test.each([
  [['--client', '../up']],
  [['--client', 'ca']],
  [['--client', 'mask', '--client', 'mask']],
  [['--host', 'a b']],
  [['--host', 'a', '--client', 'server']],
  [['--days', '0']],
])('%j is refused, and nothing is written', async (argv) => {
  const dir = emptyDir();
  expect((await made(dir, ...argv)).exit).toBe(2);
  expect(readdirSync(dir)).toEqual([]);
});

test('show tells owner, names and days left, and exits 1 for what ends within the time asked', async () => {
  const dir = emptyDir();
  await made(dir, '--host', 'localhost', '--days', '40');
  const well = await ran(['certs', 'show', dir]);
  expect(well.exit).toBe(0);
  expect(well.out).toMatch(/server\.crt +CN=server +localhost +\S+ \S+ +39 +ok/);
  const soon = await ran(['certs', 'show', join(dir, 'server.crt'), '--within', '41d']);
  expect(soon).toMatchObject({ exit: 1, out: expect.stringContaining('ends soon') });
});

test('show exits 1 for what has ended and what has not begun, and 2 for what is no certificate', async () => {
  const dir = emptyDir();
  const day = 86_400_000;
  const now = Date.now();
  const ended = await createAuthority('old', { fromMs: now - 2 * day, untilMs: now - day });
  writeFileSync(join(dir, 'old.crt'), ended.certificate);
  const old = await ran(['certs', 'show', dir]);
  expect(old).toMatchObject({ exit: 1, out: expect.stringContaining('expired') });
  rmSync(join(dir, 'old.crt'));
  const later = await createAuthority('new', { fromMs: now + day, untilMs: now + 90 * day });
  writeFileSync(join(dir, 'new.pem'), later.certificate);
  const early = await ran(['certs', 'show', dir]);
  expect(early).toMatchObject({ exit: 1, out: expect.stringContaining('not yet') });
  writeFileSync(join(dir, 'text.crt'), 'text');
  const none = await ran(['certs', 'show', join(dir, 'text.crt')]);
  expect(none).toMatchObject({
    exit: 2,
    err: expect.stringMatching(/^CERTIFICATE_INVALID.*text\.crt/),
  });
});
