import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { MissingTool } from './missing.ts';
import { STATE } from './paths.ts';

const MAVEN_LINE = 'apt-get install -y maven (macOS: brew install maven)';

/** What a pom of ours brings. */
export interface MavenSource {
  readonly pom: string;
  /** What its folder is called. */
  readonly name: string;
  /** What is fetched, for the reader of the progress. */
  readonly what: string;
  /** What is left to do in the folder before it counts as whole. */
  readonly finish?: (folder: string) => void;
}

/** Brings everything into `folder`, whole or not at all: a folder that is there is complete. */
function download(
  { pom, what, finish }: MavenSource,
  folder: string,
  progress: (line: string) => void,
): void {
  progress(`fetching ${what} with Maven (once)`);
  const partial = `${folder}.partial-${process.pid}`;
  mkdirSync(partial, { recursive: true });
  try {
    const args = ['-B', '-q', '-ntp', '-f', pom, 'package', `-Dservers.directory=${partial}`];
    const maven = spawnSync('mvn', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
    if (maven.error !== undefined) throw new MissingTool('Maven is missing', MAVEN_LINE);
    if (maven.status !== 0)
      throw new Error(`Maven failed:\n${`${maven.stdout}${maven.stderr}`.trim().slice(-2000)}`);
    finish?.(partial);
    renameSync(partial, folder);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

/**
 * The folder in .sealstream/tools that a pom fills, fetched when it is not there yet. It is named by
 * the hash of the pom, so a new version never mixes with an old one. Throws MissingTool.
 */
export async function mavenFolder(
  source: MavenSource,
  progress: (line: string) => void,
): Promise<string> {
  const hash = createHash('sha256').update(readFileSync(source.pom)).digest('hex').slice(0, 12);
  const folder = join(STATE, 'tools', `${source.name}-${hash}`);
  if (!existsSync(folder))
    await withLock(join(STATE, 'tools', `${source.name}.lock`), async () => {
      if (!existsSync(folder)) download(source, folder, progress);
    });
  return folder;
}
