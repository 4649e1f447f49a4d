import { spawn } from 'node:child_process';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openBus } from '@sealstream/bus';
import { describe, expect, inject, test } from 'vitest';
import { type CheckRun, runChecks } from '../../tools/demo/check-run.ts';
import { CHECKS, failedOf, SECURE_CHECKS } from '../../tools/demo/checks/check.ts';
import { QUIET } from '../../tools/demo/ground.ts';
import { redisContents } from '../../tools/demo/redis-contents.ts';
import { runDemo } from '../../tools/demo/run.ts';
import { ROOT, STATE } from '../../tools/stack/paths.ts';
import { stackNames } from '../../tools/stack/state.ts';
import {
  alertMuted,
  canaryInMasked,
  logByteFlipped,
  recordDoubled,
  recordDropped,
} from './demo-faults.ts';

const TEN_MINUTES = 600_000;
const demoNames = () => readdirSync(STATE).filter((name) => name.startsWith('demo-'));

/** Addresses of the user's own servers; none: the demo starts some. */
interface Servers {
  readonly KAFKA_BROKERS: string;
  readonly REDIS_URL: string;
}
const NONE: Servers = { KAFKA_BROKERS: '', REDIS_URL: '' };

/** A run of the program as npm starts it. */
function startDemo(servers: Servers, ...args: string[]) {
  const env = { ...process.env, ...servers };
  const child = spawn(process.execPath, ['tools/demo.ts', ...args], { cwd: ROOT, env });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (said: Buffer) => (stdout += said.toString()));
  child.stderr.on('data', (said: Buffer) => (stderr += said.toString()));
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended, said: () => stderr };
}

/** Topics and keys of the shared servers that begin so, without it. */
async function namesUnder(namePrefix: string): Promise<string[]> {
  const { kafkaBrokers, redisUrl } = inject('stack');
  const brokers = kafkaBrokers.split(',');
  const bus = await openBus({ brokers, clientId: 'test', logger: QUIET, namePrefix });
  const topics = (await bus.admin.topics(null)).map(({ name }) => name);
  await bus.stop();
  const keys = (await redisContents(redisUrl, namePrefix)).toString('latin1');
  return [...topics, ...(keys === '' ? [] : ['keys in Redis'])];
}

describe('a fault that is planted in the running system', () => {
  test('turns exactly its own row red, and the exit to 1', { timeout: TEN_MINUTES }, async () => {
    const said: string[] = [];
    const ignored = { write: () => true };
    const out = { write: (text: string) => said.push(text) };
    const plan = [
      ['alert', alertMuted],
      ['plaintext', canaryInMasked],
      ['encrypted', recordDropped],
      ['masked', recordDoubled],
      ['audit log', logByteFlipped],
    ] as const;
    const exit = await runDemo({
      records: 1000,
      keep: false,
      shred: false,
      secure: false,
      json: true,
      seed: 'faults',
      kind: 'java',
      out,
      err: ignored,
      signal: new AbortController().signal,
      afterChecks: async (session, green, progress): Promise<CheckRun> => {
        expect(failedOf(green.verdicts)).toEqual([]);
        let run = green;
        for (const [name, plant] of plan) {
          const before = failedOf(run.verdicts);
          await plant(session, progress);
          run = await runChecks(session, progress);
          expect(failedOf(run.verdicts).sort(), name).toEqual([...before, name].sort());
          expect(run.verdicts[name].seen).not.toBe(green.verdicts[name].seen);
        }
        return run;
      },
    });
    expect(exit).toBe(1);
    const report = JSON.parse(said.at(-1) ?? '') as {
      checks: { name: string; ok: boolean; expected?: string; first?: string; log?: string }[];
    };
    const failed = report.checks.filter(({ ok }) => !ok);
    expect(failed.map(({ name }) => name).sort()).toEqual(plan.map(([name]) => name).sort());
    for (const { expected, log = '' } of failed) {
      expect(expected).not.toBe('');
      expect(existsSync(log), log).toBe(true);
    }
    const log = failed.find(({ name }) => name === 'masked')?.log ?? '';
    rmSync(dirname(dirname(log)), { recursive: true });
  });
});

describe('npm run demo', () => {
  test('passes on the user’s own servers, says so in JSON, keeps all when told to, and removes it later', {
    timeout: TEN_MINUTES,
  }, async () => {
    const { kafkaBrokers, redisUrl } = inject('stack');
    const own = { KAFKA_BROKERS: kafkaBrokers, REDIS_URL: redisUrl };
    const { ended } = startDemo(own, '--records', '300', '--shred', '--json', '--keep');
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(report).toMatchObject({
      published: 317,
      accepted: 305,
      rejected: 12,
      masked: 305,
      encrypted: 305,
      balanced: true,
      plaintextFound: 0,
      auditVerified: true,
    });
    expect(report['plaintextFoundInRaw']).toBe(report['plaintextValues']);
    expect(report['alertsFired']).toBeGreaterThan(0);
    expect(report['alertsResolved']).toBe(report['alertsFired']);
    for (const figure of ['recordsPerSecond', 'latencyMsP50', 'latencyMsP99'])
      expect(report[figure]).toBeGreaterThan(0);
    expect(report['checks']).toEqual(CHECKS.map((name) => ({ name, ok: true })));
    // With --shred: a record opened, its subject was shredded, and nothing of it opens any more.
    const { steps } = report['shred'] as { steps: { what: string; seen: string; ok: boolean }[] };
    expect(steps.map(({ ok }) => ok)).toEqual([true, true, true, true, true]);
    expect(steps.filter(({ seen }) => seen.includes('SUBJECT_SHREDDED'))).toHaveLength(3);
    const id = /--end ([0-9a-f]{6})/.exec(stderr)?.[1] ?? '';
    const url = /mask +(http:\S+)\/livez/.exec(stderr)?.[1] ?? '';
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect(await namesUnder(`sealstream-demo-${id}.`)).toContain('masked.people');
    expect((await startDemo(own, '--end', id).ended).code).toBe(0);
    await expect(fetch(`${url}/readyz`)).rejects.toThrow();
    const left = () => namesUnder(`sealstream-demo-${id}.`);
    await expect.poll(left, { timeout: 10_000 }).toEqual([]);
    expect(demoNames()).not.toContain(`demo-${id}`);
    expect((await startDemo(own, '--end', id).ended).code).toBe(1);
  });

  test('passes with every link on TLS and each program under a user of its own', {
    timeout: TEN_MINUTES,
  }, async () => {
    const { ended } = startDemo(NONE, '--secure', '--records', '200', '--json');
    const { code, stdout, stderr } = await ended;
    expect(code, stderr).toBe(0);
    const report = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Record<string, unknown>;
    expect(report).toMatchObject({ published: 217, masked: 205, encrypted: 205 });
    const checks = [...CHECKS, ...SECURE_CHECKS].map((name) => ({ name, ok: true }));
    expect(report['checks']).toEqual(checks);
    const id = /demo ([0-9a-f]{6})/.exec(stderr)?.[1];
    expect([...demoNames(), ...stackNames()]).not.toContain(`demo-${id}`);
  });

  test('refuses --secure on the user’s own servers', async () => {
    for (const own of [
      { KAFKA_BROKERS: '127.0.0.1:1', REDIS_URL: '' },
      { KAFKA_BROKERS: '', REDIS_URL: 'redis://127.0.0.1:1' },
    ]) {
      const { code, stderr, stdout } = await startDemo(own, '--secure').ended;
      expect(code).toBe(2);
      expect(stderr).toMatch(/--secure starts servers of its own; unset (KAFKA_BROKERS|REDIS_URL)/);
      expect(stdout).toBe('');
    }
  });

  test('leaves nothing behind after Ctrl-C', { timeout: TEN_MINUTES }, async () => {
    const { child, ended, said } = startDemo(NONE, '--records', '200');
    while (!said().includes('services …')) await sleep(50);
    await sleep(1000);
    child.kill('SIGINT');
    const { code, stderr } = await ended;
    expect(code, stderr).toBe(130);
    const id = /demo ([0-9a-f]{6})/.exec(stderr)?.[1];
    expect(id).toBeDefined();
    expect([...demoNames(), ...stackNames()]).not.toContain(`demo-${id}`);
  });

  test('ends with 3 and leaves nothing when a tool is missing, and names the line that installs it', async () => {
    const before = demoNames();
    const nowhere = { ...NONE, PATH: '/nonexistent', JAVA_HOME: '' };
    const { code, stderr, stdout } = await startDemo(nowhere, '--json').ended;
    expect(code, stderr).toBe(3);
    expect(stderr).toContain('install it with: apt-get install');
    expect(stdout).toBe('');
    expect(demoNames()).toEqual(before);
  });

  test('ends with 2 on a command line that it does not understand', async () => {
    for (const args of [
      ['--records', '10'],
      ['--record', '10'],
      ['--records', 'many'],
    ]) {
      const { code, stderr, stdout } = await startDemo(NONE, ...args).ended;
      expect(code).toBe(2);
      expect(stderr).not.toBe('');
      expect(stdout).toBe('');
    }
  });
});
