import { readFileSync } from 'node:fs';
import { ACTIONS, REFUSALS } from '@sealstream/authorization';
import { type Transform, TRANSFORM_NAMES, TRANSFORMS } from '@sealstream/masking';
import { expect, test } from 'vitest';
import {
  parsePolicy,
  policyJsonSchema,
  PRESET_NAMES,
  PRESETS,
  VALUE_CLASSES,
} from '../src/index.ts';

const reference = readFileSync(new URL('../../../docs/policy.md', import.meta.url), 'utf8');

test('docs/policy.md has the row of every transform, as the table says it', () => {
  for (const name of TRANSFORM_NAMES) {
    const { afterShred, example, keeps, output, types }: Transform = TRANSFORMS[name];
    const treats = types.join(', ');
    const row = `| \`${name}\` | \`${example}\` | ${treats} | ${output} | ${keeps} | ${afterShred} |`;
    expect(reference).toContain(row);
  }
});

test('docs/policy.md has every class with its size', () => {
  for (const [name, { bits }] of Object.entries(VALUE_CLASSES))
    expect(reference).toContain(`| \`${name}\` | ${bits} |`);
});

test('docs/policy.md has the table of presets: classes, mask, and what else passes', () => {
  const written = (parameters: unknown): string =>
    JSON.stringify(parameters)
      .replaceAll(/"([A-Za-z]+)"/g, '$1')
      .replaceAll(/([{:,])/g, '$1 ')
      .replaceAll('}', ' }');
  const rows = PRESET_NAMES.flatMap((preset) => {
    const classes = new Map<string, string[]>();
    for (const [name, { lets, mask }] of Object.entries(PRESETS[preset])) {
      const how =
        mask.parameters === undefined ? mask.name : `{ ${mask.name}: ${written(mask.parameters)} }`;
      const rest = `\`${how}\` | ${lets} |`;
      classes.set(rest, [...(classes.get(rest) ?? []), `\`${name}\``]);
    }
    return [...classes].map(([rest, names]) => `| \`${preset}\` | ${names.join(', ')} | ${rest}`);
  });
  for (const row of rows) expect(reference).toContain(row);
  expect(reference.match(/^\| `(pci|hipaa-safe-harbor|gdpr-pseudonymise)` /gm)).toHaveLength(
    rows.length,
  );
});

test('docs/policy.md has the row of every action, and no other', () => {
  const rows = Object.entries(ACTIONS).map(([name, { fourEyes, meaning, on, purposes, quota }]) => {
    const other = name === 'approvals.decide' ? 'never' : 'as the policy says';
    const second = fourEyes ? 'always' : other;
    return `| \`${name}\` | ${meaning} | ${on} | ${purposes} | ${quota} | ${second} |`;
  });
  expect(rows.length).toBeGreaterThan(20);
  for (const row of rows) expect(reference).toContain(row);
  const ends = /\| (always|never|as the policy says) \|$/gm;
  expect(reference.match(ends)).toHaveLength(rows.length);
});

test('docs/policy.md has every reason of a denial, as it is told', () => {
  for (const [reason, text] of Object.entries(REFUSALS))
    expect(reference).toContain(`| \`${reason}\` | ${text} |`);
});

test('the section access shown in docs/policy.md is valid beside the policy shown there', () => {
  const [policy = '', ...others] = Array.from(
    reference.matchAll(/```yaml\n([^`]*)```/g),
    ([, yaml = '']) => yaml,
  );
  const sections = others.filter((yaml) => yaml.startsWith('access:'));
  expect(sections).toHaveLength(1);
  const { access, warnings } = parsePolicy(`${policy}\n${sections.join('')}`, 'docs/policy.md');
  expect(access?.roles.size).toBe(2);
  expect(warnings).toEqual([]);
});

test('docs/policy.md explains every word of the language', () => {
  const words = new Set<string>();
  const collect = (schema: unknown): void => {
    if (typeof schema !== 'object' || schema === null) return;
    for (const [key, value] of Object.entries(schema)) {
      if (key === 'properties') for (const word of Object.keys(value as object)) words.add(word);
      collect(value);
    }
  };
  collect(policyJsonSchema());
  expect(words.size).toBeGreaterThan(25);
  for (const word of words) expect(reference).toMatch(new RegExp(`\\b${word}\\b`));
});

test('the policy shown in docs/policy.md is valid', () => {
  const [, yaml = ''] = /```yaml\n([^`]*)```/.exec(reference) ?? [];
  expect(parsePolicy(yaml, 'docs/policy.md').warnings).toEqual([]);
});
