import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ROOT } from '../../tools/stack/paths.ts';
import { expectShown, PAGE_MS, pagePrograms, readPage, runSteps } from './document-steps.ts';
import { auditLogOf, RunningAccess } from './running-access.ts';
import { RunningFlow } from './running-flow.ts';

// docs/access.md: its commands, one after the other, and what they print.
const { steps: STEPS, text: TEXT } = readPage('access.md');
let flow: RunningFlow;
let access: RunningAccess;
let printed: string[];

beforeAll(async () => {
  await pagePrograms();
  const servers = inject('stack');
  const example = readFileSync(join(ROOT, 'examples', 'people', 'sealstream.yaml'), 'utf8');
  const [datasets = ''] = example.split(/^access:/m);
  const [roles, providers] = Array.from(TEXT.matchAll(/^```yaml\n(.*?)^```/gms), ([, one]) => one);
  // Under keys of persons a value can be sealed for whoever is known alone; that is another page.
  const policy = `${datasets.replace(/^ *subject: .*\n/m, '')}\n${roles}`;
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': policy });
  await flow.start('audit', { SEALSTREAM_AUDIT_BEAT: '1s' });
  const file = join(flow.place.tmp, 'providers.yaml');
  writeFileSync(file, providers ?? '');
  writeFileSync(join(flow.place.tmp, 'staff.secret'), 'of a test', { mode: 0o600 });
  // Nobody asks a provider before somebody signs in, and here nobody does.
  const oidc = { SEALSTREAM_ACCESS_OIDC_FILE: file };
  const log = auditLogOf(flow);
  const own = { ...log, ...oidc };
  access = await RunningAccess.start(flow, servers.redisUrl, own, { isNew: true });
  const more = { AUDIT_VKEY: log['SEALSTREAM_AUDIT_VKEY_FILE'] };
  printed = runSteps(STEPS, flow, servers, { access: access.base, more });
}, PAGE_MS);
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

test('the page shows a dozen steps and more', () => {
  expect(STEPS.length).toBeGreaterThan(12);
  expect(printed).toHaveLength(STEPS.length);
});

test.each(STEPS.map((step, at) => ({ ...step, at, first: step.commands.split('\n')[0] })))(
  'step $at, $first, prints what the page shows',
  ({ at, shown }) => expectShown(printed[at], shown),
);
