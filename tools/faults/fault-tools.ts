import { spawnSync } from 'node:child_process';
import { existsSync, globSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { debianPackage, programPath } from '../stack/debian-package.ts';
import { withLock } from '../stack/lock.ts';
import { MissingTool } from '../stack/missing.ts';
import { STATE } from '../stack/paths.ts';

const TOXIPROXY = 'v2.5.0';
const TOXIPROXY_SOURCE = 'github.com/Shopify/toxiproxy/v2/cmd/server';
const GO_LINE = 'apt-get install -y golang-go (macOS: brew install go)';
const FAKETIME_LIBRARY = '/usr/lib/*/faketime/libfaketimeMT.so.1';
/** Of util-linux, which every Debian has. */
const PRLIMIT_LINE = 'apt-get install -y util-linux';

/** Programs and libraries that faults are done with, by path. */
export interface FaultTools {
  readonly toxiproxy: string;
  /** Preloaded into a process whose clock shall jump. */
  readonly faketimeLibrary: string;
  /** The reader that shares no line with ours. */
  readonly kcat: string;
  /** Sets the limits of a process that runs. */
  readonly prlimit: string;
}

/** Finds all, installing what can be; throws MissingTool with the line that installs the rest. */
export async function faultTools(progress: (line: string) => void): Promise<FaultTools> {
  if (programPath('prlimit') === undefined)
    throw new MissingTool('prlimit is missing', PRLIMIT_LINE);
  const toxiproxy = await toxiproxyServer(progress);
  const kcat = await debianPackage('kcat', () => programPath('kcat'), progress);
  const faketimeLibrary = await debianPackage(
    'faketime',
    () => globSync(FAKETIME_LIBRARY)[0],
    progress,
  );
  return { toxiproxy, kcat, faketimeLibrary, prlimit: 'prlimit' };
}

/** Built by Go once, at the pinned version; a program that is there is whole. */
async function toxiproxyServer(progress: (line: string) => void): Promise<string> {
  const tools = join(STATE, 'tools');
  const program = join(tools, `toxiproxy-${TOXIPROXY}`);
  if (!existsSync(program))
    await withLock(join(tools, 'toxiproxy.lock'), async () => {
      if (!existsSync(program)) build(program, progress);
    });
  return program;
}

function build(program: string, progress: (line: string) => void): void {
  if (programPath('go') === undefined) throw new MissingTool('Go is missing', GO_LINE);
  progress(`building toxiproxy ${TOXIPROXY} with Go (once, takes a minute)`);
  const folder = `${program}.partial-${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    const go = spawnSync('go', ['install', `${TOXIPROXY_SOURCE}@${TOXIPROXY}`], {
      encoding: 'utf8',
      env: { ...process.env, GOBIN: folder },
    });
    if (go.status !== 0)
      throw new Error(`Go could not build toxiproxy:\n${go.stderr.trim().slice(-1000)}`);
    renameSync(join(folder, 'server'), program);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
