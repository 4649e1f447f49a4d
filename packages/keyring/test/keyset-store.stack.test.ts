import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { KeysetStore } from '../src/keyset-store.ts';
import { codeOf, KeptLog, Line, until } from './keyring-fixture.ts';

const one = Buffer.from([0, 0xff, 0x0a, 1]);
const two = Buffer.from([0, 0xff, 0x0a, 2]);
let log: KeptLog;
let line: Line;
let store: KeysetStore;
beforeEach(async () => {
  log = new KeptLog();
  line = new Line(inject('stack').redisUrl);
  store = new KeysetStore({
    redisUrl: await line.open(),
    prefix: `test-${randomUUID()}*[?]:`,
    logger: log,
  });
  await store.connect();
});
afterEach(() => {
  store.stop();
  line.close();
});

describe('keysets in Redis', () => {
  test('are bytes, written only over what they were made from', async () => {
    expect(await store.read(['field/people'])).toEqual([null]);
    expect(await store.swap('field/people', one, two)).toBe(false);
    expect(await store.swap('field/people', null, one)).toBe(true);
    expect(await store.swap('field/people', null, two)).toBe(false);
    expect(await store.swap('field/people', two, one)).toBe(false);
    expect(await store.swap('field/people', one, two)).toBe(true);
    expect(await store.read(['field/staff', 'field/people'])).toEqual([null, two]);
  });

  test('of many who write at once exactly one wins', async () => {
    const writes = Array.from({ length: 20 }, (_, at) =>
      store.swap('field/people', null, Buffer.from(`writer ${at}`)),
    );
    expect((await Promise.all(writes)).filter(Boolean)).toHaveLength(1);
  });

  test('a key id is given once', async () => {
    const claims = Array.from({ length: 5 }, () =>
      store.claimKeyId('k3Y_id-12AbZ', 'field/people'),
    );
    expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1);
  });

  test('names are those of our prefix alone, whatever characters it has', async () => {
    for (const name of ['hash/people', 'field/people', 'field/staff'])
      await store.swap(name, null, one);
    await store.claimKeyId('k3Y_id-12AbZ', 'field/people');
    expect(await store.names()).toEqual(['field/people', 'field/staff', 'hash/people']);
  });

  test('a change is told to those who watch, and so is a connection made anew', async () => {
    let told = 0;
    store.watch(() => told++);
    await until(() => told > 0);
    const before = told;
    await store.swap('field/people', null, one);
    await until(() => told > before);
    line.cut();
    await until(() => log.lines.length > 0);
    const atCut = told;
    line.mend();
    await until(() => told > atCut);
  });

  test('while Redis is away every command fails at once, and nothing quotes the address', async () => {
    line.cut();
    await until(() => log.lines.length > 0);
    const began = performance.now();
    expect(await codeOf(() => store.read(['field/people']))).toBe('REDIS_UNREACHABLE');
    expect(await codeOf(() => store.swap('field/people', null, one))).toBe('REDIS_UNREACHABLE');
    expect(performance.now() - began).toBeLessThan(1000);
    expect(log.lines.join()).not.toMatch(/127\.0\.0\.1|redis:/);
  });

  test('a wrong password stays out of errors and logs', async () => {
    const url = new URL(inject('stack').redisUrl);
    url.username = `nobody-${randomUUID()}`;
    url.password = 'canary-password-7261';
    const locked = new KeysetStore({ redisUrl: url.href, logger: log });
    const seen = await codeOf(() => locked.connect().then(() => locked.read(['field/people'])));
    locked.stop();
    expect(seen).toBe('REDIS_REFUSED');
    expect(JSON.stringify([seen, log.lines])).not.toContain('canary-password');
  });
});
