import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { debianPackage, programPath } from '../../tools/stack/debian-package.ts';
import { ROOT } from '../../tools/stack/paths.ts';
import type { RunningAccess } from './running-access.ts';
import type { RunningFlow } from './running-flow.ts';

/** How long a page may take, with its services: a machine that is busy with something else is no fault. */
export const CARRY_MS = 400_000;

/** One block of commands of a page. */
export interface Step {
  readonly commands: string;
  /** What stands right after it; undefined where the page shows nothing. */
  readonly shown: string | undefined;
}

/** A page of docs, with its commands in their order, and its first block of YAML. */
export function readPage(name: string): { readonly steps: Step[]; readonly yaml: string } {
  const text = readFileSync(join(ROOT, 'docs', name), 'utf8');
  const steps = Array.from(
    text.matchAll(/^```sh\n(.*?)^```\n(?:```(?:json|text)\n(.*?)^```\n)?/gms),
    ([, commands = '', shown]) => ({ commands, shown }),
  );
  return { steps, yaml: /^```yaml\n(.*?)^```/ms.exec(text)?.[1] ?? '' };
}

const MARK = '=-=-= end of a step =-=-=';

/** Carries the commands out, one after the other, in a folder of their own; what each printed. */
export async function carriedOut(
  steps: readonly Step[],
  { access, flow }: { readonly access: RunningAccess; readonly flow: RunningFlow },
  servers: { readonly kafkaBrokers: string; readonly redisUrl: string },
): Promise<string[]> {
  for (const program of ['curl', 'jq'])
    await debianPackage(
      program,
      () => programPath(program),
      () => undefined,
    );
  const script = join(flow.place.tmp, 'page.sh');
  const commands = steps.map(({ commands: lines }) => `${lines}echo '${MARK}'\n`).join('');
  const program = join(ROOT, 'packages', 'cli', 'dist', 'main.js');
  const command = `sealstream() { '${process.execPath}' '${program}' "$@"; }\n`;
  writeFileSync(script, `set -euo pipefail\n${command}${commands}`);
  const { status, stderr, stdout } = spawnSync('bash', [script], {
    encoding: 'utf8',
    timeout: CARRY_MS / 2,
    cwd: flow.place.tmp,
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
  return stdout.split(`${MARK}\n`);
}

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** What was printed is what the page shows, where `…` stands for what differs each time. */
export function expectShown(printed: string | undefined, shown: string | undefined): void {
  if (shown === undefined) {
    expect(printed).toBeTypeOf('string');
    return;
  }
  const parts = shown.trim().split('…').map(escaped);
  expect(printed?.trim()).toMatch(new RegExp(`^${parts.join('[^"]*')}$`));
}
