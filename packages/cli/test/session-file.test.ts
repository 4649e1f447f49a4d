import { chmodSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';

import { type KeptSession, SessionFile } from '../src/access/session-file.ts';
import { emptyDir } from './built-cli.ts';

const ORIGIN = 'https://access.example:9443';
const SESSION: KeptSession = {
  v: 1,
  origin: ORIGIN,
  account: 'ann',
  accessToken: 'a',
  accessEndsMs: 1,
  refreshToken: 'r',
};

function opened() {
  const home = emptyDir();
  const file = new SessionFile(home, ORIGIN);
  const path = join(home, 'sealstream', 'session-access.example_9443.json');
  return { file, home, path };
}

test('a session is kept for its owner alone, and is gone once it is removed', async () => {
  const { file, home, path } = opened();
  expect(file.read()).toBeUndefined();
  await file.locked(async () => file.write(SESSION));
  expect(file.read()).toEqual(SESSION);
  for (const name of readdirSync(join(home, 'sealstream')))
    expect(statSync(join(home, 'sealstream', name)).mode & 0o777).toBe(0o600);
  expect(statSync(join(home, 'sealstream')).mode & 0o777).toBe(0o700);
  await file.locked(async () => file.remove());
  expect(file.read()).toBeUndefined();
  expect(readdirSync(join(home, 'sealstream'))).not.toContain(path);
});

test('a file that others may read, or that is none of ours, is not believed', async () => {
  const { file, path } = opened();
  await file.locked(async () => file.write(SESSION));
  chmodSync(path, 0o644);
  expect(() => file.read()).toThrow('KEY_FILE_OPEN');
  chmodSync(path, 0o600);
  writeFileSync(path, '{"refreshToken":"canary"');
  expect(() => file.read()).toThrow('FILE_UNREADABLE');
  expect(() => file.read()).not.toThrow('canary');
});

test('tokens of one address are none of another, whatever the file is called', async () => {
  const { file, path } = opened();
  await file.locked(async () => file.write(SESSION));
  const text = readFileSync(path, 'utf8').replace(ORIGIN, 'https://access.example.net');
  writeFileSync(path, text);
  expect(file.read()).toBeUndefined();
});

test('of many who want the lock one at a time has it', async () => {
  const { file, home } = opened();
  let inside = 0;
  let most = 0;
  const work = (held: SessionFile) =>
    held.locked(async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    });
  await Promise.all(
    Array.from({ length: 8 }, (_, at) => work(at % 2 === 0 ? file : new SessionFile(home, ORIGIN))),
  );
  expect(most).toBe(1);
});

test('the lock is given back when the work fails', async () => {
  const { file } = opened();
  const failing = file.locked(async () => Promise.reject(new Error('fault')));
  await expect(failing).rejects.toThrow('fault');
  await file.locked(async () => file.write(SESSION));
  expect(file.read()).toEqual(SESSION);
});
