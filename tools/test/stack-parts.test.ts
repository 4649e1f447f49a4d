import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { imageEnvironment } from '../stack/docker-engine.ts';
import { freePorts, isFree } from '../stack/free-ports.ts';
import { kafkaProperties } from '../stack/kafka.ts';
import { kafkaAnswers } from '../stack/kafka-request.ts';
import { withLock } from '../stack/lock.ts';
import { directoriesOf } from '../stack/paths.ts';
import { end, gone, recordOf, runs, startDetached } from '../stack/processes.ts';
import { redisSettings } from '../stack/redis.ts';

const folder = mkdtempSync(join(tmpdir(), 'sealstream-stack-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('a lock', () => {
  const file = join(folder, 'one.lock');

  test('lets one at a time in, in the same process as well', async () => {
    let inside = 0;
    let most = 0;
    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(20);
      inside -= 1;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, work)));
    expect(most).toBe(1);
  });

  test('is free again when its owner is killed', async () => {
    const module = join(import.meta.dirname, '..', 'stack', 'lock.ts');
    const program = `import { withLock } from ${JSON.stringify(module)};
      await withLock(${JSON.stringify(file)}, () => {
        console.log('in');
        return new Promise((done) => setTimeout(done, 60_000));
      });`;
    const owner = spawn(process.execPath, ['--input-type=module', '--eval', program]);
    await once(owner.stdout, 'data');
    await expect(withLock(file, async () => 'in', 200)).rejects.toThrow('another process holds');
    owner.kill('SIGKILL');
    expect(await withLock(file, async () => 'in', 10_000)).toBe('in');
  });

  test('is free again when the work under it fails', async () => {
    await expect(withLock(file, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(file, async () => 'in', 1_000)).toBe('in');
  });
});

describe('free ports', () => {
  test('are all different and can be listened on', async () => {
    const ports = await freePorts(5);
    expect(new Set(ports).size).toBe(5);
    for (const port of ports) expect(await isFree(port)).toBe(true);
  });

  test('do not count a port that is taken', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    expect(await isFree(address !== null && typeof address === 'object' ? address.port : 0)).toBe(
      false,
    );
    server.close();
  });
});

describe('a process', () => {
  const start = (...args: string[]) =>
    startDetached(process.execPath, ['--eval', ...args], {
      cwd: folder,
      log: join(folder, 'process.log'),
    });

  test('is known by more than its number', () => {
    const here = recordOf(process.pid);
    expect(here !== undefined && runs(here)).toBe(true);
    expect(runs({ pid: process.pid, started: 'another time' })).toBe(false);
  });

  test('that only took over the number is not ended', async () => {
    const record = start('setTimeout(() => 0, 60_000)');
    await end({ ...record, started: 'another time' }, 0);
    expect(runs(record)).toBe(true);
    await end(record, 0);
    expect(runs(record)).toBe(false);
  });

  test('that does not hear SIGTERM is killed after its grace', async () => {
    const record = start(
      `process.on('SIGTERM', () => 0); console.log('deaf'); setTimeout(() => 0, 60_000)`,
    );
    await expect.poll(() => readFileSync(join(folder, 'process.log'), 'utf8')).toContain('deaf');
    expect(await gone(record, 0)).toBe(false);
    await end(record, 100);
    expect(await gone(record, 0)).toBe(true);
  });
});

describe('the servers of a stack', () => {
  test('listen on loopback, and a setting of the caller comes last', () => {
    const nodes = [{ client: 1, internal: 0, controller: 2 }];
    const cluster = { nodes, advertised: [], kafkaProperties: { 'log.dirs': '/x' } };
    const properties = kafkaProperties(cluster, 0, '/data');
    expect(properties).toContain('listeners=PLAINTEXT://127.0.0.1:1,CONTROLLER://127.0.0.1:2\n');
    expect(properties).toContain('auto.create.topics.enable=false\n');
    expect(properties).toContain('log.dirs=/x\n');
    const settings = redisSettings(3, '/data').split('\n');
    expect(settings).toEqual(
      expect.arrayContaining([
        'bind 127.0.0.1',
        'appendfsync always',
        'maxmemory-policy noeviction',
      ]),
    );
  });

  test('of three brokers keep everything three times and talk to each other past the proxies', () => {
    const nodes = [1, 2, 3].map((n) => ({ client: n, internal: 10 + n, controller: 20 + n }));
    const advertised = ['127.0.0.1:31', '127.0.0.1:32', '127.0.0.1:33'];
    const properties = kafkaProperties({ nodes, advertised, kafkaProperties: {} }, 1, '/data');
    for (const line of [
      'node.id=2',
      'controller.quorum.voters=1@127.0.0.1:21,2@127.0.0.1:22,3@127.0.0.1:23',
      'listeners=PLAINTEXT://127.0.0.1:2,INTERNAL://127.0.0.1:12,CONTROLLER://127.0.0.1:22',
      'advertised.listeners=PLAINTEXT://127.0.0.1:32,INTERNAL://127.0.0.1:12',
      'inter.broker.listener.name=INTERNAL',
      'default.replication.factor=3',
      'min.insync.replicas=2',
      'unclean.leader.election.enable=false',
      'offsets.topic.replication.factor=3',
      'transaction.state.log.replication.factor=3',
      'transaction.state.log.min.isr=2',
    ])
      expect(properties).toContain(`${line}\n`);
  });

  test('take broker settings in Docker under the names of the image', () => {
    expect(imageEnvironment({ 'log.retention.check.interval.ms': '5', 'a.b_c-d': '6' })).toEqual({
      KAFKA_LOG_RETENTION_CHECK_INTERVAL_MS: '5',
      KAFKA_A_B__C___D: '6',
    });
  });

  test('are not taken for a Kafka when something else answers, or nobody does', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = address !== null && typeof address === 'object' ? address.port : 0;
    expect(await kafkaAnswers(`127.0.0.1:${port}`, 1_000)).toBe(false);
    server.close();
    expect(await kafkaAnswers('127.0.0.1:1', 1_000)).toBe(false);
  });

  test.each(['', '../x', 'A', 'x/y', '-x', 'x'.repeat(42)])('have no stack named "%s"', (name) => {
    expect(() => directoriesOf(name)).toThrow('a stack name is');
  });
});
