import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { QUICK_BROKER } from '../../tools/stack/kafka.ts';
import { createTopic, topicCommand } from '../../tools/stack/kafka-tools.ts';
import { ROOT } from '../../tools/stack/paths.ts';
import { gone, recordOf } from '../../tools/stack/processes.ts';
import { brokersAnswer } from '../../tools/stack/readiness.ts';
import { redisAnswers } from '../../tools/stack/redis.ts';
import { openStack, startStack, stackStatus, stopStack } from '../../tools/stack/stack.ts';
import { readState } from '../../tools/stack/state.ts';
import { consoleConsumer } from '../console-consumer.ts';

const name = `self-${process.pid}`;
const up = (more = {}) =>
  startStack({
    name,
    kind: 'java',
    kafkaProperties: QUICK_BROKER,
    forPid: process.pid,
    ...more,
  });

/** The records of the processes of a stack now, to see later that just these are gone. */
function processesOf(of: string) {
  const records = Object.values(openStack(of).pids).map((pid) => recordOf(pid));
  return records.filter((record) => record !== undefined);
}

/** 127.0.0.1 as /proc/net/tcp, /proc/net/tcp6 and lsof write it. */
const LOOPBACK = /^(0100007F|0000000000000000FFFF00000100007F|127\.0\.0\.1):/;

/** The addresses that a process listens on. */
function listeners(pid: number): string[] {
  if (process.platform !== 'linux') {
    const args = ['-aiTCP', '-sTCP:LISTEN', '-nP', '-Fn', '-p', String(pid)];
    const said = spawnSync('lsof', args, { encoding: 'utf8' }).stdout.split('\n');
    return said.filter((line) => line.startsWith('n')).map((line) => line.slice(1));
  }
  const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
  const inodes = new Set(links.map((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1]));
  return ['tcp', 'tcp6']
    .flatMap((table) => readFileSync(`/proc/net/${table}`, 'utf8').split('\n'))
    .map((line) => line.trim().split(/\s+/))
    .filter((columns) => columns[3] === '0A' && inodes.has(columns[9] ?? '-'))
    .map((columns) => columns[1] ?? '');
}

afterAll(() => stopStack(name, true));

describe('a stack', () => {
  test('answers for Kafka and Redis on 127.0.0.1 when up returns', async () => {
    const stack = await up();
    expect(stack.kafkaBrokers).toMatch(/^127\.0\.0\.1:\d+$/);
    expect(await brokersAnswer(stack.kafkaBrokers)).toBe(true);
    expect(await redisAnswers(stack.redisUrl, 2_000)).toBe(stack.redisVersion);
    expect(stack.kafkaVersion).toBe('4.1.1');
  });

  test('listens on loopback only', async () => {
    const { pids } = await up();
    const { kafka = 0, redis = 0 } = pids;
    // The control: the broker's two listeners and Redis's one are seen.
    expect(listeners(kafka)).toHaveLength(2);
    expect(listeners(redis)).toHaveLength(1);
    for (const address of [...listeners(kafka), ...listeners(redis)])
      expect(address).toMatch(LOOPBACK);
  });

  test('stays as it is when up is said again', async () => {
    const before = readState(name);
    const stack = await up();
    expect(readState(name)).toEqual(before);
    expect(stack.kafkaBrokers).toBe(before?.kafkaBrokers);
  });

  test('runs beside another stack with its own ports and processes', async () => {
    const other = openStack(inject('stack').name);
    const stack = await up();
    expect(stack.kafkaBrokers).not.toBe(other.kafkaBrokers);
    expect(stack.redisUrl).not.toBe(other.redisUrl);
    expect(Object.values(stack.pids)).not.toEqual(Object.values(other.pids));
    expect(Object.keys(other.pids).sort()).toEqual(['kafka', 'redis']);
  });

  test('does not make a topic that nobody created', async () => {
    const { kafkaBrokers: brokers } = await up();
    const topic = 'nobody-made-me';
    const isolation = 'read_committed';
    const got = await consoleConsumer({ brokers, topic, isolation, emptyMs: 4_000 });
    expect(got).toEqual([]);
    const list = await topicCommand(brokers, '--list');
    expect(list).not.toContain('nobody-made-me');
  });

  test('has its broker back on the same port with its topics after kill -9', async () => {
    const stack = await up();
    await createTopic(stack.kafkaBrokers, 'survivor', 2);
    const before = stack.pids.kafka;
    await stack.kill('kafka');
    expect(await brokersAnswer(stack.kafkaBrokers)).toBe(false);
    expect(await stackStatus(name)).toEqual({ running: ['redis'], answering: false });
    await stack.start('kafka');
    expect(stack.pids.kafka).not.toBe(before);
    expect(readdirSync(await stack.kafkaData())).toContain('survivor-1');
  });

  test('has its Redis back on the same port with its data after kill -9', async () => {
    const { Redis } = await import('ioredis');
    const stack = await up();
    const first = new Redis(stack.redisUrl);
    await first.set('kept', 'yes');
    first.disconnect();
    await stack.kill('redis');
    await stack.start('redis');
    const second = new Redis(stack.redisUrl);
    expect(await second.get('kept')).toBe('yes');
    second.disconnect();
  });

  test('leaves no process but its data after down, and comes back with it', async () => {
    const stack = await up();
    const processes = processesOf(name);
    const watchdog = readState(name)?.watchdog;
    await stack.stop();
    expect(processes).toHaveLength(2);
    for (const process of processes) expect(await gone(process, 0)).toBe(true);
    expect(watchdog && (await gone(watchdog, 1_000))).toBe(true);
    expect(existsSync(join(stack.directories.kafka, 'survivor-0'))).toBe(true);
    const again = await up();
    expect(again.kafkaBrokers).toBe(stack.kafkaBrokers);
  });

  test('leaves neither process nor data after down --purge', async () => {
    const stack = await up();
    const processes = processesOf(name);
    await stack.stop({ purge: true });
    for (const process of processes) expect(await gone(process, 0)).toBe(true);
    expect(existsSync(stack.directories.root)).toBe(false);
  });

  test('ends by itself when the process it was started for is killed', async () => {
    const owner = spawn('sleep', ['60']);
    const stack = await up({ forPid: owner.pid });
    const processes = processesOf(name);
    owner.kill('SIGKILL');
    for (const process of processes) expect(await gone(process, 20_000)).toBe(true);
    await expect.poll(() => existsSync(stack.directories.root), { timeout: 10_000 }).toBe(false);
  });
});

describe('npm run stack', () => {
  const stack = (environment: NodeJS.ProcessEnv, ...args: string[]) =>
    spawnSync(process.execPath, ['tools/stack.ts', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, ...environment },
    });

  test('only asks whether they answer when the servers are the user’s own', () => {
    const { kafkaBrokers, redisUrl } = inject('stack');
    const own = { KAFKA_BROKERS: kafkaBrokers, REDIS_URL: redisUrl };
    const done = stack(own, 'up', '--name', `${name}-own`, '--json');
    expect(done.status).toBe(0);
    expect(JSON.parse(done.stdout)).toMatchObject({ kind: 'own', kafkaBrokers, pids: {} });
    expect(readState(`${name}-own`)).toBeUndefined();
  });

  test('ends with 3 when the user’s own servers do not answer, or only one is named', () => {
    const nobody = { KAFKA_BROKERS: '127.0.0.1:1', REDIS_URL: 'redis://:secret@127.0.0.1:1' };
    const away = stack(nobody, 'up');
    expect(away.status).toBe(3);
    expect(away.stderr).not.toContain('secret');
    expect(stack({ KAFKA_BROKERS: '127.0.0.1:1', REDIS_URL: '' }, 'up').status).toBe(3);
  });

  test('names what is missing with the line that installs it, and ends with 3', () => {
    const nothing = { PATH: '/nonexistent', JAVA_HOME: '', KAFKA_BROKERS: '', REDIS_URL: '' };
    const done = stack(nothing, 'up', '--name', `${name}-none`);
    expect(done.status).toBe(3);
    expect(done.stderr).toContain('Java 17 or newer is missing; install it with: apt-get install');
  });

  test('ends with 2 on a command or a setting that it does not know', () => {
    expect(stack({}, 'sideways').status).toBe(2);
    expect(stack({}, 'up', '--colour').status).toBe(2);
  });

  test('refuses a name that would leave its folder', () => {
    const own = { KAFKA_BROKERS: '', REDIS_URL: '' };
    expect(stack(own, 'up', '--name', '../escape').stderr).toContain('a stack name is');
  });
});
