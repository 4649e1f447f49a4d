import { readFileSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { epochFiles } from '../src/epoch-file.ts';
import type { SubjectAdmin } from '../src/subject-admin.ts';
import { codeOf, Line, until } from './keyring-fixture.ts';
import { anIndex, byId, keyOf, ORDER, SubjectGround, text } from './subject-fixture.ts';

type Made = { index: Buffer; id: string; key: string };

let ground: SubjectGround;
let admin: SubjectAdmin;
let redis: Redis;
let backup: string;
/** Receipts as the audit log would hold them. */
let log: Buffer[];
beforeEach(async () => {
  ground = new SubjectGround();
  admin = await ground.admin();
  redis = new Redis(ground.redisUrl);
  backup = ground.file('people.backup');
  log = [];
  await admin.ensure();
});
afterEach(() => {
  redis.disconnect();
  ground.end();
});

async function make(count: number): Promise<Made[]> {
  const { keys } = await ground.process();
  const made: Made[] = [];
  for (let n = 0; n < count; n++) {
    const index = anIndex();
    made.push({ index, ...(await keyOf(keys, index)) });
  }
  return made;
}

async function shred({ index }: Pick<Made, 'index'>): Promise<void> {
  log.push((await admin.shred(text(index), ORDER)).receipt.bytes);
}

async function reEnrol({ index }: Pick<Made, 'index'>): Promise<void> {
  log.push((await admin.reEnrol(text(index), ORDER)).receipt.bytes);
}

async function loseRedis(): Promise<void> {
  const keys = await redis.keys(`${ground.prefix}*`);
  if (keys.length > 0) await redis.del(keys);
}

/** Everything in Redis as it is now; what it gives puts Redis back to that. */
async function oldRedis(): Promise<() => Promise<void>> {
  const keys = await redis.keys(`${ground.prefix}*`);
  const old = await Promise.all(keys.map((key) => redis.dumpBuffer(key)));
  return async () => {
    await loseRedis();
    for (const [at, key] of keys.entries()) await redis.restore(key, 0, old[at]);
  };
}

async function allOpen(made: readonly Made[]): Promise<void> {
  const { keys } = await ground.process();
  for (const { index, id, key } of made) {
    expect(await keyOf(keys, index)).toEqual({ id, key });
    expect(await byId(keys, id)).toBe(key);
  }
}

describe('a restore', () => {
  test('brings keys back and no shredded one, whether shredded before the backup or after it', async () => {
    const [one, early, late, again, ...rest] = await make(10);
    await shred(early);
    await admin.backup(backup);
    await shred(late);
    await shred(again);
    await reEnrol(again);
    const { keys: before } = await ground.process();
    const fresh = await keyOf(before, again.index);
    await loseRedis();
    const restored = await admin.restore(backup, log);
    expect(restored).toEqual({
      keys: 7,
      destroyed: 2,
      unreadable: 0,
      tombstones: 2,
      stuck: 0,
      refusedReceipts: 0,
      version: 5,
    });
    const { keys, shreds } = await ground.process();
    for (const { id, index, key } of [one, ...rest]) {
      expect(await keyOf(keys, index)).toEqual({ id, key });
      expect(await byId(keys, id)).toBe(key);
    }
    for (const { id, index } of [early, late]) {
      expect(shreds.has(index, 0)).toBe(true);
      expect(await codeOf(() => keyOf(keys, index))).toBe('SUBJECT_SHREDDED');
      expect(await codeOf(() => byId(keys, id))).toBe('SUBJECT_SHREDDED');
      expect(await admin.show(text(index))).toMatchObject({ state: 'shredded' });
    }
    expect(await codeOf(() => byId(keys, again.id))).toBe('SUBJECT_SHREDDED');
    // The key it had after the backup is lost with Redis; it gets another one.
    expect((await keyOf(keys, again.index)).id).not.toBe(fresh.id);
  });

  test('without a shred that the head counts is refused, and changes nothing', async () => {
    const [one, other] = await make(3);
    await admin.backup(backup);
    await shred(one);
    await shred(other);
    await loseRedis();
    for (const receipts of [[], log.slice(0, 1), log.slice(1)])
      expect(await codeOf(() => admin.restore(backup, receipts))).toBe('KEYSET_ROLLED_BACK');
    expect(await redis.keys(`${ground.prefix}*`)).toEqual([]);
    const subjects = await ground.open();
    await subjects.refresh();
    expect(await codeOf(() => subjects.shreds.has(one.index, 0))).not.toEqual(['gave', false]);
    await admin.restore(backup, log);
    expect((await ground.process()).shreds.has(one.index, 0)).toBe(true);
  });

  test('of an old Redis in place of the newer one undoes no shred', async () => {
    const [one, other, kept] = await make(3);
    await admin.backup(backup);
    const comesBack = await oldRedis();
    await shred(one);
    await shred(other);
    await reEnrol(other);
    await comesBack();
    const early = await ground.open();
    await until(() => early.health().waitsFor === 'KEYSET_ROLLED_BACK');
    early.stop();
    await admin.restore(backup, log);
    const { keys: now } = await ground.process();
    expect(await codeOf(() => keyOf(now, one.index))).toBe('SUBJECT_SHREDDED');
    expect(await codeOf(() => byId(now, other.id))).toBe('SUBJECT_SHREDDED');
    expect((await keyOf(now, other.index)).id).not.toBe(other.id);
    expect((await keyOf(now, kept.index)).id).toBe(kept.id);
  });

  test('over a Redis from before a rotation leaves every key readable, whichever backup came first', async () => {
    const made = await make(4);
    const before = ground.file('before.backup');
    await admin.backup(before);
    const comesBack = await oldRedis();
    await admin.rotateEpoch({ backup });
    await comesBack();
    const none = { keys: 0, unreadable: 4, stuck: 4 };
    expect(await admin.restore(before, log)).toMatchObject(none);
    expect(await admin.restore(backup, log)).toMatchObject({ keys: 4, unreadable: 0, stuck: 0 });
    await allOpen(made);
    expect(await admin.rotateEpoch({ backup: ground.file('next') })).toMatchObject({ moved: 4 });
    await allOpen(made);
  });

  test('over a Redis from before a rotation that was cut behind its end lets the next one go through', async () => {
    const made = await make(4);
    const comesBack = await oldRedis();
    const { provider, store } = ground.source;
    const destroy: typeof store.destroy = async (...epoch) => {
      await store.destroy(...epoch);
      throw new Error('cut');
    };
    const epochs = { provider, store: { ...store, destroy } };
    const cut = await ground.admin({ epochs });
    await expect(cut.rotateEpoch({ backup })).rejects.toThrow('cut');
    await comesBack();
    // A key of which no backup knows.
    const lost = `${ground.prefix}subject:people/${text(anIndex())}`;
    await redis.copy(`${ground.prefix}subject:people/${text(made[0].index)}`, lost);
    expect(await admin.restore(backup, log)).toMatchObject({ keys: 4, unreadable: 0, stuck: 1 });
    await allOpen(made);
    expect((await admin.list()).epochs).toHaveLength(1);
    expect(await admin.rotateEpoch({ backup: ground.file('next') })).toMatchObject({ moved: 4 });
    await allOpen(made);
  });

  test('over a Redis from before a re-enrolment brings back the key the subject has had since', async () => {
    const [live, shredded, again] = await make(3);
    await shred(shredded);
    await shred(again);
    await reEnrol(again);
    const comesBack = await oldRedis();
    await shred(live);
    await reEnrol(live);
    await reEnrol(shredded);
    const { keys } = await ground.process();
    const fresh: Made[] = [];
    for (const { index } of [live, shredded, again])
      fresh.push({ index, ...(await keyOf(keys, index)) });
    await admin.backup(backup);
    await comesBack();
    expect(await admin.restore(backup, log)).toMatchObject({ keys: 3, tombstones: 0, stuck: 0 });
    await allOpen(fresh);
  });

  test('brings no key back from before a re-enrolment, also when the shred did not know of it', async () => {
    const older = ground.file('older.backup');
    await admin.backup(older);
    const [one] = await make(1);
    await admin.backup(backup);
    await loseRedis();
    await admin.restore(older, log);
    await shred(one);
    await reEnrol(one);
    expect(await admin.restore(backup, log)).toMatchObject({ keys: 0, destroyed: 1 });
    const { keys } = await ground.process();
    expect((await keyOf(keys, one.index)).id).not.toBe(one.id);
    expect(await codeOf(() => byId(keys, one.id))).not.toEqual(['gave', one.key]);
  });

  test('needs no receipt of a re-enrolment whose subject has a key, and can be run again', async () => {
    const [one, other] = await make(2);
    for (const subject of [one, other]) {
      await shred(subject);
      await reEnrol(subject);
      // Told to nobody: Redis alone has it, until the subject's new key takes its place.
      log.pop();
    }
    const comesBack = await oldRedis();
    const { keys } = await ground.process();
    const fresh = { index: one.index, ...(await keyOf(keys, one.index)) };
    await admin.backup(backup);
    await comesBack();
    for (const keys of [1, 0]) expect(await admin.restore(backup, log)).toMatchObject({ keys });
    await allOpen([fresh]);
    await loseRedis();
    expect(await admin.restore(backup, log)).toMatchObject({ keys: 1 });
    await allOpen([fresh]);
    await make(1);
    expect((await keyOf((await ground.process()).keys, other.index)).id).not.toBe(other.id);
  });

  test('where the epoch in use is not to be had is refused, and changes nothing', async () => {
    const made = await make(2);
    await admin.backup(backup);
    const store = epochFiles(ground.file('elsewhere'));
    const elsewhere = await ground.admin({ epochs: { ...ground.source, store } });
    expect(await codeOf(() => elsewhere.restore(backup, log))).toBe('KEYSET_UNREADABLE');
    await allOpen(made);
  });

  test('run on a Redis that has lost nothing changes nothing, and twice is once', async () => {
    const [one, other] = await make(5);
    await shred(one);
    await admin.backup(backup);
    const later = await make(2);
    await shred(other);
    const version = (await admin.list()).version;
    for (const _ of [1, 2])
      expect(await admin.restore(backup, log)).toMatchObject({ keys: 0, tombstones: 2, version });
    const { keys } = await ground.process();
    for (const { index, id } of later) expect((await keyOf(keys, index)).id).toBe(id);
    expect(await admin.list()).toMatchObject({ live: 5, tombstones: 2 });
  });

  test('of a backup two epochs old brings back no key', async () => {
    await make(4);
    await admin.backup(backup);
    for (const name of ['one', 'two']) await admin.rotateEpoch({ backup: ground.file(name) });
    await loseRedis();
    expect(await admin.restore(backup, log)).toMatchObject({ keys: 0, unreadable: 4 });
    expect(await admin.list()).toMatchObject({ live: 0 });
  });

  test('of the backup that a rotation took brings back every key', async () => {
    const made = await make(4);
    await admin.rotateEpoch({ backup });
    await loseRedis();
    expect(await admin.restore(backup, log)).toMatchObject({ keys: 4, unreadable: 0 });
    const { keys } = await ground.process();
    for (const { index, id, key } of made) expect(await keyOf(keys, index)).toEqual({ id, key });
  });

  test('of a file that was cut, changed or is of another dataset is refused', async () => {
    await make(4);
    await admin.backup(backup);
    const whole = readFileSync(backup, 'latin1');
    const lines = whole.split('\n');
    const cut = [
      lines.slice(0, 3).join('\n'),
      lines.toSpliced(2, 1).join('\n'),
      whole.replace('r ', 'r A'),
      whole.replace('"people"', '"staff"'),
      '',
    ];
    for (const [at, text] of cut.entries()) {
      const file = ground.file(`cut-${at}`);
      writeFileSync(file, text);
      expect(await codeOf(() => admin.restore(file, log))).toBe('KEYSET_UNREADABLE');
    }
    expect(await codeOf(() => admin.restore(ground.file('nowhere'), log))).toBe('FILE_UNREADABLE');
    expect((await admin.list()).live).toBe(4);
  });

  test('passes over what is no receipt of ours, says so, and takes it for no shred', async () => {
    const [one, other] = await make(3);
    await admin.backup(backup);
    const stranger = new SubjectGround();
    const elsewhere = await stranger.admin();
    await elsewhere.ensure();
    const { receipt } = await elsewhere.shred(text(one.index), ORDER);
    const wrong = [receipt.bytes, Buffer.from('{}'), Buffer.alloc(0)];
    await shred(other);
    await loseRedis();
    expect(await codeOf(() => admin.restore(backup, wrong))).toBe('KEYSET_ROLLED_BACK');
    expect(await admin.restore(backup, [...wrong, ...log, ...wrong])).toMatchObject({
      keys: 2,
      tombstones: 1,
      refusedReceipts: 6,
    });
    await allOpen([one]);
    stranger.end();
  });

  test.each([
    ['is empty', loseRedis],
    ['has lost the register alone', () => redis.del(`${ground.prefix}keyset:subject/people`)],
    ['holds more than is signed', () => redis.rpush(`${ground.prefix}shreds:people`, 'x', 'y')],
  ])(
    'of a Redis that %s, cut after any command, lets no service read and is finished by the next',
    async (_what, harm) => {
      const made = await make(6);
      await shred(made[0]);
      await admin.backup(backup);
      await shred(made[1]);
      const comesBack = await oldRedis();
      // Told to nobody, where it stands in Redis still.
      if (harm !== loseRedis) log.pop();
      const done = { tombstones: 2, unreadable: 0, stuck: 0, version: 3 };
      let [cuts, isDone] = [0, false];
      for (let commands = 1; !isDone; commands++) {
        await comesBack();
        await harm();
        const line = new Line(ground.redisUrl);
        const cut = await ground.admin({ redisUrl: await line.open() });
        line.cutAfter(commands);
        isDone = Array.isArray(await codeOf(() => cut.restore(backup, log)));
        cut.stop();
        line.close();
        cuts++;
        const subjects = await ground.open();
        await subjects.refresh();
        const seen = await codeOf(() => subjects.shreds.has(made[0].index, 0));
        // Either nothing can be asked, or all is there: the last answer alone was lost.
        if (Array.isArray(seen)) expect(seen).toEqual(['gave', true]);
        subjects.stop();
        expect(await admin.restore(backup, log)).toMatchObject(done);
        expect(await admin.list()).toMatchObject({ live: 4, tombstones: 2, shreds: 2 });
      }
      expect(cuts).toBeGreaterThan(8);
      const { shreds } = await ground.process();
      expect(made.slice(0, 2).every(({ index }) => shreds.has(index, 0))).toBe(true);
      await allOpen(made.slice(2));
    },
  );
});
