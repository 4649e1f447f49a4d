import '@fastify/swagger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { accessServer } from '../src/access-server.ts';
import { FlowStreams } from '../src/flow-streams.ts';
import { ROUTES } from '../src/routes.ts';
import { type ServedWith, serveRoutes } from '../src/served-routes.ts';

type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
};
let server: Awaited<ReturnType<typeof accessServer>>;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;

beforeAll(async () => {
  server = await accessServer({ bodyMax: 4096, requestMs: 700 });
  // Nothing is asked of it, so of what routes work with only what ends with the server is there.
  const streams = new FlowStreams({ watch: { listen: () => () => undefined } });
  serveRoutes(server, ROUTES, { parts: { streams } } as unknown as ServedWith);
  await server.ready();
  paths = JSON.parse(JSON.stringify(server.swagger())).paths;
});
afterAll(async () => server.close());

const operationOf = ({ method, url }: { method: string; url: string }) =>
  paths[url.replaceAll(/:(\w+)/g, '{$1}')]?.[method.toLowerCase()];
const headersOf = (operation: Operation | undefined) =>
  (operation?.parameters ?? []).filter((one) => one.in === 'header').map(({ name }) => name);

describe('the document of the routes', () => {
  test.each(ROUTES.map((route) => [`${route.method} ${route.url}`, route] as const))(
    'says of %s which headers of ours it takes and how it can answer',
    (_name, route) => {
      const operation = operationOf(route);
      const isGuarded = route.rule !== 'anyone';
      const headers = headersOf(operation);
      const answers = Object.keys(operation?.responses ?? {});
      expect(answers).toContain(String(route.status ?? 200));
      // A password, a token or a secret that is sent to an open route may be refused as well.
      expect(answers.includes('403')).toBe(isGuarded || route.body !== undefined);
      const asksVersion = isGuarded && route.version !== undefined;
      expect(headers.includes('if-match')).toBe(asksVersion);
      for (const status of ['412', '428']) expect(answers.includes(status)).toBe(asksVersion);
      const makes = isGuarded && route.makes !== undefined;
      expect(headers.includes('idempotency-key')).toBe(makes);
    },
  );

  test('is of routes that each stand there once', () => {
    const names = ROUTES.map(({ method, url }) => `${method} ${url}`);
    expect(new Set(names).size).toBe(names.length);
  });
});

test('whatever makes something takes an Idempotency-Key, or is named here with why not', () => {
  // The values of these follow from what is asked; asked twice they count against the quota twice.
  const again = [
    'tokenise',
    'seal',
    'reveal',
    'detokenise',
    'keys.resolve',
    'approvals.decide',
    'subjects.read',
  ];
  const without = ROUTES.filter(
    (route) =>
      route.method === 'POST' &&
      route.rule !== 'anyone' &&
      route.makes === undefined &&
      !again.includes(route.rule) &&
      // Done twice it is as done once: who looks after an alert, and rejects that are settled once.
      !/\/(disable|enable|show|acknowledge|replay)$/.test(route.url),
  );
  expect(without.map(({ url }) => url)).toEqual([]);
});
