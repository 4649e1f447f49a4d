import '@fastify/swagger';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { accessServer } from '../src/access-server.ts';
import { ROUTES } from '../src/routes.ts';
import { serveRoutes } from '../src/served-routes.ts';

type Operation = {
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, unknown>>;
};
let server: Awaited<ReturnType<typeof accessServer>>;
let paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;

beforeAll(async () => {
  server = await accessServer({ bodyMax: 4096, requestMs: 700 });
  // Nothing is asked of it, so nothing of what routes work with is there.
  serveRoutes(server, ROUTES, Object.create(null));
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
      expect(answers.includes('403')).toBe(isGuarded);
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
  const again = ['tokenise', 'seal', 'reveal', 'detokenise', 'keys.resolve', 'approvals.decide'];
  const without = ROUTES.filter(
    (route) =>
      route.method === 'POST' &&
      route.rule !== 'anyone' &&
      route.makes === undefined &&
      !again.includes(route.rule) &&
      // Done twice it is as done once.
      !/\/(disable|enable|show)$/.test(route.url),
  );
  expect(without.map(({ url }) => url)).toEqual([]);
});
