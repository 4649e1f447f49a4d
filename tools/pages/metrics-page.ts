import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/paths.ts';

export interface Metric {
  readonly name: string;
  readonly kind: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly labels: readonly string[];
  /** Service or package that makes it. */
  readonly from: string;
}

const TEXT = `(?:'((?:[^'\\\\]|\\\\.)*)'|"((?:[^"\\\\]|\\\\.)*)")`;
const MADE = new RegExp(
  `\\b(counter|gauge|histogram)\\(\\s*'(sealstream_\\w+)',\\s*${TEXT},\\s*(\\[[^\\]]*\\]|\\w+)`,
  'g',
);

/** The labels of a list in the source, or of the constant that holds the list. */
function labelsOf(list: string, text: string): string[] {
  const constant = new RegExp(`\\b${list}\\s*=\\s*(\\[[^\\]]*\\])`);
  const found = list.startsWith('[') ? list : (constant.exec(text)?.[1] ?? '');
  return Array.from(found.matchAll(/'(\w+)'/g), ([, label = '']) => label);
}

/** The metrics that one source file makes. */
export function metricsIn(text: string, from: string): Metric[] {
  return Array.from(text.matchAll(MADE), ([, kind, name = '', single, double, list = '']) => ({
    name,
    kind: kind as Metric['kind'],
    help: single ?? double ?? '',
    labels: labelsOf(list, text),
    from,
  }));
}

/** Source files of packages and services, with the package or service that they belong to. */
export function metricSources(): { readonly text: string; readonly from: string }[] {
  return globSync('{packages,services}/*/src/**/*.ts', { cwd: ROOT })
    .sort()
    .map((path) => ({
      text: readFileSync(join(ROOT, path), 'utf8'),
      from: path.split('/')[1] ?? '',
    }));
}

/** Every metric of every program, by name. */
export function allMetrics(): Metric[] {
  const all = metricSources().flatMap(({ text, from }) => metricsIn(text, from));
  return all.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** docs/metrics.md: every metric with its labels, made from the sources. */
export function metricsPage(): string {
  const rows = allMetrics().map(({ name, kind, labels, help, from }) => {
    const where = from === 'service' ? 'every service' : from;
    return `| \`${name}\` | ${kind} | ${labels.join(', ')} | ${where} | ${help} |`;
  });
  return [
    '# Metrics',
    '',
    'Each service answers `/metrics` on SEALSTREAM_HTTP_PORT in the format of Prometheus. No label',
    'and no value ever holds a value of a record. `stage`, `dataset`, `topic`, `partition` and',
    '`code` are the words of the policy, of Kafka and of [errors.md](errors.md). The metrics of the',
    'process itself (`process_*`, `nodejs_*`) are there as well.',
    '',
    'Made by `npm run docs` from the sources; a test keeps the two equal.',
    '',
    '| metric | kind | labels | from | meaning |',
    '|---|---|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
