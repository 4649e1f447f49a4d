import { ERRORS } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';
import { errorsPage } from '../../tools/pages/errors-page.ts';
import {
  allMetrics,
  metricsIn,
  metricSources,
  metricsPage,
} from '../../tools/pages/metrics-page.ts';
import { settingsPages, settingsTables } from '../../tools/pages/settings-pages.ts';
import { read, services } from './checkout.ts';

describe('docs/errors.md', () => {
  test('is what `npm run docs` makes of the table in contracts', () => {
    expect(read('docs/errors.md')).toBe(errorsPage());
  });

  test.each(Object.keys(ERRORS))('has %s once, as a row', (code) => {
    const rows = read('docs/errors.md').split('\n');
    expect(rows.filter((row) => row.startsWith(`| \`${code}\` |`))).toHaveLength(1);
  });
});

describe('docs/metrics.md', () => {
  test('is what `npm run docs` makes of the sources', () => {
    expect(read('docs/metrics.md')).toBe(metricsPage());
  });

  test('misses no metric that a source names', () => {
    const named = metricSources().flatMap(({ text }) =>
      Array.from(text.matchAll(/['"`](sealstream_\w+)/g), ([, name = '']) => name),
    );
    expect([...new Set(named)].sort()).toEqual(allMetrics().map(({ name }) => name));
  });

  test('sees kind, labels and meaning in every form of source', () => {
    const text = `
      const labels = ['a', 'b'] as const;
      counter('sealstream_x_total', "What's counted.", labels);
      return { g: gauge('sealstream_y', 'One.', ['c',\n 'd']), h: histogram('sealstream_z', 'Two.', []) };`;
    expect(metricsIn(text, 'mask').map(({ name, kind, labels }) => [name, kind, labels])).toEqual([
      ['sealstream_x_total', 'counter', ['a', 'b']],
      ['sealstream_y', 'gauge', ['c', 'd']],
      ['sealstream_z', 'histogram', []],
    ]);
  });
});

describe('the settings of a service', () => {
  test('stand in src/config.ts of every service', async () => {
    const tables = await settingsTables();
    expect([...tables.keys()].map((name) => `services/${name}`)).toEqual(
      services.map(({ name }) => name),
    );
  });

  test('stand in its README as they are in the code', async () => {
    for (const [path, text] of await settingsPages()) expect(read(path), path).toBe(text);
  });
});
