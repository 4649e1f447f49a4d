import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CONSOLE_FOLDER } from '../src/index.ts';

/** Of all scripts and styles, as they stand and as they travel. */
const BYTES_MAX = 190_000;
const GZIPPED_MAX = 70_000;

test('the page stays small: it opens on a phone while other things are down', () => {
  const folder = join(CONSOLE_FOLDER, 'assets');
  const files = readdirSync(folder).map((name) => readFileSync(join(folder, name)));
  const sum = (sizes: readonly number[]) => sizes.reduce((all, one) => all + one, 0);
  const bytes = sum(files.map(({ length }) => length));
  expect(bytes).toBeGreaterThan(50_000);
  expect(bytes).toBeLessThan(BYTES_MAX);
  expect(sum(files.map((file) => gzipSync(file).length))).toBeLessThan(GZIPPED_MAX);
});
