import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT, STATE } from '../../tools/stack/paths.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';

// README.md, "Your own topic": the same commands, on servers of their own.
let stack: Stack;
let dir: string;
let services: ChildProcess | undefined;

beforeAll(async () => {
  stack = await startStack({
    name: `test-${process.pid}-own`,
    kind: 'java',
    forPid: process.pid,
  });
  dir = mkdtempSync(join(STATE, 'quick-start-'));
  cpSync(join(ROOT, 'examples', 'people', 'raw_data.csv'), join(dir, 'people.csv'));
});

afterAll(async () => {
  if (services !== undefined && services.exitCode === null) services.kill('SIGTERM');
  await stack.stop({ purge: true });
  rmSync(dir, { recursive: true, force: true });
});

const environment = () => ({
  PATH: process.env['PATH'] ?? '',
  HOME: process.env['HOME'] ?? '',
  KAFKA_BROKERS: stack.kafkaBrokers,
  REDIS_URL: stack.redisUrl,
});

function sealstream(...args: string[]): string {
  const program = join(ROOT, 'packages', 'cli', 'dist', 'main.js');
  const options = { cwd: dir, encoding: 'utf8', env: environment(), timeout: 60_000 } as const;
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], options);
  expect(status, `sealstream ${args.join(' ')}\n${stderr}`).toBe(0);
  return stdout;
}

function startServices(): { said: () => string } {
  const program = [join(ROOT, 'tools', 'services.ts'), '--dir', dir, '--free-ports'];
  const flags = ['--disable-warning=ExperimentalWarning'];
  const stdio: ['ignore', 'ignore', 'pipe'] = ['ignore', 'ignore', 'pipe'];
  services = spawn(process.execPath, [...flags, ...program], { env: environment(), stdio });
  let said = '';
  services.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  return { said: () => said };
}

async function until(what: string, holds: () => boolean): Promise<void> {
  for (const deadline = Date.now() + 60_000; !holds(); await sleep(250))
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`);
}

describe('one’s own topic', () => {
  test('is protected after init, topics apply, keys rotate, and a start of the services', async () => {
    sealstream('init', '--sample', 'people.csv', '--dataset', 'people');
    sealstream('topics', 'apply');
    sealstream('keys', 'rotate');
    const { said } = startServices();
    await until('all six services work', () => said().match(/ works: /g)?.length === 6);
    sealstream('ingest', 'people.csv', '--dataset', 'people');
    const values = (topic: string) =>
      sealstream('tail', topic)
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.stringify((JSON.parse(line) as { value: unknown }).value));
    await until('five masked records', () => values('masked.people').length === 5);
    await until('five encrypted records', () => values('encrypted.people').length === 5);
    const rows = readFileSync(join(dir, 'people.csv'), 'utf8').trim().split('\n').slice(1);
    const shown = [...values('masked.people'), ...values('encrypted.people')].join('\n');
    for (const value of rows.flatMap((row) => row.split(','))) expect(shown).not.toContain(value);
    expect(shown.match(/\[redacted\]/g)).toHaveLength(20);
    expect(shown.match(/ss1:/g)).toHaveLength(20);

    services?.kill('SIGTERM');
    const [code] = (await once(services ?? process, 'exit')) as [number | null];
    expect(code, said()).toBe(0);
    sealstream('audit', 'verify');
  }, 180_000);
});
