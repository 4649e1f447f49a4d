import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, inject } from 'vitest';
import { visitKeycloak } from '../../packages/oidc/test/keycloak-browser.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { Keycloak } from '../../tools/stack/keycloak.ts';
import type { RealmUser } from '../../tools/stack/keycloak-realm.ts';
import { RunningAccess } from './running-access.ts';
import { ADMINISTERED, any, requestsOf } from './second-person.ts';
import { RunningFlow, until } from './running-flow.ts';

// A running access, a real Keycloak and one provider that is away. One for each test file.

export const PURPOSES =
  'access:\n  purposes:\n    fraud: { meaning: A fraud., reference: none }\n  roles:';
// Without keys of persons a value can be sealed for whoever is known alone.
export const PLAIN = ADMINISTERED.replace('    subject: /ssn\n', '');
export const POLICY = `${PLAIN.replace('access:\n  roles:', PURPOSES)}
    analyst:
      meaning: Opens names.
      allow:
        - { actions: [reveal], datasets: [people], fields: [/name], purposes: [fraud] }
        - { actions: [policy.read] }
    loader:
      meaning: Seals names.
      allow:
        - { actions: [seal], datasets: [people], fields: [/name], quota: { values: 1000, per: day } }
`;
export const ANN = { basic: 'ann:seventeen brown chairs stand' };
export const BEN = { basic: 'ben:nineteen black tables wobble' };
export const LIL = { basic: 'lil:twenty one white lamps glow' };
/** A client that Keycloak knows, and a provider that is not there. */
export const [HERE, AWAY] = ['access', 'away'];

export let flow: RunningFlow;
export let access: RunningAccess;
export let keycloak: Keycloak;
/** A sealed name. */
export let token: string;

/** Starts them before the tests of a file, and stops them after. */
export function useOidcAccess(): void {
  beforeAll(open, 420_000);
  afterAll(async () => {
    await keycloak?.stop();
    await access?.close();
    await flow?.close();
  });
}

async function open(): Promise<void> {
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': POLICY });
  const [port = 0, closed = 0] = await freePorts(2);
  const back = `http://127.0.0.1:${port}/v1/sign-in/callback/`;
  const say = (line: string) => process.stderr.write(`sealstream: ${line}\n`);
  keycloak = await Keycloak.start(flow.place.tmp, back, say);
  const folder = dirname(flow.place.policyFile);
  const client = keycloak.contents.clients.find(({ id }) => id === HERE);
  writeFileSync(join(folder, 'client.secret'), client?.secret ?? '', { mode: 0o600 });
  const provider = (name: string, title: string, issuer: string) => `  - name: ${name}
    title: ${title}
    issuer: ${issuer}
    clientId: ${HERE}
    clientSecretFile: client.secret
    redirectUri: ${back}${name}
    rolesClaim: realm_access.roles
    roles: { reader: analyst, key-keeper: checker }
`;
  const file = join(folder, 'providers.yaml');
  const there = provider(HERE, 'Keycloak', keycloak.issuer);
  const none = provider(AWAY, 'Nobody', `http://127.0.0.1:${closed}/realms/none`);
  writeFileSync(file, `version: 1\nproviders:\n${there}${none}`);
  access = await RunningAccess.start(flow, servers.redisUrl, {
    SEALSTREAM_ACCESS_PORT: String(port),
    SEALSTREAM_ACCESS_OIDC_FILE: file,
  });
  for (const { basic } of [ANN, BEN]) {
    const [name = '', password] = basic.split(':');
    await access.user(name, password, 'administrator');
  }
  await access.user('lil', LIL.basic.slice(4), 'loader');
  for (const name of ['ana', 'kim', 'dan']) await access.user(name, undefined);
  const sealed = await call(LIL, 'POST /v1/datasets/people/seal', {
    values: [{ path: '/name', value: 'Ada' }],
  });
  expect(sealed.status).toBe(200);
  [{ token }] = sealed.json['values'] as [{ token: string }];
}

export const { call, events, together } = requestsOf(() => ({ access, flow }));

export interface Turned {
  readonly status: number;
  readonly location: string;
  /** As a browser would send them from then on; one that is taken away is not among them. */
  readonly cookies: string;
  readonly set: readonly string[];
}

/** Follows one link and no further. */
export async function visit(address: string, cookie = '', more: Record<string, string> = {}) {
  const url = new URL(address, access.base);
  const headers = { ...more, ...(cookie === '' ? {} : { cookie }) };
  const answer = await fetch(url, { redirect: 'manual', headers });
  expect(await answer.text()).toBe('');
  const set = answer.headers.getSetCookie();
  const cookies = set.map((one) => one.split(';')[0] ?? '').filter((one) => !one.endsWith('='));
  const location = answer.headers.get('location') ?? '';
  return { status: answer.status, location, cookies: cookies.join('; '), set } satisfies Turned;
}

/** Goes to Keycloak and comes up to the door again, with what the browser holds by then. */
export async function atTheDoor(user: RealmUser) {
  const begun = await visit(`/v1/sign-in/${HERE}`);
  expect(begun.status).toBe(303);
  return { came: await visitKeycloak(begun.location, user), cookies: begun.cookies };
}
export async function signIn(user: RealmUser): Promise<Turned> {
  const { came, cookies } = await atTheDoor(user);
  return visit(came, cookies);
}
/** The cookies of somebody who was let in. */
export async function session(user: RealmUser): Promise<string> {
  const turned = await signIn(user);
  expect([turned.status, turned.location]).toEqual([303, '/']);
  return turned.cookies;
}
export const byCookie = (cookie: string, line: string, body?: unknown) =>
  call(undefined, line, body, { cookie, 'x-sealstream-console': '1' });
export const reveal = (cookie: string) =>
  byCookie(cookie, 'POST /v1/datasets/people/reveal', {
    purpose: 'fraud',
    values: [{ path: '/name', token }],
  });
export const told = ({ location }: Pick<Turned, 'location'>) => {
  const [path, query] = location.split('?');
  expect(path).toBe('/#/sign-in');
  const { request = '', ...more } = Object.fromEntries(new URLSearchParams(query));
  return { request, ...more };
};

/** What an administrator finds on the audit log of a request that was refused. */
export async function refusalOf(request: string): Promise<Record<string, unknown>> {
  const find = async () =>
    (await events()).find(
      ({ details, type }) => type === 'sign-in-refused' && details['request'] === request,
    );
  await until(async () => (await find()) !== undefined);
  return (await find())?.details ?? {};
}
export const subjects = new Map<string, string>();
/** Links somebody as the page tells them to: by the request that they were shown. */
export async function link(user: RealmUser): Promise<void> {
  const refused = told(await signIn(user));
  expect(refused).toMatchObject({ problem: 'SIGN_IN_REFUSED', why: 'unlinked' });
  const { subject } = await refusalOf(refused.request);
  subjects.set(user.name, String(subject));
  const line = `PUT /v1/users/${user.name}/identities/${HERE}/${String(subject)}`;
  const linked = await together(ANN, BEN, line, undefined, any);
  expect(linked.json).toMatchObject({
    identities: [{ issuer: keycloak.issuer, subject, by: 'ann' }],
  });
}
