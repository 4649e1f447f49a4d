import { setImmediate } from 'node:timers/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { HashQueue } from '../src/hash-queue.ts';
import { bytesOf, CHEAP, codeOf } from './accounts-fixture.ts';

const opened: HashQueue[] = [];
function queue(more: ConstructorParameters<typeof HashQueue>[0] = {}): HashQueue {
  const one = new HashQueue({ cost: CHEAP, ...more });
  opened.push(one);
  return one;
}
afterEach(async () => {
  for (const one of opened.splice(0)) await one.stop();
});

describe('the queue of hashes', () => {
  test('hashes under a new salt each time, and opens what it hashed and nothing else', async () => {
    const hashes = queue();
    const [one, two] = [
      await hashes.hash(bytesOf('some words')),
      await hashes.hash(bytesOf('some words')),
    ];
    expect(one).not.toBe(two);
    expect(await hashes.verify(one, bytesOf('some words'))).toBe(true);
    expect(await hashes.verify(two, bytesOf('some words'))).toBe(true);
    expect(await hashes.verify(one, bytesOf('other words'))).toBe(false);
  });

  test('takes the bytes of a password away from whoever gave them', async () => {
    const password = bytesOf('some words');
    const hashed = queue().hash(password);
    expect(password.buffer.detached).toBe(true);
    await hashed;
  });

  test('knows hashes of another cost', async () => {
    const hashes = queue();
    const phc = await hashes.hash(bytesOf('some words'));
    expect(hashes.isOutdated(phc)).toBe(false);
    for (const more of [{ memoryCost: 128 }, { timeCost: 2 }, { parallelism: 2 }])
      expect(queue({ cost: { ...CHEAP, ...more } }).isOutdated(phc)).toBe(true);
  });

  test('has 16 places, half of them for known devices, and takes each back once', () => {
    const hashes = queue();
    const strangers = Array.from({ length: 9 }, () => hashes.enter('stranger'));
    expect(strangers.map((place) => place !== undefined)).toEqual([...Array(8).fill(true), false]);
    const known = Array.from({ length: 9 }, () => hashes.enter('known-device'));
    expect(known.map((place) => place !== undefined)).toEqual([...Array(8).fill(true), false]);
    strangers[0]?.release();
    strangers[0]?.release();
    expect(hashes.enter('stranger')).toBeDefined();
    expect(hashes.enter('stranger')).toBeUndefined();
  });

  test('makes strangers rest after a wrong password, and neither a known device nor after a right one', async () => {
    // So long a rest that the longest holds: a second.
    const hashes = queue({ rest: 1e6 });
    const phc = await hashes.hash(bytesOf('right'));
    const done: string[] = [];
    const tries = async (who: string, caller: 'known-device' | 'stranger', password: string) => {
      const place = hashes.enter(caller);
      const matches = await place?.verify(phc, bytesOf(password));
      place?.release();
      done.push(`${who} ${matches}`);
    };
    const begunMs = performance.now();
    await Promise.all([
      tries('first', 'stranger', 'right'),
      tries('second', 'stranger', 'wrong'),
      tries('third', 'stranger', 'right'),
      (async () => {
        while (done.length < 2) await setImmediate();
        await tries('device', 'known-device', 'wrong');
      })(),
    ]);
    expect(done).toEqual(['first true', 'second false', 'device false', 'third true']);
    expect(performance.now() - begunMs).toBeGreaterThan(990);
  });

  test('tells who waited when its thread ends, and goes on with another', async () => {
    const hashes = queue({ cost: { memoryCost: 256 * 1024, timeCost: 20, parallelism: 1 } });
    const waiting = [hashes.hash(bytesOf('one')), hashes.hash(bytesOf('two'))].map(codeOf);
    await hashes.stop();
    expect(await Promise.all(waiting)).toEqual(['INTERNAL', 'INTERNAL']);
    const phc = await queue().hash(bytesOf('three'));
    expect(await hashes.verify(phc, bytesOf('three'))).toBe(true);
  });

  test('refuses a text that is no hash, without a word of it', async () => {
    const refused = await queue().verify('canary', bytesOf('x')).catch(String);
    expect(refused).toContain('ACCOUNT_UNREADABLE');
    expect(refused).not.toContain('canary');
  });
});
