import { AlertEvent, SERVICES } from '@sealstream/contracts';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { allMetrics } from '../../tools/pages/metrics-page.ts';
import { allPaths, exists, read } from './checkout.ts';
import { parseCompose } from './rules/compose.ts';
import { parseQuery } from './rules/promql.ts';

/** Any alert, dashboard or rule file: only where queries and runbooks stand in it is of interest. */
type Tree = string | number | boolean | null | readonly Tree[] | { readonly [name: string]: Tree };

/** Every text under a property of that name, at any depth. */
function texts(tree: Tree, name: string): string[] {
  if (tree === null || typeof tree !== 'object') return [];
  return Object.entries(tree).flatMap(([key, value]) =>
    key === name && typeof value === 'string' ? [value] : texts(value, name),
  );
}

const files = allPaths.filter((path) =>
  /^deploy\/(prometheus|grafana)\/.*\.(ya?ml|json)$/.test(path),
);
const trees = files.map((path) => ({ path, tree: parse(read(path)) as Tree }));
const dashboards = files.filter((path) => path.startsWith('deploy/grafana/dashboards/'));
const queries = trees.flatMap(({ path, tree }) =>
  texts(tree, 'expr').map((query) => ({ path, query })),
);

/** Metrics and labels that a query may name, those of Prometheus and Node.js among them. */
const metrics = new Map(allMetrics().map(({ name, labels }) => [name, labels]));
const OUTSIDE = ['up', 'process_resident_memory_bytes'];
const LABELS = ['job', 'instance', 'le', ...[...metrics.values()].flat()];
const base = (name: string) => name.replace(/_(bucket|sum|count)$/, '');
const known = (name: string) =>
  OUTSIDE.includes(name) || metrics.has(name) || metrics.has(base(name));

describe('the watching of the flow', () => {
  test('has rules, a dashboard and alerts to check', () => {
    expect(new Set(queries.map(({ path }) => path)).size).toBe(4);
    expect(queries.length).toBeGreaterThan(20);
  });

  test.each(queries)('asks in PromQL, of metrics that exist: $query', ({ query }) => {
    const { errors, metrics: named, labels } = parseQuery(query);
    expect(errors).toEqual([]);
    expect(named.filter((name) => !known(name))).toEqual([]);
    expect(labels.filter((label) => !LABELS.includes(label))).toEqual([]);
  });

  test('would be caught asking in no PromQL, or of a metric that nobody has', () => {
    expect(parseQuery('sum(up').errors.length).toBeGreaterThan(0);
    const { metrics: named } = parseQuery('rate(sealstream_nonsense_total{stage="x"}[1m])');
    expect(named.filter((name) => !known(name))).toEqual(['sealstream_nonsense_total']);
  });

  test('links every alert to a runbook that is there', () => {
    const rules = AlertEvent.shape.rule.options;
    const links = trees.flatMap(({ tree }) => texts(tree, 'runbook_url'));
    const paths = links.flatMap((link) =>
      link.includes('$labels.rule')
        ? rules.map((rule) => link.replace('{{ $labels.rule }}', rule))
        : [link],
    );
    expect(paths.length).toBeGreaterThan(rules.length);
    expect(paths.filter((path) => !exists(path))).toEqual([]);
  });

  test('gives every rule a name, a severity, a summary and a runbook', () => {
    const { groups } = parse(read('deploy/prometheus/rules.yml')) as {
      groups: { rules: Record<string, unknown>[] }[];
    };
    const rules = groups.flatMap((group) => group.rules);
    const names = rules.map((rule) => rule['alert']);
    expect(new Set(names).size).toBe(names.length);
    for (const rule of rules)
      expect(rule).toMatchObject({
        alert: expect.stringMatching(/^Sealstream[A-Z]/) as string,
        expr: expect.any(String) as string,
        labels: { severity: expect.stringMatching(/^(critical|warning)$/) as string },
        annotations: {
          summary: expect.any(String) as string,
          runbook_url: expect.any(String) as string,
        },
      });
  });

  test('scrapes every service on its port', () => {
    const { scrape_configs: jobs } = parse(read('deploy/prometheus/prometheus.yml')) as {
      scrape_configs: { job_name: string; static_configs: { targets: string[] }[] }[];
    };
    const { services } = parseCompose(read('docker-compose.yml'));
    const ports = SERVICES.map(
      (name) => `${name}:${services[name]?.environment?.['SEALSTREAM_HTTP_PORT']}`,
    );
    expect(jobs.map(({ job_name }) => job_name)).toEqual(['sealstream']);
    expect(jobs.flatMap((job) => job.static_configs.flatMap(({ targets }) => targets))).toEqual(
      ports,
    );
  });

  test.each(dashboards)(
    'shows the panels of %s from the provisioned data source, without overlap',
    (path) => {
      const { panels } = JSON.parse(read(path)) as {
        panels: {
          id: number;
          title: string;
          datasource: { uid: string };
          gridPos: { x: number; y: number; w: number; h: number };
        }[];
      };
      const { datasources } = parse(
        read('deploy/grafana/provisioning/datasources/prometheus.yaml'),
      ) as { datasources: { uid: string }[] };
      const cells = panels.flatMap(({ gridPos: { x, y, w, h } }) =>
        Array.from({ length: w * h }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
      );
      expect(new Set(cells).size).toBe(cells.length);
      expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
      expect([...new Set(panels.map(({ datasource }) => datasource.uid))]).toEqual(
        datasources.map(({ uid }) => uid),
      );
    },
  );
});
