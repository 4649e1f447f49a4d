import { readFileSync } from 'node:fs';

import '@fastify/swagger';
import { ACTIONS } from '@sealstream/authorization';
import { AlertEvent } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import type { AccessParts } from '../src/access-parts.ts';
import { accessServer } from '../src/access-server.ts';
import { SEVERITY } from '../src/alert-severity.ts';
import { FlowStreams } from '../src/flow-streams.ts';
import { CONSOLE_ROUTES } from '../src/routes/console.ts';
import { serveRoutes } from '../src/served-routes.ts';

let document: {
  readonly paths: Record<
    string,
    Record<
      string,
      { readonly summary?: string; readonly responses: Record<string, { content?: object }> }
    >
  >;
  readonly components: { readonly schemas: Record<string, object> };
};
let server: Awaited<ReturnType<typeof accessServer>>;

beforeAll(async () => {
  server = await accessServer({ bodyMax: 4096, requestMs: 1000 });
  const streams = new FlowStreams({ watch: { listen: () => () => undefined } });
  // No handler runs: what is asked for here is refused before, or is the document itself.
  const parts = { streams } as AccessParts;
  const callers = { of: () => Promise.reject(new Error('nobody gets in here')) };
  serveRoutes(server, CONSOLE_ROUTES, { parts, callers });
  await server.ready();
  document = server.swagger() as unknown as typeof document;
});
afterAll(() => server.close());

describe('the OpenAPI of the console', () => {
  test('has every route with a summary, and each answer by a name of its own', () => {
    const operations = Object.values(document.paths).flatMap((path) => Object.values(path));
    expect(operations).toHaveLength(CONSOLE_ROUTES.length);
    for (const { summary } of operations) expect(summary).toMatch(/^[A-Z].{10,}/);
    const names = [
      'Flow',
      'Alert',
      'Alerts',
      'Rejects',
      'RejectSummary',
      'Replay',
      'Keysets',
      'Accesses',
      'Coverage',
    ];
    expect(Object.keys(document.components.schemas)).toEqual(expect.arrayContaining(names));
  });

  test('says that the stream is one of events', () => {
    const answer = document.paths['/v1/flow/stream']?.['get']?.responses['200'];
    expect(Object.keys(answer?.content ?? {})).toEqual(['text/event-stream']);
  });
});

test.each(CONSOLE_ROUTES.map((route) => [`${route.method} ${route.url}`, route] as const))(
  '%s needs a caller whom a role allows it, and tells of every change',
  async (_name, route) => {
    // Which keysets are shown is decided dataset by dataset.
    expect([...Object.keys(ACTIONS), 'signed-in']).toContain(route.rule);
    expect(route.rule === 'signed-in').toBe(route.url === '/v1/keys');
    if (route.method !== 'GET') expect(route).toHaveProperty('told', 'change');
    const url = route.url.replaceAll(/:\w+/g, 'x');
    const answer = await server.inject({ method: route.method, url, payload: {} });
    expect(answer.statusCode).toBe(500);
  },
);

test('the severity of a rule is the one that Prometheus is told', () => {
  const rules = readFileSync(
    new URL('../../../deploy/prometheus/rules.yml', import.meta.url),
    'utf8',
  );
  const severityOf = (alert: string) =>
    new RegExp(`alert: ${alert}\\n[^]*?severity: (\\w+)`).exec(rules)?.[1];
  expect(SEVERITY.lag).toBe(severityOf('SealstreamLag'));
  expect(SEVERITY['service-down']).toBe(severityOf('SealstreamServiceDown'));
  expect(SEVERITY['throughput-stopped']).toBe(severityOf('SealstreamFlowStopped'));
  expect(SEVERITY['stage-paused']).toBe(severityOf('SealstreamStagePaused'));
  expect(SEVERITY['audit-stale']).toBe(severityOf('SealstreamAuditStale'));
  expect(Object.keys(SEVERITY).sort()).toEqual([...AlertEvent.shape.rule.options].sort());
});
