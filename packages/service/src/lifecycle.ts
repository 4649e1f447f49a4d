import { realpathSync } from 'node:fs';
import { hostname } from 'node:os';

import type { Logger } from '@sealstream/contracts';
import { PolicyError } from '@sealstream/policy';

import { errorFields } from './error-fields.ts';
import { EXIT, exitCodeOf } from './exit-codes.ts';
import { hardenProcess } from './hardening.ts';
import { openLog } from './log.ts';
import { ConfigError } from './settings.ts';

/** Ends a running service: finishes what is in work, within its bound, and closes everything. */
export type Stop = () => Promise<void>;

/** Starts a service from its environment and gives the way to stop it. */
export type Start = (env: NodeJS.ProcessEnv) => Promise<Stop>;

/** Whether the module is what Node was started with, and not an import of a test. */
export function isEntry(meta: ImportMeta): boolean {
  const [, entry] = process.argv;
  return entry !== undefined && realpathSync(entry) === meta.filename;
}

/** The name of this process where no other was given. */
export function instanceName(): string {
  return `${hostname()}-${process.pid}`;
}

/**
 * Runs a service as this process.
 *
 * Promises: umask 077, no core files, no inspector on SIGUSR1 (hardening.ts); SIGTERM and SIGINT
 * stop it in order and exit 0, a second one exits at once; an error that nobody caught ends the
 * process with 70, logged by type, code and frames, never by message; a start that fails exits
 * with 75 when waiting may help and 78 when somebody must change something.
 *
 * @param options youngMb: MB of each half of the young generation; for a service that has many requests
 *   at once, whose values would otherwise be taken for lasting ones (docs/performance.md)
 */
export async function runService(
  name: string,
  start: Start,
  { youngMb }: { readonly youngMb?: number } = {},
): Promise<void> {
  hardenProcess(youngMb);
  const log = await openLog({ service: name, instance: instanceName(), level: 'info' });
  process.on('uncaughtException', (error) => {
    log.error(errorFields(error), 'an error that nobody caught; the process ends');
    process.exit(EXIT.crashed);
  });
  // A service ends by a signal or an error, never because nothing happens to be pending.
  setInterval(() => undefined, 60_000);
  const signal = nextSignal();
  try {
    const started = start(process.env);
    // Ends a start that is still waiting: nothing is in work yet that could be lost.
    const stop = await Promise.race([started, signal.then((): undefined => undefined)]);
    log.info({ signal: await signal }, stop === undefined ? 'stopped while starting' : 'stopping');
    process.once('SIGTERM', () => process.exit(EXIT.stopped));
    process.once('SIGINT', () => process.exit(EXIT.stopped));
    await stop?.();
    process.exit(EXIT.stopped);
  } catch (error) {
    tell(log, error);
    process.exit(exitCodeOf(error));
  }
}

function nextSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once('SIGTERM', resolve);
    process.once('SIGINT', resolve);
  });
}

function tell(log: Logger, error: unknown): void {
  log.error(errorFields(error), 'the service ends');
  if (error instanceof ConfigError)
    for (const { problem, setting } of error.problems)
      log.error({ setting, problem }, 'a setting is wrong');
  if (error instanceof PolicyError)
    for (const { column, file, line, message } of error.problems)
      log.error({ file, line, column, problem: message }, 'the policy is wrong');
}
