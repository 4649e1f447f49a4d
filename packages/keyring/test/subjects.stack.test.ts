import { inspect } from 'node:util';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { SubjectAdmin } from '../src/subject-admin.ts';
import { codeOf, KeptHeads, Line, until } from './keyring-fixture.ts';
import {
  anIndex,
  brought,
  byId,
  keyOf,
  ORDER,
  SubjectGround,
  text,
  USE,
} from './subject-fixture.ts';

let ground: SubjectGround;
let admin: SubjectAdmin;
beforeEach(async () => {
  ground = new SubjectGround();
  admin = await ground.admin();
  await admin.ensure();
});
afterEach(() => ground.end());

describe('keys of subjects', () => {
  test('are made once, are the same in every process, and lead back from their ids', async () => {
    const [writer, reader] = [await ground.process(), await ground.process({ mayCreate: false })];
    const [one, other] = [anIndex(), anIndex()];
    const made = await keyOf(writer.keys, one);
    expect(made.id).toMatch(/^[\w-]{12}$/);
    expect(await keyOf(writer.keys, one)).toEqual(made);
    expect(await keyOf(writer.keys, other)).not.toMatchObject({ key: made.key });
    expect(await keyOf((await ground.process()).keys, one)).toEqual(made);
    expect(await byId(reader.keys, made.id)).toBe(made.key);
    expect(await keyOf(reader.keys, one)).toEqual(made);
  });

  test('are for one use each', async () => {
    const { keys } = await ground.process();
    const index = anIndex();
    const ssn = await keyOf(keys, index);
    const email = await brought(keys, () => keys.active({ ...USE, path: '/email' }, index, 0));
    expect(email.id).toBe(ssn.id);
    expect(await keyOf(keys, index)).toEqual(ssn);
  });

  test('are found by the place of the index in longer bytes', async () => {
    const { keys } = await ground.process();
    const index = anIndex();
    const longer = Buffer.concat([Buffer.alloc(7, 1), index, Buffer.alloc(9, 2)]);
    const { id } = await brought(keys, () => keys.active(USE, longer, 7));
    expect((await keyOf(keys, index)).id).toBe(id);
  });

  test('are the same object each time, so that giving one allocates nothing', async () => {
    const { keys } = await ground.process();
    const [one, other] = [anIndex(), anIndex()];
    await keyOf(keys, one);
    await keyOf(keys, other);
    const first = keys.active(USE, one, 0);
    const second = keys.active(USE, other, 0);
    expect(second).toBe(first);
    expect(second.key).toBe(first.key);
    expect(inspect(second, { showHidden: true })).not.toMatch(/<Buffer/);
  });

  test('are brought for a whole batch with one wait, and nobody is left out', async () => {
    const { keys } = await ground.process();
    const batch = Array.from({ length: 3000 }, anIndex);
    for (const index of batch)
      expect(await codeOf(() => keys.active(USE, index, 0))).toBe('SUBJECT_KEYS_WANTED');
    expect(keys.wants).toBe(true);
    await keys.bring();
    expect(keys.wants).toBe(false);
    const ids = new Set(batch.map((index) => keys.active(USE, index, 0).id));
    expect(ids.size).toBe(batch.length);
  });

  test('of which two processes make one at once are the winner’s in both', async () => {
    const processes = await Promise.all(Array.from({ length: 4 }, () => ground.process()));
    const batch = Array.from({ length: 200 }, anIndex);
    for (const { keys } of processes)
      for (const index of batch) await codeOf(() => keys.active(USE, index, 0));
    await Promise.all(processes.map(({ keys }) => keys.bring()));
    for (const index of batch) {
      const found = await Promise.all(processes.map(({ keys }) => keyOf(keys, index)));
      expect(new Set(found.map(({ id, key }) => `${id} ${key}`)).size).toBe(1);
    }
  });

  test('are not made by a process that may not', async () => {
    const { keys } = await ground.process({ mayCreate: false });
    expect(await codeOf(() => keyOf(keys, anIndex()))).toBe('KEY_UNKNOWN');
    expect(await codeOf(() => byId(keys, 'unknownKey01'))).toBe('KEY_UNKNOWN');
    const made = await keyOf((await ground.process()).keys, anIndex());
    expect(await byId(keys, made.id)).toBe(made.key);
  });

  test('unknown to a process a moment ago are asked for again', async () => {
    const [writer, reader] = [await ground.process(), await ground.process({ mayCreate: false })];
    const index = anIndex();
    expect(await codeOf(() => keyOf(reader.keys, index))).toBe('KEY_UNKNOWN');
    const made = await keyOf(writer.keys, index);
    for (const _ of [1, 2, 3]) await codeOf(() => keyOf(reader.keys, anIndex()));
    expect(await keyOf(reader.keys, index)).toEqual(made);
  });

  test('unknown to a process are asked for again after a moment, also when nobody else is', async () => {
    const [writer, reader] = [await ground.process(), await ground.process({ mayCreate: false })];
    const index = anIndex();
    expect(await codeOf(() => keyOf(reader.keys, index))).toBe('KEY_UNKNOWN');
    const made = await keyOf(writer.keys, index);
    let found: unknown;
    while (!Array.isArray(found)) {
      expect(found ?? 'KEY_UNKNOWN').toBe('KEY_UNKNOWN');
      found = await codeOf(() => keyOf(reader.keys, index));
      await new Promise((done) => setTimeout(done, 20));
    }
    expect(found).toEqual(['gave', made]);
  });

  test('swapped between two subjects, or of another epoch key, do not open', async () => {
    const { keys } = await ground.process();
    const [one, other] = [anIndex(), anIndex()];
    await keyOf(keys, one);
    await keyOf(keys, other);
    const redis = new Redis(ground.redisUrl);
    const at = (index: Buffer) => `${ground.prefix}subject:people/${text(index)}`;
    await redis.copy(at(one), at(other), 'REPLACE');
    const cold = await ground.process();
    expect(await codeOf(() => keyOf(cold.keys, other))).toBe('KEYSET_UNREADABLE');
    expect((await keyOf(cold.keys, one)).id).toMatch(/./);
    redis.disconnect();
  });

  test('beyond the bound give the oldest up, never one of the batch that is worked on', async () => {
    const { keys } = await ground.process({ max: 100 });
    const made = new Map<Buffer, string>();
    for (let batch = 0; batch < 5; batch++) {
      const indexes = Array.from({ length: 300 }, anIndex);
      for (const index of indexes) await codeOf(() => keys.active(USE, index, 0));
      await keys.bring();
      for (const index of indexes) made.set(index, keys.active(USE, index, 0).id);
    }
    for (const [index, id] of made) expect((await keyOf(keys, index)).id).toBe(id);
  });

  test('are not there for a process without epochs, which knows all shreds', async () => {
    const index = anIndex();
    await admin.shred(text(index), ORDER);
    const mask = await ground.process({ epochs: undefined });
    expect(mask.shreds.has(index, 0)).toBe(true);
    expect(mask.shreds.has(anIndex(), 0)).toBe(false);
    expect(await codeOf(() => mask.keys.active(USE, index, 0))).toBe('KEY_FILE_MISSING');
  });

  test('end with stop, which ends those who wait, too', async () => {
    const subjects = await ground.process();
    const index = anIndex();
    await keyOf(subjects.keys, index);
    const late = await ground.open({ dataset: 'nowhere' });
    const waiting = codeOf(() => late.ready());
    for (const one of [subjects, subjects, late]) one.stop();
    expect(await waiting).toBe('KEYRING_STALE');
    expect(await codeOf(() => subjects.keys.active(USE, index, 0))).toBe('KEYRING_STALE');
    expect(await codeOf(() => subjects.shreds.has(index, 0))).toBe('KEYRING_STALE');
  });
});

describe('a shred', () => {
  test('reaches a process that has the key at once by notice', async () => {
    const { keys, shreds } = await ground.process();
    const index = anIndex();
    const { id } = await keyOf(keys, index);
    await admin.shred(text(index), ORDER);
    await until(() => shreds.has(index, 0));
    expect(await codeOf(() => keys.active(USE, index, 0))).toBe('SUBJECT_SHREDDED');
    expect(await codeOf(() => byId(keys, id))).toBe('SUBJECT_SHREDDED');
  });

  test('whose notice was lost is known after one poll', async () => {
    const redis = new Redis(ground.redisUrl);
    const earlier = new KeptHeads();
    earlier.published.push(...ground.heads.published);
    const index = anIndex();
    await keyOf((await ground.process()).keys, index);
    const register = `${ground.prefix}keyset:subject/people`;
    const record = `${ground.prefix}subject:people/${text(index)}`;
    const list = `${ground.prefix}shreds:people`;
    const before = await redis.mgetBuffer(register, record);
    await admin.shred(text(index), ORDER);
    const [after, entries] = [
      await redis.mgetBuffer(register, record),
      await redis.lrange(list, 0, -1),
    ];
    const put = async (values: (Buffer | null)[]): Promise<void> => {
      await redis.mset(register, values[0] ?? '', record, values[1] ?? '');
    };
    // Taken back and put there again by hand, so that nobody is told.
    await put(before);
    await redis.del(list);
    const { keys, shreds } = await ground.process({ heads: earlier, pollMs: 500 });
    const made = await keyOf(keys, index);
    await redis.rpush(list, ...entries);
    await put(after);
    const begun = performance.now();
    expect(await keyOf(keys, index)).toEqual(made);
    await until(() => shreds.has(index, 0));
    expect(performance.now() - begun).toBeLessThan(1000);
    expect(await codeOf(() => keys.active(USE, index, 0))).toBe('SUBJECT_SHREDDED');
    redis.disconnect();
  });

  test('with Redis away binds at the ceiling, when nothing is given any more', async () => {
    const line = new Line(ground.redisUrl);
    const redisUrl = await line.open();
    const far = await ground.process({ redisUrl, pollMs: 100, cacheCeilingMs: 1200 });
    const index = anIndex();
    const made = await keyOf(far.keys, index);
    line.cut();
    await admin.shred(text(index), ORDER);
    expect(await keyOf(far.keys, index)).toEqual(made);
    await until(() => !far.health().usable);
    expect(far.health().waitsFor).toBe('KEYRING_STALE');
    expect(await codeOf(() => far.keys.active(USE, index, 0))).toBe('KEYRING_STALE');
    expect(await codeOf(() => far.shreds.has(index, 0))).toBe('KEYRING_STALE');
    line.mend();
    await until(() => far.health().usable);
    expect(await codeOf(() => far.keys.active(USE, index, 0))).toBe('SUBJECT_SHREDDED');
    line.close();
  });

  test('is not undone for longer than the ceiling by a Redis set back to what a process holds', async () => {
    const line = new Line(ground.redisUrl);
    const redisUrl = await line.open();
    const far = await ground.process({ redisUrl, pollMs: 50, cacheCeilingMs: 800 });
    const index = anIndex();
    await keyOf(far.keys, index);
    const redis = new Redis(ground.redisUrl);
    const names = await redis.keys(`${ground.prefix}*`);
    const dumps = await Promise.all(names.map((name) => redis.dumpBuffer(name)));
    line.cut();
    await admin.shred(text(index), ORDER);
    const publishedAt = performance.now();
    await redis.del(await redis.keys(`${ground.prefix}*`));
    for (const [at, name] of names.entries())
      await redis.restore(name, 0, dumps[at] ?? Buffer.alloc(0));
    line.mend();
    await until(() => !far.health().usable);
    expect(performance.now() - publishedAt).toBeLessThan(1600);
    expect(await codeOf(() => far.keys.active(USE, index, 0))).toBe('KEYRING_STALE');
    const told = () => ground.log.lines.some((said) => said.includes('KEYSET_ROLLED_BACK'));
    await until(told);
    redis.disconnect();
    line.close();
  });

  test('holds against creation: no process makes a key for a shredded subject', async () => {
    const index = anIndex();
    await admin.shred(text(index), ORDER);
    const { keys } = await ground.process();
    expect(await codeOf(() => keyOf(keys, index))).toBe('SUBJECT_SHREDDED');
  });

  test('holds against a key that somebody put back into Redis', async () => {
    const { keys } = await ground.process();
    const index = anIndex();
    const { id } = await keyOf(keys, index);
    const redis = new Redis(ground.redisUrl);
    const at = `${ground.prefix}subject:people/${text(index)}`;
    const stolen = (await redis.getBuffer(at)) ?? Buffer.alloc(0);
    await admin.shred(text(index), ORDER);
    await redis.set(at, stolen);
    const cold = await ground.process();
    expect(await codeOf(() => keyOf(cold.keys, index))).toBe('SUBJECT_SHREDDED');
    expect(await codeOf(() => byId(cold.keys, id))).toBe('SUBJECT_SHREDDED');
    await redis.del(at);
    expect(await codeOf(() => keyOf(cold.keys, index))).toBe('SUBJECT_SHREDDED');
    redis.disconnect();
  });

  test('during creation ends with no key in any process, whoever was first', async () => {
    const processes = await Promise.all(Array.from({ length: 3 }, () => ground.process()));
    for (let round = 0; round < 30; round++) {
      const index = anIndex();
      const making = processes.map(({ keys }) => codeOf(() => keyOf(keys, index)));
      const order = round % 2 === 0 ? making[0] : undefined;
      await order;
      await admin.shred(text(index), ORDER);
      await Promise.all(making);
      await until(() => processes.every(({ shreds }) => shreds.has(index, 0)));
      for (const { keys } of processes)
        expect(await codeOf(() => keyOf(keys, index))).toBe('SUBJECT_SHREDDED');
    }
  });

  test('taken out of the list, or a list of another length, stops a process', async () => {
    const redis = new Redis(ground.redisUrl);
    for (const _ of [1, 2, 3]) await admin.shred(text(anIndex()), ORDER);
    const list = `${ground.prefix}shreds:people`;
    const entries = await redis.lrange(list, 0, -1);
    for (const wrong of [entries.slice(1), entries.slice(0, 2), [...entries, entries[0]]]) {
      await redis.del(list);
      await redis.rpush(list, ...wrong);
      const subjects = await ground.open();
      await until(() => subjects.health().waitsFor === 'KEYSET_ROLLED_BACK');
      expect(await codeOf(() => subjects.shreds.has(anIndex(), 0))).toBe('KEYSET_ROLLED_BACK');
      expect(await codeOf(() => admin.shred(text(anIndex()), ORDER))).toBe('KEYSET_ROLLED_BACK');
      subjects.stop();
    }
    redis.disconnect();
  });

  test('is not undone by an old Redis: its register is below the head', async () => {
    const redis = new Redis(ground.redisUrl);
    const [register, list] = [
      `${ground.prefix}keyset:subject/people`,
      `${ground.prefix}shreds:people`,
    ];
    const old = (await redis.getBuffer(register)) ?? Buffer.alloc(0);
    await admin.shred(text(anIndex()), ORDER);
    await redis.set(register, old);
    await redis.del(list);
    const subjects = await ground.open();
    await until(() => subjects.health().waitsFor === 'KEYSET_ROLLED_BACK');
    await redis.del(register);
    await subjects.refresh();
    expect(subjects.health().waitsFor).toBe('KEYSET_MISSING');
    redis.disconnect();
  });
});
