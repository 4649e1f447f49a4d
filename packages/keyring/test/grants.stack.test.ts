import { randomInt } from 'node:crypto';
import type { GrantField } from '@sealstream/contracts';
import { verifyDocument } from '@sealstream/crypto';
import { Redis } from 'ioredis';
import sodium from 'sodium-native';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aField, cipherOf, Consumer, DAY_MS, GrantGround, orderFor } from './grant-fixture.ts';
import { codeOf } from './keyring-fixture.ts';

let ground: GrantGround;
let redis: Redis;
beforeEach(() => {
  ground = new GrantGround();
  redis = new Redis(ground.subjects.redisUrl);
});
afterEach(() => {
  redis.disconnect();
  ground.end();
});

const recordKey = (id: string) => `${ground.subjects.prefix}grant:${id}`;
const raw = (key: string) => Buffer.from(key, 'base64url');

/** Opens the body of a token with raw key bytes and libsodium alone; undefined when it does not. */
function openedBare(token: string, path: string, key: Buffer): string | undefined {
  const [version = '', id = '', body = ''] = token.split(':');
  const bytes = raw(body);
  const parts = [version, 'people', path, id].map((part) => Buffer.from(part));
  const associated = Buffer.concat(
    parts.flatMap((part) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(part.length);
      return [length, part];
    }),
  );
  const plain = Buffer.alloc(bytes.length - 40);
  try {
    sodium.crypto_aead_xchacha20poly1305_ietf_decrypt(
      plain,
      null,
      bytes.subarray(24),
      associated,
      bytes.subarray(0, 24),
      key,
    );
    return plain.subarray(1, plain.lastIndexOf(0x80)).toString();
  } catch {
    return undefined;
  }
}

describe('a grant', () => {
  test('for field A opens field A and no field B, with the raw derived key and no SDK', async () => {
    const { keys } = await ground.sealing('xchacha20-poly1305');
    const [a, b] = [aField('/a'), aField('/b')];
    const secret = `value-${randomInt(1e9)}`;
    const token = (field: GrantField) =>
      cipherOf(field).seal(keys, 'string', Buffer.from(secret)).toString();
    const consumer = new Consumer();
    const made = await (await ground.admin()).create(orderFor(consumer, [a]));
    const { fields } = await consumer.grant(made.sealed);
    expect(fields.map(({ path }) => path)).toEqual(['/a']);
    const key = raw(fields[0]?.keys[0]?.key ?? '');
    expect(openedBare(token(a), '/a', key)).toBe(secret);
    for (const path of ['/a', '/b']) expect(openedBare(token(b), path, key)).toBeUndefined();
    // The control: with the key of B the very same lines open B.
    const other = await (await ground.admin()).create(orderFor(consumer, [b]));
    const [ofB] = (await consumer.grant(other.sealed)).fields;
    expect(openedBare(token(b), '/b', raw(ofB?.keys[0]?.key ?? ''))).toBe(secret);
  });

  test('holds one derived key for each key that still opens, and no stored one', async () => {
    const keysets = await ground.keysets();
    await keysets.createOrRotate('field', 'people');
    await keysets.createOrRotate('field', 'people');
    await keysets.createOrRotate('field', 'people', 'aes-256-gcm');
    await keysets.createOrRotate('field', 'people', 'xchacha20-poly1305-siv');
    const [listed] = await keysets.list();
    const idsOf = (wanted: string) =>
      listed?.keys.flatMap(({ algorithm, id }) => (algorithm === wanted ? [id] : []));
    const consumer = new Consumer();
    const siv = aField('/c', { algorithm: 'xchacha20-poly1305-siv' });
    const wanted = [aField('/a'), aField('/b', { algorithm: 'aes-256-gcm', form: 'jwe' }), siv];
    const made = await (await ground.admin()).create(orderFor(consumer, wanted));
    const { fields } = await consumer.grant(made.sealed);
    for (const { algorithm, keys } of fields)
      expect(keys.map(({ id }) => id)).toEqual(idsOf(algorithm));
    expect(fields[0]?.keys).toHaveLength(2);
    expect(fields.map(({ keys }) => keys[0]?.nonceKey !== undefined)).toEqual([false, false, true]);
    const all = fields.flatMap(({ keys }) =>
      keys.flatMap(({ key, nonceKey = key }) => [key, nonceKey]),
    );
    expect(new Set(all).size).toBe(5);
  });

  test('says who granted: the signature over its first line is of the signer', async () => {
    await ground.sealing('xchacha20-poly1305');
    const consumer = new Consumer();
    const made = await (await ground.admin()).create(orderFor(consumer, [aField('/a')]));
    const [line = '', signature = ''] = (await consumer.text(made.sealed)).split('\n');
    const message = Buffer.from(`sealstream/v1 grant\n${line}\n`);
    const { publicKey } = ground.subjects.files.signer;
    expect(verifyDocument(publicKey, message, raw(signature))).toBe(true);
    message[30] ^= 1;
    expect(verifyDocument(publicKey, message, raw(signature))).toBe(false);
  });

  test('is recorded without any key, is listed, and stays revoked', async () => {
    await ground.sealing('xchacha20-poly1305');
    const consumer = new Consumer();
    const admin = await ground.admin();
    const made = await admin.create(orderFor(consumer, [aField('/a')]));
    const { id } = made.record;
    const { fields } = await consumer.grant(made.sealed);
    const kept = (await redis.get(recordKey(id))) ?? '';
    expect(kept).toContain(consumer.key.fingerprint);
    for (const { key } of fields.flatMap(({ keys }) => keys)) expect(kept).not.toContain(key);
    expect(ground.subjects.log.lines.join()).not.toContain(fields[0]?.keys[0]?.key);
    const first = await admin.revoke(id, 'boss@somewhere');
    expect(first.revoked?.actor).toBe('boss@somewhere');
    expect(await admin.revoke(id, 'another')).toEqual(first);
    expect(await admin.list()).toEqual([{ id, record: first }]);
    expect(await codeOf(() => admin.revoke('0'.repeat(24), 'boss'))).toBe('GRANT_UNKNOWN');
    expect(await codeOf(() => admin.revoke('*', 'boss'))).toBe('GRANT_UNKNOWN');
  });

  test('whose record somebody else wrote is listed with its problem and cannot be revoked', async () => {
    await ground.sealing('xchacha20-poly1305');
    const admin = await ground.admin();
    const { record } = await admin.create(orderFor(new Consumer(), [aField('/a')]));
    const kept = (await redis.get(recordKey(record.id))) ?? '';
    await redis.set(recordKey(record.id), kept.replace('billing', 'billinG'));
    expect(await admin.list()).toEqual([{ id: record.id, problem: 'GRANT_BAD_SIGNATURE' }]);
    expect(await codeOf(() => admin.revoke(record.id, 'me'))).toBe('GRANT_BAD_SIGNATURE');
    // The record of another grant does not pass for this one.
    const other = await admin.create(orderFor(new Consumer(), [aField('/a')]));
    await redis.set(recordKey(record.id), (await redis.get(recordKey(other.record.id))) ?? '');
    expect(await codeOf(() => admin.revoke(record.id, 'me'))).toBe('GRANT_UNREADABLE');
  });

  test('is refused for no field, for too long, without keys, or from a keyset that was set back', async () => {
    const consumer = new Consumer();
    const admin = await ground.admin();
    const order = orderFor(consumer, [aField('/a')]);
    expect(await codeOf(() => admin.create(order))).toBe('KEYSET_MISSING');
    const keysets = await ground.keysets();
    await keysets.createOrRotate('field', 'people');
    expect(await codeOf(() => admin.create({ ...order, fields: [] }))).toBe('USAGE');
    for (const consumer of ['', ' ', 'x'.repeat(201)])
      expect(await codeOf(() => admin.create({ ...order, consumer }))).toBe('USAGE');
    for (const lifeMs of [0, -1, Number.NaN, 367 * DAY_MS])
      expect(await codeOf(() => admin.create({ ...order, lifeMs }))).toBe('USAGE');
    const fernet = [aField('/a', { form: 'fernet', algorithm: 'fernet' })];
    expect(await codeOf(() => admin.create({ ...order, fields: fernet }))).toBe('KEY_NOT_ACTIVE');
    const keyset = `${ground.subjects.prefix}keyset:field/people`;
    const old = (await redis.get(keyset)) ?? '';
    await keysets.createOrRotate('field', 'people');
    await redis.set(keyset, old);
    expect(await codeOf(() => admin.create(order))).toBe('KEYSET_ROLLED_BACK');
    expect(await admin.list()).toEqual([]);
  });
});
