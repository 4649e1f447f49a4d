import { execFileSync } from 'node:child_process';

import { SealstreamError } from '@sealstream/contracts';

/** Node's own switch: a SIGUSR1 no longer opens the inspector, through which memory can be read. */
const NO_INSPECTOR = '--disable-sigusr1';
/**
 * How V8 spends memory: small halves of the young generation (MB), and how much the heap may grow
 * before it is cleared (per cent). A stage lets go of nearly all it makes with each batch, so a larger
 * heap mostly keeps garbage longer; a smaller one costs CPU (docs/performance.md has the figures).
 */
const YOUNG_MB = 8;
const GROWTH = '--heap-growing-percent=150';
/** Sets the limit of core files to 0 for good and becomes the program that follows. */
const WITHOUT_CORES = 'ulimit -c 0 && exec "$0" "$@"';

/**
 * Makes sure that this process leaves no memory behind and opens no debugger.
 *
 * Neither the limit of core files nor the inspector signal can be changed by a running Node, so the
 * process replaces itself once (execve: same process id, same stdio, same parent) by itself with
 * both off. What it creates from then on only its own user may read. The child that asks for the
 * limit inherits it, which works the same on Linux and macOS.
 *
 * @param youngMb MB of each half of the young generation, from the start on; grows to 8 unless told
 * @throws SealstreamError INTERNAL when cores or the inspector signal are still on after that
 */
export function hardenProcess(youngMb?: number): void {
  process.umask(0o077);
  const quiet = process.execArgv.includes(NO_INSPECTOR);
  if (quiet && coresAreOff()) return;
  if (quiet) throw new SealstreamError('INTERNAL', { place: 'limit of core files' });
  process.execve?.(
    '/bin/sh',
    [
      'sh',
      '-c',
      WITHOUT_CORES,
      process.execPath,
      NO_INSPECTOR,
      ...heapFlags(youngMb),
      ...process.execArgv,
      ...process.argv.slice(1),
    ],
    process.env,
  );
  throw new SealstreamError('INTERNAL', { place: 'execve' });
}

function heapFlags(youngMb?: number): string[] {
  const least = youngMb === undefined ? [] : [`--min-semi-space-size=${youngMb}`];
  return [...least, `--max-semi-space-size=${youngMb ?? YOUNG_MB}`, GROWTH];
}

function coresAreOff(): boolean {
  return execFileSync('/bin/sh', ['-c', 'ulimit -c'], { encoding: 'utf8' }).trim() === '0';
}
