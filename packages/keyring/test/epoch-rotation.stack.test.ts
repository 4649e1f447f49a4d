import { existsSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { EpochStore } from '../src/epoch-store.ts';
import { RedisLink } from '@sealstream/redis-link';
import { SubjectStore } from '../src/subject-store.ts';
import type { SubjectAdmin } from '../src/subject-admin.ts';
import { codeOf } from './keyring-fixture.ts';
import { anIndex, byId, keyOf, ORDER, SubjectGround, text } from './subject-fixture.ts';

let ground: SubjectGround;
let admin: SubjectAdmin;
const made = new Map<Buffer, { id: string; key: string }>();
beforeEach(async () => {
  ground = new SubjectGround();
  admin = await ground.admin();
  await admin.ensure();
  const { keys } = await ground.process();
  made.clear();
  for (let n = 0; n < 30; n++) {
    const index = anIndex();
    made.set(index, await keyOf(keys, index));
  }
});
afterEach(() => ground.end());

const epochIds = async () => (await ground.source.store.load('people')).map(({ id }) => id);
const rotate = (name = 'rotation.backup') => admin.rotateEpoch({ backup: ground.file(name) });

async function allOpen(): Promise<void> {
  const { keys } = await ground.process();
  for (const [index, known] of made) expect(await keyOf(keys, index)).toEqual(known);
  for (const [, { id, key }] of made) expect(await byId(keys, id)).toBe(key);
}

describe('a rotation of epochs', () => {
  test('moves every key, takes a backup and destroys the old epoch', async () => {
    const [old] = await epochIds();
    const rotated = await rotate();
    expect(rotated).toMatchObject({ destroyed: old, moved: 30, version: 3 });
    expect(rotated.backup).toMatchObject({ records: 30, epochs: [rotated.epoch] });
    expect(await epochIds()).toEqual([rotated.epoch]);
    expect((await admin.list()).epochs).toMatchObject([
      { id: rotated.epoch, state: 'active', keys: 30 },
    ]);
    await allOpen();
  });

  test('reaches a process that runs: old keys stay, new ones are made under the new epoch', async () => {
    const { keys } = await ground.process();
    const [[index, known]] = made;
    expect(await keyOf(keys, index)).toEqual(known);
    const { epoch } = await rotate();
    expect(await keyOf(keys, index)).toEqual(known);
    for (const [other, key] of made) expect(await keyOf(keys, other)).toEqual(key);
    await keyOf(keys, anIndex());
    expect((await admin.list()).epochs).toMatchObject([{ id: epoch, keys: 31 }]);
  });

  test('leaves a copy of Redis from before it unreadable', async () => {
    const redis = new Redis(ground.redisUrl);
    const [[index]] = made;
    const at = `${ground.prefix}subject:people/${text(index)}`;
    const stolen = (await redis.getBuffer(at)) ?? Buffer.alloc(0);
    await rotate();
    await redis.set(at, stolen);
    const { keys } = await ground.process();
    expect(await codeOf(() => keyOf(keys, index))).toBe('KEYSET_UNREADABLE');
    redis.disconnect();
  });

  test('that has begun lets Redis take no key under the old epoch, and none without a register', async () => {
    const link = new RedisLink({
      redisUrl: ground.redisUrl,
      prefix: ground.prefix,
      logger: ground.log,
    });
    await link.connect();
    const store = new SubjectStore('people', link);
    const [old] = await epochIds();
    const fresh = (keyId: string) => [
      { index: text(anIndex()), keyId, record: Buffer.from([1, 1]) },
    ];
    expect(await store.create(old, fresh('keyId0000001'))).toEqual(['made']);
    expect(await store.create(old, fresh('keyId0000001'))).toEqual(['id-taken']);
    const cut = await ground.admin();
    const onProgress = (): never => {
      throw new Error('cut');
    };
    const backup = ground.file('cut.backup');
    await expect(cut.rotateEpoch({ backup, onProgress })).rejects.toThrow();
    expect(await store.create(old, fresh('keyId0000002'))).toBeUndefined();
    const redis = new Redis(ground.redisUrl);
    await redis.del(`${ground.prefix}keyset:subject/people`);
    const epochs = await epochIds();
    for (const epoch of epochs)
      expect(await store.create(epoch, fresh('keyId0000003'))).toBeUndefined();
    redis.disconnect();
    link.stop();
  });

  test('never uses an epoch again that came back with an old copy of the file', async () => {
    const [old] = await ground.source.store.load('people');
    await rotate('one.backup');
    await ground.source.store.add('people', old);
    const { epoch } = await rotate('two.backup');
    expect(epoch).not.toBe(old.id);
    expect(await epochIds()).toEqual([epoch]);
    await allOpen();
  });

  test('refuses a backup file that is there before it begins anything', async () => {
    await rotate('first.backup');
    const before = await epochIds();
    expect(await codeOf(() => rotate('first.backup'))).toBe('FILE_EXISTS');
    expect(await epochIds()).toEqual(before);
  });

  test('while keys are made and subjects shredded loses no key and revives none', async () => {
    const processes = await Promise.all([ground.process(), ground.process()]);
    const others = await ground.admin();
    const doomed = [...made.keys()].slice(0, 10);
    const rotating = new AbortController();
    const making = processes.map(async ({ keys }) => {
      while (!rotating.signal.aborted) {
        const index = anIndex();
        made.set(index, await keyOf(keys, index));
      }
    });
    const shredding = (async () => {
      for (const index of doomed) await others.shred(text(index), ORDER);
    })();
    for (let n = 0; n < 3; n++) await rotate(`${n}.backup`);
    await shredding;
    rotating.abort();
    await Promise.all(making);
    const { keys } = await ground.process();
    for (const index of doomed) {
      made.delete(index);
      expect(await codeOf(() => keyOf(keys, index))).toBe('SUBJECT_SHREDDED');
    }
    await allOpen();
    expect((await admin.list()).epochs).toMatchObject([{ keys: made.size }]);
  });

  test('by two at once ends in one new epoch, whoever won', async () => {
    const other = await ground.admin();
    const outcomes = await Promise.all([
      codeOf(() => rotate('one.backup')),
      codeOf(() => other.rotateEpoch({ backup: ground.file('other.backup') })),
    ]);
    expect(outcomes.some(Array.isArray)).toBe(true);
    await codeOf(() => rotate('last.backup'));
    expect(await epochIds()).toHaveLength(1);
    await allOpen();
  });
});

/** Fails a call of an epoch store once, before or after it was carried out. */
function failing(store: EpochStore, call: keyof EpochStore, when: 'before' | 'after'): EpochStore {
  let isOver = false;
  const cut = <A extends unknown[], T>(
    name: keyof EpochStore,
    work: (...args: A) => Promise<T>,
  ) => {
    return async (...args: A): Promise<T> => {
      const fails = name === call && !isOver;
      if (fails) isOver = true;
      if (fails && when === 'before') throw new Error('cut');
      const done = await work(...args);
      if (fails) throw new Error('cut');
      return done;
    };
  };
  return {
    load: cut('load', (dataset: string) => store.load(dataset)),
    add: cut('add', (dataset: string, epoch: Parameters<EpochStore['add']>[1]) =>
      store.add(dataset, epoch),
    ),
    destroy: cut('destroy', (dataset: string, id: string) => store.destroy(dataset, id)),
    rewrap: (...given) => store.rewrap(...given),
  };
}

describe('a rotation that is cut', () => {
  async function cutAt(call: keyof EpochStore, when: 'before' | 'after'): Promise<void> {
    const { provider, store } = ground.source;
    const cut = await ground.admin({ epochs: { provider, store: failing(store, call, when) } });
    const backup = ground.file('cut.backup');
    await expect(cut.rotateEpoch({ backup })).rejects.toThrow('cut');
    await allOpen();
    await admin.rotateEpoch({ backup });
    expect(await epochIds()).toHaveLength(1);
    await allOpen();
  }

  test.each([
    ['before the new epoch is kept', 'add', 'before'],
    ['after the new epoch is kept', 'add', 'after'],
    ['before the old epoch is destroyed', 'destroy', 'before'],
    ['after the old epoch is destroyed', 'destroy', 'after'],
  ] as const)(
    '%s, is finished by running it again with the same file',
    async (_when, call, when) => {
      const [old] = await epochIds();
      await cutAt(call, when);
      expect(await epochIds()).not.toContain(old);
      // No more epochs were begun than one.
      expect((await admin.list()).version).toBe(3);
    },
  );

  test('when the head cannot be published, is finished by running it again', async () => {
    const backup = ground.file('cut.backup');
    ground.heads.fail = true;
    await expect(admin.rotateEpoch({ backup })).rejects.toThrow('away');
    expect(existsSync(backup)).toBe(false);
    ground.heads.fail = false;
    const { moved } = await admin.rotateEpoch({ backup });
    expect(moved).toBe(30);
    expect((await admin.list()).version).toBe(3);
    await allOpen();
  });

  test('half way through the keys, moves the rest and no more', async () => {
    const cut = await ground.admin();
    const stopping = cut.rotateEpoch({
      backup: ground.file('cut.backup'),
      onProgress: () => {
        throw new Error('cut');
      },
    });
    await expect(stopping).rejects.toThrow('cut');
    await allOpen();
    const { moved } = await admin.rotateEpoch({ backup: ground.file('cut.backup') });
    expect(moved).toBeLessThan(30);
    expect((await admin.list()).epochs).toMatchObject([{ keys: 30 }]);
    await allOpen();
  });
});
