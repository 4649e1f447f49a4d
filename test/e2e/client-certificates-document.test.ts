import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { expectShown, PAGE_MS, pagePrograms, readPage, runSteps } from './document-steps.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow } from './running-flow.ts';
import { ADMINISTERED } from './second-person.ts';

// docs/client-certificates.md: its commands, one after the other, and what they print.
const { steps: STEPS, text: TEXT, yaml } = readPage('client-certificates.md');
let flow: RunningFlow;
let access: RunningAccess;
let printed: string[];

beforeAll(async () => {
  await pagePrograms();
  const servers = inject('stack');
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': ADMINISTERED });
  // The service needs the certificates that the first step makes.
  const made = runSteps(STEPS.slice(0, 1), flow, servers);
  const file = (...names: string[]) => join(flow.place.tmp, 'page', ...names);
  writeFileSync(file('clients.yaml'), yaml);
  access = await RunningAccess.start(flow, servers.redisUrl, {
    SEALSTREAM_ACCESS_TLS_CERT_FILE: file('tls', 'server.crt'),
    SEALSTREAM_ACCESS_TLS_KEY_FILE: file('tls', 'server.key'),
    SEALSTREAM_ACCESS_CLIENT_CA_FILE: file('tls', 'ca.crt'),
    SEALSTREAM_ACCESS_CLIENT_CERTIFICATES_FILE: file('clients.yaml'),
  });
  const base = access.base.replace('127.0.0.1', 'localhost');
  printed = [...made, ...runSteps(STEPS.slice(1), flow, servers, { access: base })];
}, PAGE_MS);
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

test('the page has the settings that the service has', () => {
  expect(STEPS).toHaveLength(6);
  expect(printed).toHaveLength(STEPS.length);
  expect(TEXT).toContain('SEALSTREAM_ACCESS_CLIENT_CRL_FILE');
});

test.each(STEPS.map((step, at) => ({ ...step, at, first: step.commands.split('\n')[0] })))(
  'step $at, $first, prints what the page shows',
  ({ at, shown }) => {
    if (shown === undefined) throw new Error('the page shows nothing');
    expectShown(printed[at], shown);
  },
);
