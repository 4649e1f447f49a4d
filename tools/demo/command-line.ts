import { spawn } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../stack/paths.ts';
import { tailOf } from '../stack/readiness.ts';
import type { DemoPlace } from './place.ts';

/**
 * Runs `sealstream …` as an operator would; what it says goes to logs/cli.log.
 *
 * @param input its stdin, which goes nowhere else
 * @returns its stdout
 */
export async function sealstream(
  place: DemoPlace,
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
  input = '',
): Promise<string> {
  const log = join(place.logs, 'cli.log');
  const program = join(ROOT, 'packages', 'cli', 'dist', 'main.js');
  const names = ['PATH', 'HOME', 'LANG', 'NODE_COMPILE_CACHE'];
  const kept = names.map((name) => [name, process.env[name]] as const);
  const child = spawn(process.execPath, [program, ...args], {
    cwd: place.root,
    env: { ...Object.fromEntries(kept), TMPDIR: place.tmp, ...settings },
    stdio: ['pipe', 'pipe', 'pipe'],
    // Ctrl-C is for the demo, which then ends what it began.
    detached: true,
  });
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (said: Buffer) => appendFileSync(log, said));
  let stdout = '';
  child.stdout.on('data', (said: Buffer) => (stdout += said.toString()));
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code !== 0)
    throw new Error(`sealstream ${args.join(' ')} ended with ${code}; ${log}:\n${tailOf(log, 5)}`);
  return stdout;
}
