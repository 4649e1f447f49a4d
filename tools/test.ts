// npm test: every check of this checkout. The last line on stdout is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allPassed, type Counts, countsOf, failuresOf, sum } from './checks/counts.ts';
import { chromium } from './stack/chromium.ts';
import { keycloakHome } from './stack/keycloak.ts';
import { MissingTool } from './stack/missing.ts';
import { ROOT, STATE } from './stack/paths.ts';
import { pythonProgram } from './stack/python-tools.ts';
import { softHsm } from './stack/softhsm.ts';
import { ACCEPTED_ADVISORIES } from './supply-chain/accepted-advisories.ts';
import { audit } from './supply-chain/audit.ts';

const HELP = `npm test [-- --quick]

  Format, lint, types, unused exports, then unit, architecture and end-to-end tests on a Kafka and
  a Redis of their own, and tests in a browser. --quick leaves out what needs those.
  Exit codes: 0 all passed, 1 something failed or nothing ran, 2 usage.`;

/**
 * The pinned Node, and no setting of the shell: tests never touch the user's own servers. What Node
 * compiled is kept, since a run starts more than a thousand processes of the same code.
 */
function environment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) => !['KAFKA_BROKERS', 'REDIS_URL'].includes(name) && !name.startsWith('SEALSTREAM_'),
  );
  const path = `${join(ROOT, 'node_modules', '.bin')}:${process.env['PATH'] ?? ''}`;
  const compiled = { NODE_COMPILE_CACHE: join(STATE, 'compiled') };
  return { ...Object.fromEntries(kept), ...compiled, PATH: path };
}

/** Told again at the end: a long run is read from there. */
const failures: string[] = [];

/** Runs a program of node_modules on this Node, its output straight on the terminal. */
async function run(program: string, args: readonly string[]): Promise<number | null> {
  const child = spawn(join(ROOT, 'node_modules', '.bin', program), args, {
    cwd: ROOT,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: environment(),
  });
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

async function titled<T>(title: string, work: () => Promise<T>): Promise<T> {
  const start = performance.now();
  process.stdout.write(`\n== ${title}\n`);
  const result = await work();
  process.stdout.write(`== ${title}: ${((performance.now() - start) / 1000).toFixed(1)} s\n`);
  return result;
}

function check(title: string, program: string, ...args: string[]): Promise<Counts> {
  return titled(title, async () => {
    const code = await run(program, args);
    if (code === 0) return { passed: 1, failed: 0 };
    failures.push(title);
    return { passed: 0, failed: 1 };
  });
}

function vitest(title: string, ...projects: string[]): Promise<Counts> {
  return titled(title, async () => {
    const folder = mkdtempSync(join(STATE, 'report-'));
    const file = join(folder, 'report.json');
    try {
      const code = await run('vitest', [
        'run',
        ...projects.flatMap((project) => ['--project', project]),
        '--reporter=default',
        '--reporter=json',
        `--outputFile.json=${file}`,
      ]);
      let report: unknown;
      try {
        report = JSON.parse(readFileSync(file, 'utf8'));
      } catch {
        process.stdout.write(`vitest left no report (exit ${code})\n`);
      }
      failures.push(...failuresOf(report).map((line) => line.replace(`${ROOT}/`, '')));
      return countsOf(report, code);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
}

/** What takes a minute on a clean machine, and so does not fit into the time that a test has. */
function tools(): Promise<Counts> {
  return titled('tools of the tests', async () => {
    const progress = (line: string) => process.stdout.write(`${line}\n`);
    try {
      await pythonProgram(progress);
      await softHsm(progress);
      await keycloakHome(progress);
      await chromium(progress);
      return { passed: 1, failed: 0 };
    } catch (error) {
      if (!(error instanceof MissingTool)) throw error;
      process.stdout.write(`${error.message}\n`);
      return { passed: 0, failed: 1 };
    }
  });
}

/**
 * Known weaknesses of dependencies. Where the registry does not tell them nothing was checked: that counts
 * neither as passed nor as failed, and is said.
 */
function weaknesses(): Promise<Counts> {
  return titled('known weaknesses of production dependencies', async () => {
    const { code, lines } = await audit(ACCEPTED_ADVISORIES, new Date());
    process.stdout.write(`${lines.join('\n')}\n`);
    return { passed: code === 0 ? 1 : 0, failed: code === 1 ? 1 : 0 };
  });
}

async function main(): Promise<number> {
  let quick: boolean;
  try {
    const options = { quick: { type: 'boolean' }, help: { type: 'boolean' } } as const;
    const { values } = parseArgs({ options });
    if (values.help === true) {
      process.stdout.write(`${HELP}\n`);
      return 0;
    }
    quick = values.quick === true;
  } catch {
    process.stderr.write(`${HELP}\n`);
    return 2;
  }
  const counts = [
    await check('format', 'biome', 'format', '.'),
    await check('lint', 'oxlint', '--type-aware'),
    await check('types', 'tsc', '-b'),
    await check('unused exports', 'knip'),
    await vitest('unit and architecture tests', 'unit', 'architecture'),
  ];
  if (!quick) {
    counts.push(await weaknesses());
    const ready = await tools();
    counts.push(ready);
    if (allPassed(ready)) {
      counts.push(await vitest('tests in a browser', 'browser'));
      counts.push(await vitest('tests on a real Kafka and Redis', 'stack'));
    }
  }
  const total = sum(counts);
  for (const failure of failures) process.stdout.write(`\nfailed: ${failure}`);
  process.stdout.write(`\n${total.passed} passed, ${total.failed} failed\n`);
  return allPassed(total) ? 0 : 1;
}

process.exitCode = await main();
