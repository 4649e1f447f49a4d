import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './stack/lock.ts';
import { STATE } from './stack/paths.ts';

const VERSION = '2.2.4';

/**
 * The folder of a kafkajs as its makers published it: the workspace's own is patched by pnpm, and
 * that reaches every importer in the workspace. Installed by npm once.
 */
export async function stockKafkajs(progress: (line: string) => void): Promise<string> {
  const folder = join(STATE, 'tools', 'kafkajs-stock');
  if (!isThere(folder))
    await withLock(join(STATE, 'tools', 'kafkajs-stock.lock'), async () => {
      if (!isThere(folder)) install(folder, progress);
    });
  return folder;
}

function isThere(folder: string): boolean {
  const manifest = join(folder, 'node_modules', 'kafkajs', 'package.json');
  if (!existsSync(manifest)) return false;
  const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { version?: string };
  return version === VERSION;
}

/** Whole or not at all: a folder that is there is complete. */
function install(folder: string, progress: (line: string) => void): void {
  progress(`installing an unpatched kafkajs ${VERSION} for the reference (once)`);
  const partial = `${folder}.partial-${process.pid}`;
  try {
    mkdirSync(partial, { recursive: true });
    const manifest = { private: true, dependencies: { kafkajs: VERSION } };
    writeFileSync(join(partial, 'package.json'), JSON.stringify(manifest));
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
    const npm = spawnSync('npm', args, { cwd: partial, encoding: 'utf8' });
    if (npm.status !== 0)
      throw new Error(`npm could not install kafkajs:\n${npm.stderr.trim().slice(-1000)}`);
    rmSync(folder, { recursive: true, force: true });
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}
