import { chmodSync } from 'node:fs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, inject, it } from 'vitest';
import { isReady } from '../../tools/demo/service-processes.ts';
import { gone } from '../../tools/stack/processes.ts';
import { openStack } from '../../tools/stack/stack.ts';
import { coordinate, RunningFlow, until } from './running-flow.ts';

let flow: RunningFlow;
afterEach(() => flow.close());

const person = (n: number) =>
  Buffer.from(
    `{"first_name":"Ann","last_name":"Lee","ssn":"123-45-6789","email":"ann.${n}@x.example"}`,
  );
const QUICK = { SEALSTREAM_SESSION_TIMEOUT: '2s' };

/** Runs a service until it ends by itself; its exit code. */
async function exitCode(more: Readonly<Record<string, string>>): Promise<number | null> {
  const child = spawn(
    process.execPath,
    [join(import.meta.dirname, '../../services/mask/dist/main.js')],
    {
      stdio: 'ignore',
      env: {
        PATH: process.env.PATH ?? '',
        KAFKA_BROKERS: inject('stack').kafkaBrokers,
        REDIS_URL: inject('stack').redisUrl,
        SEALSTREAM_POLICY_FILE: flow.place.policyFile,
        SEALSTREAM_KEY_DIR: flow.place.keysOf('mask'),
        SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: flow.keys.signerPublicKeyFile,
        SEALSTREAM_NAME_PREFIX: flow.namePrefix,
        SEALSTREAM_HTTP_PORT: '0',
        SEALSTREAM_START_WAIT: '2s',
        SEALSTREAM_ALLOW_UNLOCKED: 'true',
        ...more,
      },
    },
  );
  const [code] = (await once(child, 'exit')) as [number | null];
  return code;
}

it('a service ends with 75 when waiting may help, and with 78 when somebody must mend something', async () => {
  flow = await RunningFlow.open(inject('stack'));
  expect(await exitCode({ KAFKA_BROKERS: '127.0.0.1:1' })).toBe(75);
  expect(await exitCode({ REDIS_URL: 'redis://127.0.0.1:1' })).toBe(75);
  expect(await exitCode({ SEALSTREAM_LINGR: '1s' })).toBe(78);
  expect(await exitCode({ SEALSTREAM_POLICY_FILE: '/nowhere/policy.yaml' })).toBe(78);
  chmodSync(join(flow.place.keysOf('mask'), 'hash.key'), 0o644);
  expect(await exitCode({})).toBe(78);
}, 60_000);

it('goes on by itself after the broker and Redis were killed and came back, and each record stands once', async () => {
  flow = await RunningFlow.open(inject('stack'));
  const stack = openStack(inject('stack').name);
  const { bus, dataset } = flow;
  const { raw, masked, encrypted } = dataset.topics;
  await flow.start('ingest', QUICK);
  await flow.start('mask', QUICK);
  await flow.start('encrypt', QUICK);
  const write = async (from: number) => {
    for (let n = from; n < from + 2000; n += 100) {
      const records = Array.from({ length: 100 }, (_, k) => ({ key: null, value: person(n + k) }));
      await bus.append(raw, (n / 100) % 4, records);
    }
  };
  await write(0);
  await until(async () => (await flow.readAll(masked)).length > 0);
  const writing = write(2000);
  await stack.kill('kafka');
  await stack.start('kafka');
  await stack.kill('redis');
  await writing;
  await stack.start('redis');
  await write(4000);
  for (const topic of [masked, encrypted]) {
    await until(async () => (await flow.readAll(topic)).length >= 6000);
    const seen = (await flow.readAll(topic)).map(coordinate);
    expect(seen.length).toBe(6000);
    expect(new Set(seen).size).toBe(6000);
  }
}, 120_000);

it('stops when keys cannot be confirmed any more, says so, and recovers by itself', async () => {
  flow = await RunningFlow.open(inject('stack'));
  const stack = openStack(inject('stack').name);
  const { bus, dataset } = flow;
  const service = await flow.start('ingest', {
    SEALSTREAM_KEY_CACHE_CEILING: '1s',
    SEALSTREAM_KEY_POLL: '200ms',
  });
  await stack.kill('redis');
  try {
    await until(async () => !(await isReady(service)));
    await bus.append(dataset.topics.raw, 0, [{ key: null, value: person(1) }]);
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await flow.readAll(dataset.topics.accepted)).toEqual([]);
  } finally {
    await stack.start('redis');
  }
  await until(async () => (await flow.readAll(dataset.topics.accepted)).length === 1);
  await until(() => isReady(service));
}, 60_000);

it('drains on SIGTERM: what is committed stands once, and the process is gone', async () => {
  flow = await RunningFlow.open(inject('stack'));
  const service = await flow.start('ingest');
  process.kill(service.process.pid, 'SIGTERM');
  expect(await gone(service.process, 10_000)).toBe(true);
}, 60_000);

it('accepts nothing more while a branch is too far behind, and goes on when it has caught up', async () => {
  flow = await RunningFlow.open(inject('stack'));
  const { bus, dataset } = flow;
  const { raw, accepted } = dataset.topics;
  const count = async () => (await flow.readAll(accepted)).length;
  await flow.start('encrypt', QUICK);
  const ingest = await flow.start('ingest', {
    SEALSTREAM_DOWNSTREAM_AGE: '2s',
    SEALSTREAM_DOWNSTREAM_EVERY: '200ms',
  });
  await bus.append(raw, 0, [{ key: null, value: person(1) }]);
  await until(async () => !(await isReady(ingest)));
  expect(await count()).toBe(1);
  await bus.append(raw, 1, [{ key: null, value: person(2) }]);
  await new Promise((resolve) => setTimeout(resolve, 1000));
  expect(await count()).toBe(1);
  await flow.start('mask', QUICK);
  await until(async () => (await count()) === 2);
}, 60_000);
