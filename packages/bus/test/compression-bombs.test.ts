import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decompress, MAX_BATCH_BYTES } from '../src/wire/compression.ts';
import { type BombForm, BOMBS, zeros } from './bombs.ts';

const MEBIBYTE = 1024 * 1024;
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sealstream-bombs-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Opens so many MiB of zeros in a process of its own. */
function explode(
  form: BombForm,
  codec: string,
  mebibytes: number,
): { outcome: string; grownBytes: number } {
  const file = join(folder, form);
  writeFileSync(file, zeros(form, mebibytes));
  const script = join(import.meta.dirname, 'bomb-worker.ts');
  const flags = ['--conditions=sealstream-source', '--disable-warning=ExperimentalWarning'];
  const printed = execFileSync(process.execPath, [...flags, script, codec, file]);
  return JSON.parse(printed.toString()) as { outcome: string; grownBytes: number };
}

describe.each(BOMBS)('a payload in $form', ({ form, codec }) => {
  it('is opened up to 64 MiB and not beyond', () => {
    expect(decompress(codec, zeros(form, 4)).equals(Buffer.alloc(4 * MEBIBYTE))).toBe(true);
    expect(decompress(codec, zeros(form, 64)).length).toBe(MAX_BATCH_BYTES);
    expect(() => decompress(codec, zeros(form, 68))).toThrow(/BATCH_UNREADABLE/);
  });

  it('that becomes 1 GiB is refused before the memory is spent', () => {
    const { outcome, grownBytes } = explode(form, String(codec), 1024);
    expect(outcome).toBe('BATCH_UNREADABLE');
    expect(grownBytes).toBeLessThan(1.5 * MAX_BATCH_BYTES);
  });
});

it('the same measure sees the memory that a payload takes when nothing bounds it', () => {
  const { outcome, grownBytes } = explode('zstd', 'unbounded', 256);
  expect(outcome).toBe('opened');
  expect(grownBytes).toBeGreaterThan(3.5 * MAX_BATCH_BYTES);
});
