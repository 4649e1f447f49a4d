import { readFileSync } from 'node:fs';

import { withSettingsTable } from '@sealstream/service';
import { expect, test } from 'vitest';

import { SETTINGS } from '../src/config.ts';

test('the settings table of the README is the one that is parsed', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toBe(withSettingsTable(readme, SETTINGS));
});
