import { randomBytes, randomUUID } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import type { Purpose } from '@sealstream/contracts';
import { fieldCipher } from '@sealstream/crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { awsKmsProvider } from '../src/aws-kms-provider.ts';
import { eitherProvider } from '../src/either-provider.ts';
import { keyFilePath } from '../src/key-file.ts';
import { type Keyring, type KeyringOptions, openKeyring } from '../src/keyring.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { type KeysetDocument, openSignedKeyset } from '../src/keyset-document.ts';
import { KeysetStore } from '../src/keyset-store.ts';
import type { OutermostKeys } from '../src/outermost-keys.ts';
import { pkcs11Provider } from '../src/pkcs11-provider.ts';
import { type LocalHsm, makeHsm } from './hsm-fixture.ts';
import { codeOf, KeptHeads, KeptLog, makeKeyFiles, until } from './keyring-fixture.ts';
import { type LocalKms, startKms } from './kms-fixture.ts';

const NAME = 'field/people';
const PURPOSES: readonly Purpose[] = ['field', 'hash'];
const [old, fresh] = [makeKeyFiles(), makeKeyFiles()];
const cipher = fieldCipher('people', '/ssn');
const value = Buffer.from(`canary ${randomBytes(9).toString('hex')}`);

let heads: KeptHeads;
let prefix: string;
let store: KeysetStore;
const opened: { stop(): void }[] = [];

async function admin(provider: OutermostKeys = old.provider()): Promise<KeysetAdmin> {
  const { redisUrl } = inject('stack');
  const logger = new KeptLog();
  const one = await openKeysetAdmin({
    redisUrl,
    prefix,
    provider,
    signer: old.signer,
    heads,
    logger,
  });
  opened.push(one);
  return one;
}

async function ring(provider: OutermostKeys, more: Partial<KeyringOptions> = {}): Promise<Keyring> {
  const keyring = await openKeyring({
    redisUrl: inject('stack').redisUrl,
    prefix,
    provider,
    purposes: ['field'],
    sealTo: [],
    datasets: ['people'],
    signerPublicKey: old.signer.publicKey,
    heads,
    logger: new KeptLog(),
    ...more,
  });
  opened.push(keyring);
  await keyring.ready();
  return keyring;
}

const stored = async (name = NAME): Promise<Buffer> =>
  (await store.read([name]))[0] ?? Buffer.alloc(0);
const document = async (name = NAME): Promise<KeysetDocument> =>
  openSignedKeyset(name, await stored(name), old.signer.publicKey).document;

/** Opens a token as a service that starts now. */
async function opens(token: Buffer, provider: OutermostKeys): Promise<boolean> {
  const keyring = await ring(provider);
  const { plain } = cipher.open(keyring.keys, token);
  keyring.stop();
  return plain.equals(value);
}

beforeEach(async () => {
  heads = new KeptHeads();
  prefix = `test-${randomUUID()}:`;
  const { redisUrl } = inject('stack');
  store = new KeysetStore({ redisUrl, prefix, logger: new KeptLog() });
  await store.connect();
});
afterEach(() => {
  store.stop();
  for (const one of opened.splice(0)) one.stop();
});
afterAll(() => {
  old.remove();
  fresh.remove();
});

describe('rewrap', () => {
  test('keeps every data key, writes the next version and publishes its head', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    const service = await ring(old.provider());
    const token = cipher.seal(service.keys, 'string', value);
    await one.createOrRotate('field', 'people');
    const before = await document();
    expect(await one.rewrap('field', 'people', fresh.provider())).toEqual({
      name: NAME,
      version: before.version + 1,
      action: 'rewrapped',
    });
    const after = await document();
    expect(after.keys).toEqual(before.keys);
    expect(after.wrappingKey).not.toBe(before.wrappingKey);
    expect(heads.published.at(-1)?.document).toEqual(await stored());
    expect(await opens(token, fresh.provider())).toBe(true);
    await expect(ring(old.provider())).rejects.toMatchObject({ code: 'KEYSET_UNREADABLE' });
  });

  test('leaves a keyset that is done as it is', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    await one.rewrap('field', 'people', fresh.provider());
    const [before, published] = [await stored(), heads.published.length];
    const again = await one.rewrap('field', 'people', fresh.provider());
    expect(again.action).toBe('unchanged');
    expect([await stored(), heads.published.length]).toEqual([before, published]);
  });

  test('that was cut before it wrote has changed nothing, and the next run does it', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    const before = await stored();
    const cut: OutermostKeys = {
      ...fresh.provider(),
      wrap: async () => {
        throw new Error('cut');
      },
    };
    expect(await codeOf(() => one.rewrap('field', 'people', cut))).toBe('Error: cut');
    expect(await stored()).toEqual(before);
    const next = await (await admin()).rewrap('field', 'people', fresh.provider());
    expect(next.action).toBe('rewrapped');
  });

  test('that was cut before the head was published is finished by the next run', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    heads.fail = true;
    await expect(one.rewrap('field', 'people', fresh.provider())).rejects.toThrow('away');
    heads.fail = false;
    expect(heads.published.at(-1)?.document).not.toEqual(await stored());
    const next = await (await admin()).rewrap('field', 'people', fresh.provider());
    expect(next.action).toBe('unchanged');
    expect(heads.published.at(-1)?.document).toEqual(await stored());
  });

  test('writes nothing when a wrong outermost key would be left, or none opens', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    const before = await stored();
    const broken: OutermostKeys = {
      ...fresh.provider(),
      wrap: (purpose, _context, slot) => fresh.provider().wrap(purpose, ['elsewhere'], slot),
    };
    expect(await codeOf(() => one.rewrap('field', 'people', broken))).toBe('KEYSET_UNREADABLE');
    const stranger = await admin(fresh.provider());
    const third = makeKeyFiles();
    expect(await codeOf(() => stranger.rewrap('field', 'people', third.provider()))).toBe(
      'KEYSET_UNREADABLE',
    );
    third.remove();
    expect(await stored()).toEqual(before);
    expect(await codeOf(() => one.rewrap('field', 'none', fresh.provider()))).toBe(
      'KEYSET_MISSING',
    );
  });

  test('and a rotation at once: one wins, the other sees a conflict, every key opens', async () => {
    const [one, other] = [
      await admin(),
      await admin(eitherProvider(old.provider(), fresh.provider())),
    ];
    await one.createOrRotate('field', 'people');
    const service = await ring(eitherProvider(old.provider(), fresh.provider()));
    const token = cipher.seal(service.keys, 'string', value);
    const outcomes = await Promise.all([
      codeOf(() => one.rewrap('field', 'people', fresh.provider())),
      codeOf(() => other.createOrRotate('field', 'people')),
    ]);
    expect(outcomes.some(Array.isArray)).toBe(true);
    for (const outcome of outcomes)
      expect(outcome === 'KEYSET_CONFLICT' || Array.isArray(outcome)).toBe(true);
    await (await admin()).rewrap('field', 'people', fresh.provider());
    expect(await opens(token, fresh.provider())).toBe(true);
  });
});

describe('a service while its keyset moves', () => {
  test('takes the new version by itself when it has both outermost keys', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    const service = await ring(eitherProvider(old.provider(), fresh.provider()));
    const token = cipher.seal(service.keys, 'string', value);
    await one.rewrap('field', 'people', fresh.provider());
    await service.refresh();
    expect(service.health()).toEqual({ usable: true, waitsFor: [], troubles: [] });
    expect(cipher.open(service.keys, token).plain).toEqual(value);
  });

  test('works on with what it knows when it has not, up to the ceiling, and then recovers', async () => {
    const one = await admin();
    await one.createOrRotate('field', 'people');
    const files = makeKeyFiles();
    copyFileSync(keyFilePath(old.dir, 'field'), keyFilePath(files.dir, 'field'));
    const service = await ring(files.provider(['field']), { cacheCeilingMs: 700, pollMs: 50 });
    const token = cipher.seal(service.keys, 'string', value);
    await one.rewrap('field', 'people', fresh.provider());
    await until(() => service.health().troubles.length > 0);
    expect(service.health().troubles).toEqual([{ name: NAME, why: 'KEYSET_UNREADABLE' }]);
    expect(cipher.open(service.keys, token).plain).toEqual(value);
    await until(() => !service.health().usable);
    expect(await codeOf(() => cipher.open(service.keys, token))).toBe('KEYRING_STALE');
    copyFileSync(keyFilePath(fresh.dir, 'field'), keyFilePath(files.dir, 'field'));
    await until(() => service.health().usable);
    expect(cipher.open(service.keys, token).plain).toEqual(value);
    files.remove();
  });
});

describe('old records open after a move', () => {
  let kms: LocalKms;
  let hsm: LocalHsm;
  beforeAll(async () => {
    [kms, hsm] = await Promise.all([startKms(), makeHsm()]);
    await kms.createKeys('sealstream', PURPOSES);
    hsm.createKeys('sealstream', PURPOSES);
  });
  afterAll(() => Promise.all([kms.close(), hsm.close()]));
  const elsewhere = {
    'a KMS': () => awsKmsProvider({ endpoint: kms.endpoint, region: kms.region }, PURPOSES),
    'an HSM': () => pkcs11Provider(hsm, PURPOSES),
  };

  test.each(['a KMS', 'an HSM'] as const)('from files to %s, and back to files', async (where) => {
    const away = elsewhere[where]();
    await (await admin()).createOrRotate('field', 'people');
    const token = cipher.seal((await ring(old.provider())).keys, 'string', value);
    const there = await (await admin()).rewrap('field', 'people', away);
    expect(there.action).toBe('rewrapped');
    expect(await opens(token, away)).toBe(true);
    const back = await (await admin(away)).rewrap('field', 'people', fresh.provider());
    expect(back).toMatchObject({ version: there.version + 1, action: 'rewrapped' });
    expect(await opens(token, fresh.provider())).toBe(true);
  });

  test('from a KMS to an HSM, and from one key of a KMS to another', async () => {
    await kms.createKeys('second', PURPOSES);
    const first = elsewhere['a KMS']();
    const second = awsKmsProvider(
      { endpoint: kms.endpoint, region: kms.region, key: 'alias/second-<purpose>' },
      PURPOSES,
    );
    await (await admin(first)).createOrRotate('field', 'people');
    const token = cipher.seal((await ring(first)).keys, 'string', value);
    await (await admin(first)).rewrap('field', 'people', second);
    expect(await opens(token, second)).toBe(true);
    await expect(ring(first)).rejects.toMatchObject({ code: 'KEYSET_UNREADABLE' });
    await (await admin(second)).rewrap('field', 'people', elsewhere['an HSM']());
    expect(await opens(token, elsewhere['an HSM']())).toBe(true);
  });
});
