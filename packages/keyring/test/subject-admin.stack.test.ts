import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { verifyReceipt } from '../src/shred-receipt.ts';
import type { SubjectAdmin } from '../src/subject-admin.ts';
import { codeOf, until } from './keyring-fixture.ts';
import { anIndex, byId, keyOf, ORDER, SubjectGround, text } from './subject-fixture.ts';

let ground: SubjectGround;
let admin: SubjectAdmin;
beforeEach(async () => {
  ground = new SubjectGround();
  admin = await ground.admin();
});
afterEach(() => ground.end());

describe('the first register', () => {
  test('is made once, with an epoch whose key is in no copy of Redis', async () => {
    const made = await admin.ensure();
    expect(made).toMatchObject({ name: 'subject/people', version: 1, action: 'created' });
    expect(await admin.ensure()).toEqual({ ...made, action: 'unchanged' });
    const [epoch] = await ground.source.store.load('people');
    expect(epoch.id).toBe(made.epoch);
    const redis = new Redis(ground.redisUrl);
    const keys = await redis.keys(`${ground.prefix}*`);
    const all = Buffer.concat((await redis.mgetBuffer(keys)).flatMap((value) => value ?? []));
    expect(all.includes(made.epoch)).toBe(true);
    for (const form of [epoch.wrapped, epoch.wrapped.toString('base64url')])
      expect(all.includes(form)).toBe(false);
    redis.disconnect();
  });

  test('is not made anew where Redis has lost it', async () => {
    await admin.ensure();
    const redis = new Redis(ground.redisUrl);
    await redis.del(`${ground.prefix}keyset:subject/people`);
    expect(await codeOf(() => admin.ensure())).toBe('KEYSET_MISSING');
    expect(await codeOf(() => admin.shred(text(anIndex()), ORDER))).toBe('KEYSET_MISSING');
    redis.disconnect();
  });

  test('of two who make it at once is one, and an epoch left over is used by the next', async () => {
    const others = await Promise.all([ground.admin(), ground.admin(), ground.admin()]);
    const outcomes = await Promise.all(others.map((one) => codeOf(() => one.ensure())));
    expect(outcomes.filter(Array.isArray)).toHaveLength(1);
    const { epoch, version } = await admin.ensure();
    expect(version).toBe(1);
    const { keys } = await ground.process();
    await keyOf(keys, anIndex());
    const rotated = await admin.rotateEpoch({ backup: ground.file('one.backup') });
    expect(rotated.destroyed).toBe(epoch);
    expect((await ground.source.store.load('people')).map(({ id }) => id)).toEqual([rotated.epoch]);
  });
});

describe('a shred', () => {
  beforeEach(() => admin.ensure());

  test('gives a receipt that verifies, names the key and no value, and comes again the second time', async () => {
    const { keys } = await ground.process();
    const index = anIndex();
    const { id } = await keyOf(keys, index);
    const first = await admin.shred(text(index), ORDER);
    expect(first.action).toBe('done');
    expect(
      verifyReceipt(first.receipt.bytes, ground.files.signer.publicKey).document,
    ).toMatchObject({
      action: 'shred',
      dataset: 'people',
      index: text(index),
      keyId: id,
      number: 1,
      version: 2,
      ...ORDER,
    });
    const again = await admin.shred(text(index), { reason: 'another', actor: 'another' });
    expect(again).toMatchObject({ action: 'unchanged' });
    expect(again.receipt.bytes).toEqual(first.receipt.bytes);
    expect(await admin.show(text(index))).toMatchObject({ state: 'shredded' });
  });

  test('of a subject without a key leaves a tombstone, too', async () => {
    const index = anIndex();
    expect(await admin.show(text(index))).toEqual({ state: 'none' });
    const { receipt } = await admin.shred(text(index), ORDER);
    expect(receipt.document.keyId).toBeUndefined();
    const { keys } = await ground.process();
    expect(await codeOf(() => keyOf(keys, index))).toBe('SUBJECT_SHREDDED');
  });

  test('ordered by many at once happens once, and all get one receipt', async () => {
    const index = text(anIndex());
    const admins = await Promise.all([ground.admin(), ground.admin(), ground.admin()]);
    const shreds = await Promise.all(admins.map((one) => one.shred(index, ORDER)));
    expect(shreds.filter(({ action }) => action === 'done')).toHaveLength(1);
    expect(new Set(shreds.map(({ receipt }) => receipt.digest)).size).toBe(1);
    expect((await admin.list()).shreds).toBe(1);
  });

  test('is refused whole where its head may not be written, and the key opens as before', async () => {
    const { keys, shreds } = await ground.process();
    const index = anIndex();
    const before = await keyOf(keys, index);
    ground.heads.isForbidden = true;
    expect(await codeOf(() => admin.shred(text(index), ORDER))).toBe('KAFKA_REFUSED');
    expect(await admin.show(text(index))).toMatchObject({ state: 'live' });
    expect([shreds.has(index, 0), await keyOf(keys, index)]).toEqual([false, before]);
    ground.heads.isForbidden = false;
    expect(await admin.shred(text(index), ORDER)).toMatchObject({ action: 'done' });
  });

  test('of many subjects by many at once loses none', async () => {
    const admins = await Promise.all([ground.admin(), ground.admin(), ground.admin()]);
    const indexes = Array.from({ length: 30 }, anIndex);
    await Promise.all(
      admins.map(async (one, at) => {
        for (const index of indexes.slice(at * 10, at * 10 + 10))
          await one.shred(text(index), ORDER);
      }),
    );
    const { shreds } = await ground.process();
    expect(indexes.every((index) => shreds.has(index, 0))).toBe(true);
    expect(await admin.list()).toMatchObject({ tombstones: 30, shreds: 30, live: 0 });
  });

  test('cut before its head was published is finished by the next order', async () => {
    const index = text(anIndex());
    ground.heads.fail = true;
    await expect(admin.shred(index, ORDER)).rejects.toThrow('the topic is away');
    const { shreds } = await ground.process();
    expect(shreds.has(Buffer.from(index, 'base64url'), 0)).toBe(true);
    ground.heads.fail = false;
    const before = ground.heads.published.length;
    expect(await admin.shred(index, ORDER)).toMatchObject({ action: 'unchanged' });
    expect(ground.heads.published.length).toBe(before + 1);
  });

  test('is ordered anew where somebody put an old tombstone back after a re-enrolment', async () => {
    const redis = new Redis(ground.redisUrl);
    const index = anIndex();
    const at = `${ground.prefix}subject:people/${text(index)}`;
    const first = await admin.shred(text(index), ORDER);
    const tombstone = (await redis.getBuffer(at)) ?? Buffer.alloc(0);
    await admin.reEnrol(text(index), ORDER);
    await redis.set(at, tombstone);
    const { shreds } = await ground.process();
    expect(shreds.has(index, 0)).toBe(false);
    const second = await admin.shred(text(index), ORDER);
    expect([second.action, second.receipt.document.number]).toEqual(['done', 3]);
    expect(second.receipt.digest).not.toBe(first.receipt.digest);
    await until(() => shreds.has(index, 0));
    redis.disconnect();
  });

  test('is never answered with the receipt of an earlier one, whatever is put into Redis', async () => {
    const redis = new Redis(ground.redisUrl);
    const index = anIndex();
    const at = `${ground.prefix}subject:people/${text(index)}`;
    const list = `${ground.prefix}shreds:people`;
    await admin.shred(text(index), ORDER);
    const tombstone = (await redis.getBuffer(at)) ?? Buffer.alloc(0);
    const [entry] = await redis.lrange(list, 0, -1);
    const { receipt } = await admin.reEnrol(text(index), ORDER);
    const { keys, shreds } = await ground.process();
    const { id } = await keyOf(keys, index);
    const live = (await redis.getBuffer(at)) ?? Buffer.alloc(0);
    // The first shred again, behind what is signed.
    await redis.set(at, tombstone);
    await redis.rpush(list, entry);
    expect(await codeOf(() => admin.shred(text(index), ORDER))).toBe('KEYSET_ROLLED_BACK');
    await redis.ltrim(list, 0, 1);
    // The re-enrolment, which is the last one, as if it were a shred.
    await redis.set(at, Buffer.concat([tombstone.subarray(0, 2), receipt.bytes]));
    expect(await admin.shred(text(index), ORDER)).toMatchObject({
      action: 'done',
      receipt: { document: { action: 'shred', number: 3 } },
    });
    await until(() => shreds.has(index, 0));
    await redis.set(at, live);
    expect(await codeOf(() => byId(keys, id))).toBe('SUBJECT_SHREDDED');
    redis.disconnect();
  });

  test('with a reason longer than a short text is refused', async () => {
    const reason = 'x'.repeat(1001);
    expect(await codeOf(async () => admin.shred(text(anIndex()), { ...ORDER, reason }))).toBe(
      'USAGE',
    );
    expect((await admin.list()).shreds).toBe(0);
  });

  test('with a receipt that somebody else put there is refused', async () => {
    const redis = new Redis(ground.redisUrl);
    const [one, other] = [text(anIndex()), text(anIndex())];
    await admin.shred(one, ORDER);
    await redis.copy(
      `${ground.prefix}subject:people/${one}`,
      `${ground.prefix}subject:people/${other}`,
    );
    expect(await codeOf(() => admin.shred(other, ORDER))).toBe('KEYSET_UNREADABLE');
    expect(await codeOf(() => admin.show(other))).toBe('KEYSET_UNREADABLE');
    redis.disconnect();
  });
});

describe('a re-enrolment', () => {
  beforeEach(() => admin.ensure());

  test('lets a shredded subject have a new key, and the old one stays destroyed', async () => {
    const { keys, shreds } = await ground.process();
    const index = anIndex();
    const old = await keyOf(keys, index);
    await admin.shred(text(index), ORDER);
    const { action, receipt } = await admin.reEnrol(text(index), ORDER);
    expect([action, receipt.document.action, receipt.document.number]).toEqual([
      'done',
      're-enrol',
      2,
    ]);
    await until(() => !shreds.has(index, 0));
    for (const _ of [1, 2]) await keyOf(keys, anIndex());
    const fresh = await keyOf(keys, index);
    expect(fresh.id).not.toBe(old.id);
    expect(fresh.key).not.toBe(old.key);
    expect(await codeOf(() => byId(keys, old.id))).toBe('SUBJECT_SHREDDED');
    const cold = await ground.process();
    expect(await codeOf(() => byId(cold.keys, old.id))).toBe('SUBJECT_SHREDDED');
    expect(await keyOf(cold.keys, index)).toEqual(fresh);
  });

  test('brings no destroyed key back, also when somebody puts its record into Redis again', async () => {
    const redis = new Redis(ground.redisUrl);
    const { keys } = await ground.process();
    const index = anIndex();
    const { id } = await keyOf(keys, index);
    const at = `${ground.prefix}subject:people/${text(index)}`;
    const stolen = (await redis.getBuffer(at)) ?? Buffer.alloc(0);
    await admin.shred(text(index), ORDER);
    await admin.reEnrol(text(index), ORDER);
    await redis.set(at, stolen);
    const cold = await ground.process();
    expect(await codeOf(() => keyOf(cold.keys, index))).toBe('SUBJECT_SHREDDED');
    expect(await codeOf(() => byId(cold.keys, id))).toBe('SUBJECT_SHREDDED');
    redis.disconnect();
  });

  test('brings no earlier key back of which the receipt says nothing', async () => {
    const redis = new Redis(ground.redisUrl);
    const { keys } = await ground.process();
    const index = anIndex();
    const { id } = await keyOf(keys, index);
    const at = `${ground.prefix}subject:people/${text(index)}`;
    const stolen = (await redis.getBuffer(at)) ?? Buffer.alloc(0);
    await redis.del(at);
    expect((await admin.shred(text(index), ORDER)).receipt.document.keyId).toBeUndefined();
    await admin.reEnrol(text(index), ORDER);
    await redis.set(at, stolen);
    const cold = await ground.process();
    expect(await codeOf(() => keyOf(cold.keys, index))).toBe('SUBJECT_SHREDDED');
    expect(await codeOf(() => byId(cold.keys, id))).toBe('SUBJECT_SHREDDED');
    redis.disconnect();
  });

  test('leads to a key that opens also where the clock of the process lags behind', async () => {
    const subjects = await ground.process();
    const index = anIndex();
    const clock = vi.spyOn(Date, 'now').mockReturnValue(Date.now() - 3_600_000);
    await admin.shred(text(index), ORDER);
    await admin.reEnrol(text(index), ORDER);
    await subjects.refresh();
    const made = await keyOf(subjects.keys, index);
    clock.mockRestore();
    expect(await keyOf((await ground.process()).keys, index)).toEqual(made);
  });

  test('ordered twice is one, and of a subject that is not shredded is refused', async () => {
    const index = text(anIndex());
    expect(await codeOf(() => admin.reEnrol(index, ORDER))).toBe('USAGE');
    await admin.shred(index, ORDER);
    const first = await admin.reEnrol(index, ORDER);
    const again = await admin.reEnrol(index, ORDER);
    expect([again.action, again.receipt.digest]).toEqual(['unchanged', first.receipt.digest]);
    expect(await admin.show(index)).toMatchObject({ state: 're-enrolled' });
    expect((await admin.shred(index, ORDER)).receipt.document.number).toBe(3);
  });
});

describe('a backup', () => {
  test('is 0600, never overwrites, and is of keys wrapped under an epoch that it does not hold', async () => {
    await admin.ensure();
    const { keys } = await ground.process();
    for (let n = 0; n < 10; n++) await keyOf(keys, anIndex());
    await admin.shred(text(anIndex()), ORDER);
    const file = ground.file('people.backup');
    const [epoch] = await ground.source.store.load('people');
    // What a backup that was cut has left.
    writeFileSync(`${file}.part`, 'half a back');
    expect(await admin.backup(file)).toEqual({ file, records: 11, shreds: 1, epochs: [epoch.id] });
    expect(await codeOf(() => admin.backup(file))).toBe('FILE_EXISTS');
    expect(existsSync(`${file}.part`)).toBe(false);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file).includes(epoch.wrapped.toString('base64'))).toBe(false);
  });

  describe('of a rotation that is taken up again', () => {
    let made: Buffer[];
    const make = async (count: number): Promise<void> => {
      const { keys } = await ground.process();
      made = Array.from({ length: count }, anIndex);
      for (const index of made) await keyOf(keys, index);
    };
    const cutRotation = async (backup: string): Promise<void> => {
      const { provider, store } = ground.source;
      const destroy = (): never => {
        throw new Error('cut');
      };
      const cut = await ground.admin({ epochs: { provider, store: { ...store, destroy } } });
      await expect(cut.rotateEpoch({ backup })).rejects.toThrow('cut');
    };

    test('holds all keys, also in the place of an earlier one without any', async () => {
      await admin.ensure();
      const early = ground.file('early.backup');
      expect(await admin.backup(early)).toMatchObject({ records: 0, epochs: [] });
      await make(5);
      await cutRotation(ground.file('cut.backup'));
      const { backup, epoch } = await admin.rotateEpoch({ backup: early });
      expect(backup).toMatchObject({ records: 5, epochs: [epoch] });
      expect(existsSync(`${early}.part`)).toBe(false);
      const redis = new Redis(ground.redisUrl);
      await redis.del(await redis.keys(`${ground.prefix}*`));
      expect(await admin.restore(early, [])).toMatchObject({ keys: 5 });
      redis.disconnect();
    });

    test('holds what was made and shredded since the cut', async () => {
      await admin.ensure();
      await make(5);
      const file = ground.file('cut.backup');
      await cutRotation(file);
      await make(2);
      await admin.shred(text(anIndex()), ORDER);
      const { backup } = await admin.rotateEpoch({ backup: file });
      expect(backup).toMatchObject({ records: 8, shreds: 1 });
    });

    test('takes the place of none that holds more than Redis does now', async () => {
      await admin.ensure();
      await make(5);
      const file = ground.file('cut.backup');
      await cutRotation(file);
      const whole = readFileSync(file);
      const redis = new Redis(ground.redisUrl);
      await redis.del(`${ground.prefix}subject:people/${text(made[0])}`);
      expect(await codeOf(() => admin.rotateEpoch({ backup: file }))).toBe('FILE_EXISTS');
      expect(readFileSync(file)).toEqual(whole);
      expect(existsSync(`${file}.part`)).toBe(false);
      const { backup } = await admin.rotateEpoch({ backup: ground.file('next.backup') });
      expect(backup).toMatchObject({ records: 4 });
      redis.disconnect();
    });
  });
});
