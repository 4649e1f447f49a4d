import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ROOT } from '../../tools/stack/paths.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow, until } from './running-flow.ts';
import { CARRY_MS, carriedOut, expectShown, readPage } from './shown-page.ts';

// docs/access-keys.md: its commands, one after the other, and what they print.
const { steps: STEPS, yaml } = readPage('access-keys.md');
let flow: RunningFlow;
let access: RunningAccess;
let printed: string[];

beforeAll(async () => {
  const servers = inject('stack');
  const example = readFileSync(join(ROOT, 'examples', 'people', 'sealstream.yaml'), 'utf8');
  const [datasets = ''] = example.split(/^access:/m);
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': `${datasets}\n${yaml}` });
  for (const name of ['ingest', 'encrypt'] as const) await flow.start(name);
  const signer = join(flow.place.keys, 'signer.key');
  access = await RunningAccess.start(flow, servers.redisUrl, {
    SEALSTREAM_SIGNER_KEY_FILE: signer,
  });
  const { encrypted, raw } = flow.dataset.topics;
  const value = Buffer.from(
    '{"first_name":"Eva","last_name":"Davis","ssn":"900-11-4711","email":"e@d.example"}',
  );
  await flow.bus.append(raw, 0, [{ key: null, value }]);
  await until(async () => (await flow.readAll(encrypted)).length === 1);
  printed = await carriedOut(STEPS, { access, flow }, servers);
}, CARRY_MS);
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

test('the page shows each of its steps', () => {
  expect(STEPS.length).toBeGreaterThan(6);
  expect(printed).toHaveLength(STEPS.length + 1);
});

test.each(STEPS.map((step, at) => ({ ...step, at, first: step.commands.split('\n')[0] })))(
  'step $at, $first, prints what the page shows',
  ({ at, shown }) => expectShown(printed[at], shown),
);
