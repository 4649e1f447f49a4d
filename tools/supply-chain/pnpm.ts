import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from '../stack/paths.ts';

const PNPM = /^const PNPM = '(pnpm@[\d.]+)';$/m;
const TIMEOUT_MS = 120_000;

/** What a run of pnpm said, and how it ended. */
export interface PnpmRun {
  readonly stdout: string;
  readonly stderr: string;
  /** null when it was ended. */
  readonly code: number | null;
}

/** Runs the pnpm of this checkout, whose version stands in tools/start.mjs. */
export async function pnpm(args: readonly string[]): Promise<PnpmRun> {
  const version = PNPM.exec(readFileSync(join(ROOT, 'tools', 'start.mjs'), 'utf8'))?.[1];
  if (version === undefined) throw new Error('tools/start.mjs does not say which pnpm');
  const options = { cwd: ROOT, maxBuffer: 2 ** 26, timeout: TIMEOUT_MS };
  try {
    const { stdout, stderr } = await promisify(execFile)(
      'npx',
      ['--yes', version, ...args],
      options,
    );
    return { stdout, stderr, code: 0 };
  } catch (error) {
    const failed = error as { stdout?: string; stderr?: string; code?: unknown };
    const code = typeof failed.code === 'number' ? failed.code : null;
    return { stdout: failed.stdout ?? '', stderr: failed.stderr ?? '', code };
  }
}
