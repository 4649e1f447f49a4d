import { expect, test } from 'vitest';

import { settingsMarkdown, withSettingsTable } from '../src/settings-markdown.ts';
import type { SettingsTable } from '../src/setting.ts';

const TABLE = {
  port: { env: 'SEALSTREAM_PORT', type: 'port', default: '9400', meaning: 'Where it answers.' },
  token: { env: 'SEALSTREAM_TOKEN', type: 'secret', optional: true, meaning: 'Shown nowhere.' },
  brokers: { env: 'KAFKA_BROKERS', type: 'list', meaning: 'Brokers.' },
} as const satisfies SettingsTable;

test('shows each setting with unit, default and meaning', () => {
  expect(settingsMarkdown(TABLE).split('\n').slice(1, -1)).toEqual([
    '| setting | unit | default | meaning |',
    '|---|---|---|---|',
    '| `SEALSTREAM_PORT` | TCP port | `9400` | Where it answers. |',
    '| `SEALSTREAM_TOKEN` or `SEALSTREAM_TOKEN_FILE` | text | (none) | Shown nowhere. |',
    '| `KAFKA_BROKERS` | comma-separated | **must be given** | Brokers. |',
  ]);
});

test('replaces only what stands between the markers', () => {
  const readme = `# A\n${settingsMarkdown({})}\nend\n`;
  const renewed = withSettingsTable(readme, TABLE);
  expect(renewed).toBe(`# A\n${settingsMarkdown(TABLE)}\nend\n`);
  expect(withSettingsTable(renewed, TABLE)).toBe(renewed);
});

test('refuses a README without the markers', () => {
  expect(() => withSettingsTable('# A\n', TABLE)).toThrow('INTERNAL');
});
