import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { describe, expect, test } from 'vitest';

const FIXTURE = join(import.meta.dirname, 'fixtures', 'service.ts');

interface Run {
  readonly child: ChildProcess;
  readonly file: string;
  /** The first line on stdout. */
  readonly up: Promise<{ pid: number; cores: string; young: string[] }>;
  /** Exit code and everything that was written. */
  readonly ended: Promise<{ code: number | null; out: string; err: string }>;
}

function run(behaviour: string): Run {
  const file = join(mkdtempSync(join(tmpdir(), 'lifecycle-')), 'made');
  const args = ['--conditions', 'sealstream-source', FIXTURE, behaviour, file];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  const up = new Promise<{ pid: number; cores: string; young: string[] }>((resolve) => {
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve(JSON.parse(out.split('\n', 1)[0] ?? ''));
    });
  });
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const ended = once(child, 'close').then(([code]) => ({ code, out, err }));
  return { child, file, up, ended };
}

describe('a running service', () => {
  test('keeps its process id, writes no cores, makes private files, ignores SIGUSR1', async () => {
    const { child, ended, file, up } = run('normal');
    const { cores, pid } = await up;
    expect(pid).toBe(child.pid);
    expect(cores).toBe('0\n0\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    child.kill('SIGUSR1');
    await new Promise((done) => setTimeout(done, 300));
    child.kill('SIGTERM');
    const { code, err, out } = await ended;
    expect(err).not.toContain('Debugger');
    expect([code, out.endsWith('stopped\n')]).toEqual([0, true]);
  });

  test.each([
    ['normal', ['--max-semi-space-size=8']],
    ['many-requests', ['--min-semi-space-size=16', '--max-semi-space-size=16']],
  ])('has the young generation that it asks for (%s)', async (behaviour, flags) => {
    const { child, ended, up } = run(behaviour);
    expect((await up).young).toEqual(flags);
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('%s stops it in order and it exits 0', async (name) => {
    const { child, ended, up } = run('normal');
    await up;
    child.kill(name);
    expect(await ended).toMatchObject({ code: 0, out: expect.stringMatching(/stopped\n$/) });
  });

  test('a second signal ends a slow stop at once', async () => {
    const { child, ended, up } = run('stops-slowly');
    await up;
    child.kill('SIGTERM');
    await new Promise((done) => setTimeout(done, 300));
    child.kill('SIGTERM');
    expect((await ended).out).not.toContain('stopped');
  });

  test('a signal ends a start that is still waiting', async () => {
    const { child, ended, up } = run('starts-forever');
    await up;
    child.kill('SIGTERM');
    expect((await ended).code).toBe(0);
  });

  test.each(['crash-later', 'reject-later'])('%s: exits 70 and logs no message', async (what) => {
    const { code, err } = await run(what).ended;
    expect(code).toBe(70);
    expect(err).toContain('"error.type":"Error"');
    expect(err).not.toContain('canary');
  });
});

describe('a start that fails', () => {
  test.each([
    ['no-kafka', 75, 'KAFKA_UNREACHABLE'],
    ['bad-settings', 78, 'SEALSTREAM_X'],
    ['defect', 70, 'TypeError'],
  ])('%s: exits %i', async (behaviour, exit, words) => {
    const { code, err } = await run(behaviour).ended;
    expect(code).toBe(exit);
    expect(err).toContain(words);
    expect(err).not.toContain('canary');
  });
});
