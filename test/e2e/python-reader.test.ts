import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../../tools/stack/paths.ts';
import { pythonProgram } from '../../tools/stack/python-tools.ts';

const VECTORS = join(ROOT, 'packages', 'crypto', 'vectors');
const CHECK = join(ROOT, 'examples', 'python', 'check_vectors.py');
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'sealstream-python-'));
let python: string;
beforeAll(async () => {
  python = await pythonProgram(() => undefined);
});
afterAll(() => rmSync(folder, { recursive: true }));

const read = (name: string) =>
  JSON.parse(readFileSync(join(VECTORS, `${name}.json`), 'utf8')) as Record<string, unknown[]>;
const count = (name: string, ...lists: string[]) =>
  lists.reduce((sum, list) => sum + (read(name)[list]?.length ?? 0), 0);

describe('the reader in Python', () => {
  test('opens every vector with PyNaCl and cryptography, and no changed one', async () => {
    const { stdout } = await run(python, [CHECK, VECTORS]);
    expect(JSON.parse(stdout)).toEqual({
      'field-tokens': count('field-tokens', 'cases'),
      'sealed-forms': count('sealed-forms', 'forms', 'bound'),
      'sealed-records': count('sealed-records', 'shared', 'toPublic'),
      'keyed-hashes': count('keyed-hashes', 'cases'),
      derivation: count('derivation', 'cases'),
      padding: count('padding', 'cases'),
      standards: count('xchacha20-poly1305', 'cases') + count('standards', 'blake2bKeyed'),
    });
  });

  test.each([
    ['field-tokens.json', 'first.last@email.com', 'first.last@email.org'],
    ['sealed-forms.json', '123-45-6789', '123-45-6780'],
  ])('ends with 1 when %s says another value', async (name, from, to) => {
    const copy = join(folder, name);
    cpSync(VECTORS, copy, { recursive: true });
    const text = readFileSync(join(copy, name), 'utf8');
    const hex = (plain: string) => Buffer.from(plain).toString('hex');
    expect(text).toContain(hex(from));
    writeFileSync(join(copy, name), text.replace(hex(from), hex(to)));
    await expect(run(python, [CHECK, copy])).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringContaining(name) as string,
    });
  });
});
