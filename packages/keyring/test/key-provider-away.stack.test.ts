import { randomUUID } from 'node:crypto';
import { fieldCipher } from '@sealstream/crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, inject, test } from 'vitest';
import { awsKmsProvider } from '../src/aws-kms-provider.ts';
import { type Keyring, openKeyring } from '../src/keyring.ts';
import { type KeysetAdmin, openKeysetAdmin } from '../src/keyset-admin.ts';
import { codeOf, KeptHeads, KeptLog, Line, makeKeyFiles, until } from './keyring-fixture.ts';
import { type LocalKms, startKms } from './kms-fixture.ts';

const CEILING_MS = 800;
const POLL_MS = 50;
const files = makeKeyFiles();
const cipher = fieldCipher('people', '/ssn');
const value = Buffer.from('canary-value-4711');

let kms: LocalKms;
/** The line of the service alone: who changes keys has its own. */
let line: Line;
let endpoint: string;
let heads: KeptHeads;
let prefix: string;
let admin: KeysetAdmin;
const rings: Keyring[] = [];

const provider = (at = endpoint) => awsKmsProvider({ endpoint: at, region: kms.region }, ['field']);

async function ring(): Promise<Keyring> {
  const keyring = await openKeyring({
    redisUrl: inject('stack').redisUrl,
    prefix,
    provider: provider(),
    purposes: ['field'],
    sealTo: [],
    datasets: ['people'],
    signerPublicKey: files.signer.publicKey,
    heads,
    cacheCeilingMs: CEILING_MS,
    pollMs: POLL_MS,
    logger: new KeptLog(),
  });
  rings.push(keyring);
  await keyring.ready();
  return keyring;
}

beforeAll(async () => {
  kms = await startKms();
  await kms.createKeys('sealstream', ['field']);
});
afterAll(async () => {
  await kms.close();
  files.remove();
});
beforeEach(async () => {
  line = new Line(kms.moto.url);
  endpoint = await line.open();
  heads = new KeptHeads();
  prefix = `test-${randomUUID()}:`;
  admin = await openKeysetAdmin({
    redisUrl: inject('stack').redisUrl,
    prefix,
    provider: provider(kms.moto.url),
    signer: files.signer,
    heads,
    logger: new KeptLog(),
  });
  await admin.createOrRotate('field', 'people');
});
afterEach(() => {
  for (const keyring of rings.splice(0)) keyring.stop();
  admin.stop();
  line.close();
});

describe('while the key provider is away', () => {
  test('a service whose keysets do not change works on past the ceiling', async () => {
    const service = await ring();
    const token = cipher.seal(service.keys, 'string', value);
    line.cut();
    await new Promise((done) => setTimeout(done, 2 * CEILING_MS));
    expect(cipher.open(service.keys, token).plain).toEqual(value);
    expect(service.health()).toEqual({ usable: true, waitsFor: [], troubles: [] });
  });

  test('a changed keyset works as it was known up to the ceiling, stops, and recovers', async () => {
    const service = await ring();
    const token = cipher.seal(service.keys, 'string', value);
    line.cut();
    await admin.createOrRotate('field', 'people');
    await until(() => service.health().troubles.length > 0);
    expect(service.health().troubles).toEqual([{ name: 'field/people', why: 'KEY_PROVIDER_AWAY' }]);
    expect(cipher.open(service.keys, token).plain).toEqual(value);
    await until(() => !service.health().usable);
    expect(service.health().waitsFor).toEqual([{ name: 'field/people', why: 'KEYRING_STALE' }]);
    expect(await codeOf(() => cipher.open(service.keys, token))).toBe('KEYRING_STALE');
    line.mend();
    await until(() => service.health().usable);
    expect(cipher.open(service.keys, token).plain).toEqual(value);
    const later = cipher.seal(service.keys, 'string', value);
    expect(later.toString().split(':')[1]).not.toBe(token.toString().split(':')[1]);
  });

  test('a service does not start, and starts when it is back', async () => {
    line.cut();
    expect(await codeOf(ring)).toBe('KEY_PROVIDER_AWAY');
    line.mend();
    const service = await ring();
    expect(service.health().usable).toBe(true);
  });
});

describe('calls to the key provider', () => {
  test('are one for a keyset of 50 keys, and none while it stays as it is', async () => {
    for (let n = 1; n < 50; n++) await admin.createOrRotate('field', 'people');
    const [listed] = await admin.list();
    expect(listed?.keys).toHaveLength(50);
    const counted = () => kms.moto.calls;
    let before = counted();
    const keyring = await ring();
    // One that asks whether the key is there, one that unwraps.
    expect(counted() - before).toBe(2);
    before = counted();
    for (let n = 0; n < 5; n++) await keyring.refresh();
    expect(counted() - before).toBe(0);
  });
});
