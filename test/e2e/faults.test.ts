import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLeaks } from '../../tools/faults/checks/leaks.ts';
import { checkOutputs, type FinalFindings } from '../../tools/faults/final-checks.ts';
import { parseFaults } from '../../tools/faults/options.ts';
import { runFaults, type RunOptions } from '../../tools/faults/run.ts';
import type { FaultsSession } from '../../tools/faults/session.ts';
import { ROOT, STATE } from '../../tools/stack/paths.ts';
import { canaryInMasked, recordDoubled, recordDropped, recordsSwapped } from './faults-planted.ts';

const TEN_MINUTES = 600_000;
const folders = () => readdirSync(STATE).filter((name) => name.startsWith('faults-'));

/** A run in this process; its exit code, what it said, and the object of its last line. */
async function run(args: readonly string[], more: Pick<RunOptions, 'brokers' | 'afterChecks'>) {
  const options = parseFaults([...args, '--short', '--json']);
  if (options === 'help') throw new Error('a run was asked for');
  const [said, told]: [string[], string[]] = [[], []];
  const exit = await runFaults({
    ...options,
    ...more,
    out: { write: (text: string) => said.push(text) },
    err: { write: (text: string) => told.push(text) },
    signal: new AbortController().signal,
  });
  const report = JSON.parse(said.at(-1) ?? '{}') as Record<string, unknown>;
  return { exit, told: told.join(''), report };
}

/** Everything that has to be 0, by name. */
function counted({ flow, kcat, reader, audit, leaks }: FinalFindings) {
  const { leaked, blind } = leaks;
  const readers = { kcat: kcat.count, reader: reader.count };
  return { ...flow.counts, ...readers, audit: audit.count, leaked, blind };
}

const CLEAN = {
  lost: 0,
  doubled: 0,
  reordered: 0,
  foreign: 0,
  pending: 0,
  kcat: 0,
  reader: 0,
  audit: 0,
  leaked: 0,
  blind: 0,
};

describe('a flow under faults', () => {
  test('loses, doubles, reorders and shows nothing; and what is planted turns its own count red alone', {
    timeout: TEN_MINUTES,
  }, async () => {
    const seen: unknown[] = [];
    const plants = [recordDropped, recordDoubled, recordsSwapped, canaryInMasked] as const;
    const afterChecks = async (session: FaultsSession, clean: FinalFindings) => {
      seen.push(counted(clean));
      let findings = clean;
      for (const plant of plants) {
        await plant(session);
        await session.restartReaders();
        const outputs = await checkOutputs(session);
        const leaks = plant === canaryInMasked ? await checkLeaks(session, []) : findings.leaks;
        findings = { ...findings, ...outputs, leaks };
        seen.push(counted(findings));
      }
      return findings;
    };
    const kinds = 'kill,stop,brokerKill,cut,halfOpen,lostAnswer,redisRestart,diskFull';
    const args = ['--rounds', '2', '--seed', 'e2e-27', '--kinds', kinds, '--rate', '120'];
    const { exit, told, report } = await run(args, { brokers: 3, afterChecks });
    expect(seen, told).toEqual([
      CLEAN,
      { ...CLEAN, lost: 1 },
      { ...CLEAN, lost: 1, doubled: 1 },
      { ...CLEAN, lost: 1, doubled: 1, reordered: 1 },
      { ...CLEAN, lost: 1, doubled: 1, reordered: 1, leaked: 1 },
    ]);
    expect(exit).toBe(1);
    expect(report).toMatchObject({
      rounds: 2,
      brokers: 3,
      lost: 1,
      doubled: 1,
      reordered: 1,
      leaked: 1,
    });
    const injected = Object.values(report['faultsInjected'] as Record<string, number>);
    expect(injected.reduce((sum, count) => sum + count, 0)).toBe(4);
    expect(report['cameToNothing']).toEqual([]);
    expect(report['records']).toBeGreaterThan(200);
    // What was found is told by place, with the line that runs it again, and the logs stay.
    for (const words of ['lost: raw 0/', 'doubled: raw 1/', 'reordered: raw 2/', 'plaintext: '])
      expect(told).toContain(words);
    expect(told).toContain('npm run faults -- --rounds 2 --seed e2e-27');
    const folder = /logs and audit log: (\S+)/.exec(told)?.[1] ?? '';
    const plan = readFileSync(join(folder, 'logs', 'plan.json'), 'utf8');
    expect((JSON.parse(plan) as { plan: unknown[] }).plan).toHaveLength(2);
    expect(existsSync(join(folder, 'audit'))).toBe(true);
    rmSync(folder, { recursive: true });
  });

  test('is found to lose records when a plain kafkajs worker stands in it', {
    timeout: TEN_MINUTES,
  }, async () => {
    const args = ['--rounds', '4', '--seed', 'e2e', '--client', 'stock', '--rate', '80'];
    const faults = ['--kinds', 'lostAnswer', '--answers', 'Produce'];
    const { exit, told, report } = await run([...args, ...faults], { brokers: 1 });
    expect(exit, told).toBe(1);
    expect(report['lost'], told).toBeGreaterThan(0);
    // The producer, ingest and encrypt beside it, which have the same faults, lose nothing.
    expect(report).toMatchObject({ client: 'stock', foreign: 0, pending: 0, leaked: 0, blind: 0 });
    expect(told).toMatch(/lost: raw \d\/\d+: not in masked/);
    expect(told).not.toContain('not in encrypted');
    rmSync(/logs and audit log: (\S+)/.exec(told)?.[1] ?? '', { recursive: true });
  });
});

describe('npm run faults', () => {
  function start(environment: NodeJS.ProcessEnv, ...args: string[]) {
    const env = { ...process.env, ...environment };
    const child = spawn(process.execPath, ['tools/faults.ts', ...args], { cwd: ROOT, env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (said: Buffer) => (stdout += said.toString()));
    child.stderr.on('data', (said: Buffer) => (stderr += said.toString()));
    return new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
  }

  test('ends with 2 on a command line that it does not understand, and shows its help with 0', async () => {
    const wrong = await start({}, '--rounds', 'many');
    expect(wrong).toMatchObject({ code: 2, stdout: '' });
    expect(wrong.stderr).toContain('--rounds');
    const help = await start({}, '--help');
    expect(help).toMatchObject({ code: 0, stderr: '' });
    expect(help.stdout).toContain('--client stock');
  });

  test('ends with 3 and leaves nothing when a tool is missing, and names the line that installs it', async () => {
    const before = folders();
    const { code, stderr, stdout } = await start({ PATH: '/nonexistent' }, '--json');
    expect(code, stderr).toBe(3);
    expect(stderr).toContain('install it with: apt-get install');
    expect(stdout).toBe('');
    expect(folders()).toEqual(before);
  });
});
