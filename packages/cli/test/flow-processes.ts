import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { ServiceName } from '@sealstream/contracts';

const ROOT = join(import.meta.dirname, '../../..');
const STAGES = ['ingest', 'mask', 'encrypt'] as const;
const running: ChildProcess[] = [];

/** Starts the built services of the flow, or others, with the operator's own key directory. */
export function startFlow(
  env: Readonly<Record<string, string>>,
  services: readonly ServiceName[] = STAGES,
): void {
  const { PATH = '' } = process.env;
  for (const service of services) {
    const child = spawn(process.execPath, [join(ROOT, `services/${service}/dist/main.js`)], {
      env: { PATH, SEALSTREAM_HTTP_PORT: '0', SEALSTREAM_LOG_LEVEL: 'warn', ...env },
      stdio: ['ignore', 'ignore', process.env['CLI_TEST_LOG'] === undefined ? 'ignore' : 'inherit'],
    });
    running.push(child);
  }
}

/** Ends the services that this file started, and waits until they are gone. */
export async function stopFlow(): Promise<void> {
  await Promise.all(
    running.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      await gone;
    }),
  );
}

/** Waits until something holds. */
export async function until(
  what: () => Promise<boolean>,
  name: string,
  withinMs = 60_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!(await what())) {
    if (Date.now() > deadline) throw new Error(`not in time: ${name}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
