import { execFile } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { withLock } from './lock.ts';
import { MissingTool } from './missing.ts';
import { STATE } from './paths.ts';

export interface DebianOptions {
  /** Whether packages may be installed; default: when this process is root's. */
  readonly isRoot?: boolean;
  /** Default: that of this process. */
  readonly environment?: NodeJS.ProcessEnv;
}

/** The file that a shell would run for this name, or undefined. */
export function programPath(name: string, environment = process.env): string | undefined {
  const folders = (environment['PATH'] ?? '').split(':').filter((folder) => folder !== '');
  return folders.map((folder) => join(folder, name)).find((path) => runs(path));
}

function runs(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What `find` finds: a file of the Debian package `name`. When it is not there and this process is
 * root's, apt-get installs the package, one run at a time, after reading the package lists anew when
 * they do not have it. Throws MissingTool with the line to run when it still is not there.
 */
export async function debianPackage(
  name: string,
  find: () => string | undefined,
  progress: (line: string) => void,
  options: DebianOptions = {},
): Promise<string> {
  const { isRoot = process.getuid?.() === 0, environment = process.env } = options;
  const line = `apt-get install -y ${name}`;
  const found = find();
  if (found !== undefined) return found;
  if (!isRoot) throw new MissingTool(`${name} is missing`, line);
  return withLock(join(STATE, 'tools', 'debian.lock'), async () => {
    // Whoever had the lock before may have installed it.
    const problem = find() === undefined ? await install(name, progress, environment) : '';
    const path = find();
    if (path !== undefined) return path;
    throw new MissingTool(`${name} is missing${problem && `, and ${problem}`}`, line);
  });
}

/** Says what went wrong; '' when nothing did. */
async function install(
  name: string,
  progress: (line: string) => void,
  environment: NodeJS.ProcessEnv,
): Promise<string> {
  progress(`installing Debian's package ${name} (once)`);
  const args = ['install', '-y', '--no-install-recommends', name];
  if ((await aptGet(args, environment)) === '') return '';
  // A fresh machine has no lists, and an old one names files that are gone.
  await aptGet(['update'], environment);
  return aptGet(args, environment);
}

async function aptGet(args: readonly string[], environment: NodeJS.ProcessEnv): Promise<string> {
  // Another checkout, or the machine's own updates, may be at work: apt waits for them.
  const all = ['-q', '-o', 'DPkg::Lock::Timeout=300', ...args];
  const env = { ...environment, DEBIAN_FRONTEND: 'noninteractive' };
  try {
    await promisify(execFile)('apt-get', all, { env, maxBuffer: 2 ** 26 });
    return '';
  } catch (error) {
    const said = error instanceof Error && 'stderr' in error ? String(error.stderr).trim() : '';
    return `apt-get ${args[0] ?? ''} failed: ${said.slice(-500) || 'it did not start'}`;
  }
}
