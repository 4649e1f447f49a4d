import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { RESOLVED_TTL_MS_MAX, type ResolveRequest } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type GrantResolver, openGrantResolver } from '../src/grant-resolver.ts';
import type { Subjects } from '../src/subjects.ts';
import { aField, cipherOf, Consumer, GrantGround, orderFor } from './grant-fixture.ts';
import { codeOf, Line } from './keyring-fixture.ts';
import { anIndex, ORDER, text } from './subject-fixture.ts';

const ssn = aField('/ssn', { purpose: 'subject' });
const nonce = randomBytes(16).toString('base64url');
const name = aField('/name', { purpose: 'subject' });

let ground: GrantGround;
let subjects: Subjects;
let resolver: GrantResolver;
beforeEach(async () => {
  ground = new GrantGround();
  await (await ground.subjects.admin()).ensure();
  subjects = await ground.subjects.process();
  const { files, log, prefix, redisUrl } = ground.subjects;
  resolver = await openGrantResolver({
    redisUrl,
    prefix,
    signerPublicKey: files.signer.publicKey,
    subjects: (dataset) => (dataset === 'people' ? subjects : undefined),
    logger: log,
  });
});
afterEach(() => {
  resolver.stop();
  ground.end();
});

/** Seals a field of a subject; gives the token's key id with the path, as a consumer asks for it. */
async function sealedFor(index: Buffer, field = ssn): Promise<ResolveRequest['keys'][number]> {
  const record = {
    subject: { bytes: index, from: 0, to: 16 },
    source: { bytes: index, from: 0, to: 16 },
  };
  const keys = { subjects: subjects.keys, record } as unknown as KeySource;
  const seal = () => cipherOf(field).seal(keys, 'string', Buffer.from('x')).toString();
  for (;;) {
    try {
      return { keyId: seal().split(':')[1] ?? '', path: field.path };
    } catch {
      await subjects.keys.bring();
    }
  }
}

async function granted(consumer: Consumer, lifeMs?: number): Promise<string> {
  const admin = await ground.admin();
  const order = orderFor(consumer, [ssn, aField('/email')]);
  await ground.sealing('xchacha20-poly1305');
  return (await admin.create({ ...order, ...(lifeMs && { lifeMs }) })).record.id;
}

describe('resolving keys of subjects under a grant', () => {
  test('gives the derived key of the field for many subjects at once, for five minutes at most', async () => {
    const consumer = new Consumer();
    const grant = await granted(consumer);
    const keys = [];
    for (let count = 0; count < 3; count += 1) keys.push(await sealedFor(anIndex()));
    const answer = await consumer.answer(await resolver.resolve({ grant, nonce, keys }));
    expect(answer.keys.map(({ keyId, path }) => ({ keyId, path }))).toEqual(keys);
    expect(new Set(answer.keys.map(({ key }) => key)).size).toBe(3);
    expect(answer).toMatchObject({ grant, nonce, refused: [], ttlMs: RESOLVED_TTL_MS_MAX });
    const soon = await granted(consumer, 60_000);
    const short = await consumer.answer(await resolver.resolve({ grant: soon, nonce, keys }));
    expect(short.ttlMs).toBeLessThanOrEqual(60_000);
  });

  test('answers so that nobody without the private key of the grant reads a key', async () => {
    const grant = await granted(new Consumer());
    const answer = await resolver.resolve({ grant, nonce, keys: [await sealedFor(anIndex())] });
    await expect(new Consumer().text(answer.sealed)).rejects.toThrow();
    expect(Object.keys(answer)).toEqual(['sealed', 'given']);
    expect(answer.given).toBe(1);
  });

  test('refuses a subject from the moment it is shredded, and gives the others', async () => {
    const consumer = new Consumer();
    const grant = await granted(consumer);
    const [gone, stays] = [anIndex(), anIndex()];
    const keys = [await sealedFor(gone), await sealedFor(stays)];
    const before = await consumer.answer(await resolver.resolve({ grant, nonce, keys }));
    expect(before.keys).toHaveLength(2);
    await (await ground.subjects.admin()).shred(text(gone), ORDER);
    const after = await consumer.answer(await resolver.resolve({ grant, nonce, keys }));
    expect(after.refused).toEqual([{ ...keys[0], code: 'SUBJECT_SHREDDED' }]);
    expect(after.keys.map(({ keyId }) => keyId)).toEqual([keys[1]?.keyId]);
  });

  test('refuses keys that are in memory while the register cannot be read or believed', async () => {
    const line = new Line(ground.subjects.redisUrl);
    const cuttable = await ground.subjects.process({ redisUrl: await line.open() });
    const { files, log, prefix, redisUrl } = ground.subjects;
    const signerPublicKey = files.signer.publicKey;
    const shared = { redisUrl, prefix, signerPublicKey, logger: log };
    const other = await openGrantResolver({ ...shared, subjects: () => cuttable });
    const grant = await granted(new Consumer());
    const keys = [await sealedFor(anIndex())];
    for (const warm of [resolver, other]) await warm.resolve({ grant, nonce, keys });
    line.cut();
    expect(await codeOf(() => other.resolve({ grant, nonce, keys }))).toBe('REDIS_UNREACHABLE');
    const redis = new Redis(redisUrl);
    await redis.del(`${prefix}keyset:subject/people`);
    redis.disconnect();
    expect(await codeOf(() => resolver.resolve({ grant, nonce, keys }))).toBe('KEYSET_MISSING');
    other.stop();
    line.close();
  });

  test('refuses a field that is not granted, also one whose keys are in the grant itself', async () => {
    const grant = await granted(new Consumer());
    const index = anIndex();
    const good = await sealedFor(index);
    for (const path of ['/name', '/email', '/ssn/'])
      expect(
        await codeOf(() => resolver.resolve({ grant, nonce, keys: [good, { ...good, path }] })),
      ).toBe('GRANT_LACKS_FIELD');
    expect((await sealedFor(index, name)).keyId).toBe(good.keyId);
  });

  test('refuses everything after revocation, after expiry, and for a grant nobody made', async () => {
    const consumer = new Consumer();
    const keys = [await sealedFor(anIndex())];
    const grant = await granted(consumer);
    await resolver.resolve({ grant, nonce, keys });
    await (await ground.admin()).revoke(grant, 'boss@somewhere');
    expect(await codeOf(() => resolver.resolve({ grant, nonce, keys }))).toBe('GRANT_REVOKED');
    const short = await granted(consumer, 300);
    await sleep(310);
    expect(await codeOf(() => resolver.resolve({ grant: short, nonce, keys }))).toBe(
      'GRANT_EXPIRED',
    );
    const none = 'a'.repeat(24);
    expect(await codeOf(() => resolver.resolve({ grant: none, nonce, keys }))).toBe(
      'GRANT_UNKNOWN',
    );
  });

  test('refuses a grant whose record was written by somebody without the signer', async () => {
    const grant = await granted(new Consumer());
    const redis = new Redis(ground.subjects.redisUrl);
    const at = `${ground.subjects.prefix}grant:${grant}`;
    await redis.set(at, ((await redis.get(at)) ?? '').replaceAll('/ssn', '/abc'));
    redis.disconnect();
    const keys = [{ ...(await sealedFor(anIndex())), path: '/abc' }];
    expect(await codeOf(() => resolver.resolve({ grant, nonce, keys }))).toBe(
      'GRANT_BAD_SIGNATURE',
    );
  });

  test('tells of a key id that no subject has, and refuses a request of another form', async () => {
    const consumer = new Consumer();
    const grant = await granted(consumer);
    const unknown = { keyId: 'AAAAAAAAAAAA', path: '/ssn' };
    const answer = await consumer.answer(await resolver.resolve({ grant, nonce, keys: [unknown] }));
    expect(answer.refused).toEqual([{ ...unknown, code: 'KEY_UNKNOWN' }]);
    const bad = [
      { grant, nonce, keys: [] },
      { grant: '../x', nonce, keys: [unknown] },
      { grant },
      { grant, nonce: 'x', keys: [unknown] },
    ];
    for (const request of bad)
      expect(await codeOf(() => resolver.resolve(request as ResolveRequest))).toBe('USAGE');
  });
});
