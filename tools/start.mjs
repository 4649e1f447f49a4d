#!/usr/bin/env node
// Starts anything in this checkout from any Node >= 20: installs what the lock file says when it
// changed, builds, then runs the given program on the pinned Node. Its own words go to stderr, so
// stdout belongs to the program.
//
//   node tools/start.mjs                      install and build only
//   node tools/start.mjs FILE [ARG ...]       run FILE (.js, .ts) on the pinned Node
//   node tools/start.mjs --bin NAME [ARG ...] run a tool of node_modules/.bin
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PNPM = 'pnpm@12.21.0';
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const state = join(root, '.sealstream');
const bin = (name) => join(root, 'node_modules', '.bin', name);

function fail(message) {
  process.stderr.write(`sealstream: ${message}\n`);
  process.exit(3);
}

function manifests() {
  const files = ['pnpm-workspace.yaml', 'pnpm-lock.yaml', 'package.json'];
  for (const group of ['packages', 'services'])
    for (const name of readdirSync(join(root, group)).sort())
      files.push(join(group, name, 'package.json'));
  return files.filter((file) => existsSync(join(root, file)));
}

function fingerprint() {
  const hash = createHash('sha256');
  for (const file of manifests())
    hash
      .update(file)
      .update('\0')
      .update(readFileSync(join(root, file)));
  return hash.update(PNPM).update(process.platform).update(process.arch).digest('hex');
}

/** One starter at a time in a checkout; a lock whose owner is gone is taken over. */
async function locked(work) {
  mkdirSync(state, { recursive: true });
  const lock = join(state, 'start.lock');
  const deadline = Date.now() + 10 * 60_000;
  for (;;) {
    try {
      writeFileSync(lock, String(process.pid), { flag: 'wx' });
      break;
    } catch {
      const owner = Number(existsSync(lock) ? readFileSync(lock, 'utf8') : 0);
      if (owner > 0 && !alive(owner)) rmSync(lock, { force: true });
      else if (owner === 0 && existsSync(lock) && Date.now() - statSync(lock).mtimeMs > 5000)
        rmSync(lock, { force: true });
      else await new Promise((done) => setTimeout(done, 100));
      if (Date.now() > deadline) fail(`another start holds ${lock} for 10 minutes`);
    }
  }
  try {
    await work();
  } finally {
    rmSync(lock, { force: true });
  }
}

function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

function step(command, args, what) {
  const done = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, CI: 'true' },
  });
  if (done.error?.code === 'ENOENT')
    fail(`${command} is missing; install Node.js 20 or newer with npm`);
  if (done.status !== 0) fail(`${what} failed (exit ${done.status ?? done.signal})`);
}

function install() {
  const stamp = join(root, 'node_modules', '.sealstream-stamp');
  const now = fingerprint();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === now && existsSync(bin('node'))) return;
  process.stderr.write('sealstream: installing packages (once per change of the lock file)\n');
  step(
    'npx',
    ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=warn'],
    'install',
  );
  writeFileSync(stamp, fingerprint());
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path)
    .sort()
    .flatMap((name) => filesBelow(join(path, name)));
}

/** The web page is one bundle, so it is made anew whenever anything that is in it changed. */
function buildConsole() {
  const folder = join(root, 'packages', 'console');
  const stamp = join(folder, 'dist', 'site.stamp');
  const hash = createHash('sha256').update(readFileSync(join(root, 'pnpm-lock.yaml')));
  const own = ['src/page', 'public', 'index.html', 'vite.config.ts', 'tsconfig.page.json'];
  const made = [...own.map((path) => join(folder, path)), join(root, 'docs', 'runbooks')];
  for (const file of made.flatMap(filesBelow))
    hash.update(file.slice(root.length)).update('\0').update(readFileSync(file));
  const now = hash.digest('hex');
  const isThere = existsSync(join(folder, 'dist', 'site', 'index.html'));
  if (isThere && existsSync(stamp) && readFileSync(stamp, 'utf8') === now) return;
  rmSync(stamp, { force: true });
  const vite = join(folder, 'node_modules', 'vite', 'bin', 'vite.js');
  step(bin('node'), [vite, 'build', '--logLevel', 'warn', folder], 'build of the console');
  writeFileSync(stamp, now);
}

if (Number(process.versions.node.split('.')[0]) < 20)
  fail(`Node.js 20 or newer is needed, this is ${process.version}`);
await locked(() => {
  install();
  step(bin('node'), [join(root, 'node_modules/typescript/bin/tsc'), '-b'], 'build');
  buildConsole();
});
const [first, ...rest] = process.argv.slice(2);
if (first !== undefined) {
  const [command, args] =
    first === '--bin'
      ? [bin(rest[0]), rest.slice(1)]
      : [bin('node'), ['--disable-warning=ExperimentalWarning', join(root, first), ...rest]];
  const path = `${join(root, 'node_modules', '.bin')}:${process.env.PATH}`;
  const child = spawn(command, args, { stdio: 'inherit', env: { ...process.env, PATH: path } });
  // The terminal sends Ctrl-C to the whole group; what is sent to this process alone is passed on.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(signal === null ? (code ?? 1) : 1));
}
