import { randomUUID } from 'node:crypto';

import { generateSigner, readSigner } from '@sealstream/crypto';
import { afterAll, afterEach, beforeEach, expect, inject, test } from 'vitest';

import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { type KeysetReader, openKeysetReader } from '../src/keyset-reader.ts';
import { KeysetStore } from '../src/keyset-store.ts';
import { KeptHeads, KeptLog, makeKeyFiles } from './keyring-fixture.ts';

const files = makeKeyFiles();
afterAll(() => files.remove());

let heads: KeptHeads;
let redis: { redisUrl: string; prefix: string; logger: KeptLog };
let admin: KeysetAdmin;
const opened: { stop(): void }[] = [];

beforeEach(async () => {
  heads = new KeptHeads();
  redis = {
    redisUrl: inject('stack').redisUrl,
    prefix: `test-${randomUUID()}:`,
    logger: new KeptLog(),
  };
  const { signer } = files;
  admin = await openKeysetAdmin({ ...redis, provider: files.provider(), signer, heads });
  opened.push(admin);
});
afterEach(() => {
  for (const one of opened.splice(0)) one.stop();
});

async function reader(signerPublicKey = files.signer.publicKey): Promise<KeysetReader> {
  const one = await openKeysetReader({ ...redis, heads, signerPublicKey });
  opened.push(one);
  return one;
}

test('a reader lists what whoever may change keysets lists, with no key of its own', async () => {
  await admin.createOrRotate('field', 'people');
  await admin.createOrRotate('field', 'people', 'aes-256-gcm');
  await admin.createOrRotate('hash', 'people');
  const listed = await (await reader()).list(['people', 'others']);
  expect(listed.map(({ name }) => name)).toEqual(['field/people', 'hash/people']);
  expect(listed).toEqual(await admin.list());
});

test('a reader says of a keyset that is not to be believed why', async () => {
  await admin.createOrRotate('field', 'people');
  const store = new KeysetStore(redis);
  await store.connect();
  opened.push(store);
  const [old = null] = await store.read(['field/people']);
  await admin.createOrRotate('field', 'people');
  const [now = null] = await store.read(['field/people']);
  await store.swap('field/people', now, old ?? Buffer.alloc(0));
  expect(await (await reader()).list([])).toMatchObject([{ problem: 'KEYSET_ROLLED_BACK' }]);
  const other = readSigner(generateSigner().privateKey).publicKey;
  expect(await (await reader(other)).list(['people'])).toMatchObject([
    { name: 'field/people', keys: [], problem: 'KEYSET_BAD_SIGNATURE' },
  ]);
});
