import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { debianPackage, programPath } from '../../tools/stack/debian-package.ts';
import { ROOT } from '../../tools/stack/paths.ts';
import type { RunningFlow } from './running-flow.ts';

/** A block of commands of a page, and what it shows of them. */
export interface Step {
  readonly commands: string;
  /** Undefined where the page shows nothing. */
  readonly shown: string | undefined;
}

/** A page of docs: its commands in their order, and its first block of YAML. */
export interface Page {
  readonly steps: readonly Step[];
  readonly yaml: string;
  readonly text: string;
}

export function readPage(name: string): Page {
  const text = readFileSync(join(ROOT, 'docs', name), 'utf8');
  const steps = Array.from(
    text.matchAll(/^```sh\n(.*?)^```\n(?:```(?:json|text)\n(.*?)^```\n)?/gms),
    ([, commands = '', shown]) => ({ commands, shown }),
  );
  return { steps, yaml: /^```yaml\n(.*?)^```/ms.exec(text)?.[1] ?? '', text };
}

/** How long a page may take with its services: a machine that is busy with something else is no fault. */
export const PAGE_MS = 400_000;
const MARK = '=-=-= end of a step =-=-=';
const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`);

/** What was printed is what the page shows, where `…` stands for anything but a quote. */
export function expectShown(printed: string | undefined, shown: string | undefined): void {
  if (shown === undefined) {
    expect(printed).toBeTypeOf('string');
    return;
  }
  const parts = shown.trim().split('…').map(escaped);
  expect(printed?.trim()).toMatch(new RegExp(`^${parts.join('[^"]*')}$`));
}

/** Installs what the pages use. */
export async function pagePrograms(): Promise<void> {
  for (const program of ['curl', 'jq'])
    await debianPackage(
      program,
      () => programPath(program),
      () => undefined,
    );
}

interface RunOptions {
  readonly access?: string;
  readonly more?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs steps one after the other in one shell, in a folder of the flow; what each printed.
 *
 * @param access where the service answers; nowhere yet where it is absent
 * @param more what else the commands find in their environment
 */
export function runSteps(
  steps: readonly Step[],
  flow: RunningFlow,
  servers: { readonly kafkaBrokers: string; readonly redisUrl: string },
  { access = '', more = {} }: RunOptions = {},
): string[] {
  const cwd = join(flow.place.tmp, 'page');
  mkdirSync(cwd, { recursive: true });
  const script = join(flow.place.tmp, 'page.sh');
  const commands = steps.map(({ commands: lines }) => `${lines}echo '${MARK}'\n`).join('');
  const program = join(ROOT, 'packages', 'cli', 'dist', 'main.js');
  const command = `sealstream() { '${process.execPath}' '${program}' "$@"; }\n`;
  writeFileSync(script, `set -euo pipefail\n${command}${commands}`);
  const { status, stderr, stdout } = spawnSync('bash', [script], {
    cwd,
    encoding: 'utf8',
    timeout: PAGE_MS / 2,
    env: {
      PATH: process.env['PATH'] ?? '',
      HOME: flow.place.tmp,
      ACCESS: access,
      KAFKA_BROKERS: servers.kafkaBrokers,
      REDIS_URL: servers.redisUrl,
      SEALSTREAM_NAME_PREFIX: flow.namePrefix,
      SEALSTREAM_POLICY_FILE: flow.place.policyFile,
      SEALSTREAM_KEY_DIR: flow.place.keys,
      ...more,
    },
  });
  if (status !== 0) throw new Error(`the page ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout.split(`${MARK}\n`).slice(0, -1);
}
