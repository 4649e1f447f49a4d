import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import { AlertEvent } from '@sealstream/contracts';
import { withSettingsTable } from '@sealstream/service';
import { expect, test } from 'vitest';

import { SETTINGS } from '../src/config.ts';

const README = join(import.meta.dirname, '../README.md');
const RUNBOOKS = join(import.meta.dirname, '../../../docs/runbooks');

test('the settings table of the README is the one that the code has', () => {
  const readme = readFileSync(README, 'utf8');
  expect(readme).toBe(withSettingsTable(readme, SETTINGS));
});

test('every rule has a runbook that says what it means, where to look and what to do', () => {
  for (const rule of AlertEvent.shape.rule.options) {
    const file = join(RUNBOOKS, `${rule}.md`);
    expect(existsSync(file), file).toBe(true);
    const text = readFileSync(file, 'utf8');
    for (const heading of [`# ${rule}`, '## What it means', '## Look here', '## Do this'])
      expect(text).toContain(heading);
  }
});

test('the README names every rule', () => {
  const readme = readFileSync(README, 'utf8');
  for (const rule of AlertEvent.shape.rule.options) expect(readme).toContain(`\`${rule}\``);
});
