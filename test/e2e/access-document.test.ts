import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { debianPackage, programPath } from '../../tools/stack/debian-package.ts';
import { ROOT } from '../../tools/stack/paths.ts';
import { RunningAccess } from './running-access.ts';
import { RunningFlow } from './running-flow.ts';

// docs/access.md: its commands, one after the other, and what they print.
const TEXT = readFileSync(join(ROOT, 'docs', 'access.md'), 'utf8');

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

interface Step {
  readonly commands: string;
  /** Undefined where the page shows nothing. */
  readonly shown: string | undefined;
}

/** Each block of commands, with the block that stands right after it. */
function stepsOf(text: string): Step[] {
  const blocks = Array.from(
    text.matchAll(/^```sh\n(.*?)^```\n(?:```(?:json|text)\n(.*?)^```\n)?/gms),
    ([, commands = '', shown]) => ({ commands, shown }),
  );
  return blocks;
}

const STEPS = stepsOf(TEXT);
const MARK = '=-=-= end of a step =-=-=';
let flow: RunningFlow;
let access: RunningAccess;
let printed: string[];

beforeAll(async () => {
  for (const program of ['curl', 'jq'])
    await debianPackage(
      program,
      () => programPath(program),
      () => undefined,
    );
  const servers = inject('stack');
  const example = readFileSync(join(ROOT, 'examples', 'people', 'sealstream.yaml'), 'utf8');
  const [datasets = ''] = example.split(/^access:/m);
  const [roles, providers] = Array.from(TEXT.matchAll(/^```yaml\n(.*?)^```/gms), ([, one]) => one);
  // Under keys of persons a value can be sealed for whoever is known alone; that is another page.
  const policy = `${datasets.replace(/^ *subject: .*\n/m, '')}\n${roles}`;
  flow = await RunningFlow.open(servers, { 'sealstream.yaml': policy });
  const file = join(flow.place.tmp, 'providers.yaml');
  writeFileSync(file, providers ?? '');
  writeFileSync(join(flow.place.tmp, 'staff.secret'), 'of a test', { mode: 0o600 });
  // Nobody asks a provider before somebody signs in, and here nobody does.
  const oidc = { SEALSTREAM_ACCESS_OIDC_FILE: file };
  access = await RunningAccess.start(flow, servers.redisUrl, oidc, { isNew: true });
  const script = join(flow.place.tmp, 'page.sh');
  const commands = STEPS.map(({ commands: lines }) => `${lines}echo '${MARK}'\n`).join('');
  const program = join(ROOT, 'packages', 'cli', 'dist', 'main.js');
  const command = `sealstream() { '${process.execPath}' '${program}' "$@"; }\n`;
  writeFileSync(script, `set -euo pipefail\n${command}${commands}`);
  const { status, stderr, stdout } = spawnSync('bash', [script], {
    encoding: 'utf8',
    timeout: 100_000,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: flow.place.tmp,
      ACCESS: access.base,
      KAFKA_BROKERS: servers.kafkaBrokers,
      REDIS_URL: servers.redisUrl,
      SEALSTREAM_NAME_PREFIX: flow.namePrefix,
      SEALSTREAM_POLICY_FILE: flow.place.policyFile,
      SEALSTREAM_KEY_DIR: flow.place.keys,
    },
  });
  expect(status, `${stdout}\n${stderr}`).toBe(0);
  printed = stdout.split(`${MARK}\n`);
});
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
  ({ at, shown }) => {
    if (shown === undefined) return expect(printed[at]).toBeTypeOf('string');
    const parts = shown.trim().split('…').map(escaped);
    expect(printed[at]?.trim()).toMatch(new RegExp(`^${parts.join('[^"]*')}$`));
  },
);
