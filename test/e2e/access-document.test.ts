import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { ROOT } from '../../tools/stack/paths.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow } from './running-flow.ts';
import { CARRY_MS, carriedOut, expectShown, readPage } from './shown-page.ts';

// docs/access.md: its commands, one after the other, and what they print.
const { steps: STEPS, yaml } = readPage('access.md');
let flow: RunningFlow;
let access: RunningAccess;
let printed: string[];

beforeAll(async () => {
  const servers = inject('stack');
  const example = readFileSync(join(ROOT, 'examples', 'people', 'sealstream.yaml'), 'utf8');
  const [datasets = ''] = example.split(/^access:/m);
  // Under keys of persons a value can be sealed for whoever is known alone; that is another page.
  const policy = `${datasets.replace(/^ *subject: .*\n/m, '')}\n${yaml}`;
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': policy });
  access = await RunningAccess.start(flow, servers.redisUrl, {}, { isNew: true });
  printed = await carriedOut(STEPS, { access, flow }, servers);
}, CARRY_MS);
afterAll(async () => {
  await access?.close();
  await flow?.close();
});

test('the page shows a dozen steps and more', () => {
  expect(STEPS.length).toBeGreaterThan(12);
  expect(printed).toHaveLength(STEPS.length + 1);
});

test.each(STEPS.map((step, at) => ({ ...step, at, first: step.commands.split('\n')[0] })))(
  'step $at, $first, prints what the page shows',
  ({ at, shown }) => expectShown(printed[at], shown),
);
