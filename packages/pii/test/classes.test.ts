import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FORM_CLASSES, NATIONAL_IDS, PII_CLASSES } from '../src/index.ts';

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');

test('README.md has the row of every class, as the table says it', () => {
  const rows = Object.entries(PII_CLASSES).map(([name, { alone, backed, check, what }]) => {
    const byDefault = FORM_CLASSES.some((form) => form === name) ? 'yes' : 'no';
    const score = alone === 0 ? '–' : String(alone);
    return `| \`${name}\` | ${what} | ${check} | ${score} | ${String(backed)} | ${byDefault} |`;
  });
  const written = readme.split('\n').filter((line) => line.startsWith('| `'));
  expect(written).toEqual(rows);
});

test('README.md names every national number', () => {
  for (const { country, name } of NATIONAL_IDS) expect(readme).toContain(`${country} (${name})`);
});
