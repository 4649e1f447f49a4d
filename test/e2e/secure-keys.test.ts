import { generateKeyPairSync } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Accounts, ADMINISTRATOR, openAccounts } from '@sealstream/accounts';
import { createKeyFiles } from '@sealstream/keyring';
import { PURPOSES } from '@sealstream/contracts';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { QUIET } from '../../tools/demo/ground.ts';
import {
  CARD,
  changesOf,
  KEPT,
  keyOf,
  KIM,
  LEE,
  PEOPLE,
  recordOf,
  SSN,
  valuesOf,
} from './key-keepers.ts';
import { until } from './running-flow.ts';
import { asked, placeOf, requestsOf } from './second-person.ts';
import { SecureAccess } from './secure-access.ts';
import { SecureFlow } from './secure-flow.ts';

// Keys and persons are looked after over HTTP where every program has a user of its own: as the users
// `access-keys` of Kafka and Redis all of it works, and with anything less it is refused whole.

interface Sealed {
  readonly ssn: string;
  readonly card: string;
}
const OTHER_SSN = '900-22-3333';

let flow: SecureFlow;
let accounts: Accounts;
/** With all that docs/access-keys.md gives it. */
let access: SecureAccess;
/** The fields of the records of two people, as encrypt sealed them. */
let sealed: Sealed;
let other: Sealed;
/** Holds the next outermost keys. */
let next: string;

beforeAll(async () => {
  flow = await SecureFlow.open(() => KEPT);
  for (const name of ['ingest', 'mask', 'encrypt'] as const) await flow.start(name);
  next = join(flow.place.root, 'next');
  mkdirSync(next, { mode: 0o700 });
  createKeyFiles(next, PURPOSES);
  access = await SecureAccess.start(flow, 'access-keys', { ...signer(), ...keysAtRedis() });
  const redisUrl = flow.users.redisUrl('access');
  accounts = await openAccounts({ redisUrl, redisTlsCa: flow.users.ca, logger: QUIET });
  // Until two people are administrators nobody does anything.
  for (const name of ['admin-one', 'admin-two']) await user(name, undefined, ADMINISTRATOR);
  await user('kim', KIM.basic.slice(4), 'keeper');
  await user('lee', LEE.basic.slice(4), 'checker');
  const records = [SSN, OTHER_SSN].map((ssn) => ({ key: Buffer.from('1'), value: recordOf(ssn) }));
  await flow.as('producer', (bus) => bus.append('raw.people', 0, records));
  await until(async () => (await flow.readAll('masked.people')).length === 2);
  await until(async () => (await flow.readAll('encrypted.people')).length === 2);
  const encrypted = await flow.readAll('encrypted.people');
  [sealed, other] = encrypted.map(({ value }) => JSON.parse(String(value)) as Sealed) as [
    Sealed,
    Sealed,
  ];
}, 600_000);
afterAll(async () => {
  await accounts?.stop();
  await flow?.close();
});

const signer = () => ({
  SEALSTREAM_SIGNER_KEY_FILE: join(flow.place.keys, 'signer.key'),
  SEALSTREAM_KEY_SETTLED: '0ms',
  SEALSTREAM_KEY_DIR_NEXT: next,
});
const keysAtRedis = () => ({ SEALSTREAM_KEYS_REDIS_URL: flow.users.redisUrl('access-keys') });

async function user(name: string, password: string | undefined, role: string): Promise<void> {
  const bytes = password === undefined ? undefined : Uint8Array.from(Buffer.from(password));
  await accounts.users.create({ name, person: name, password: bytes });
  await accounts.users.grantRole(name, role, 'test');
}

const { call, together } = requestsOf(() => ({ access, flow }));
const { revealed, sealCard } = valuesOf(call);
const rotate = () => call(KIM, `POST ${PEOPLE}/keys/rotate`, { purpose: 'field', mode: 'all' });

describe('as access-keys at Kafka and at Redis', () => {
  test('keys rotate, and what was sealed before opens with what is sealed from now on', async () => {
    const before = await sealCard();
    const rotated = await rotate();
    expect(asked(rotated)).toEqual([200, 'none']);
    const after = await sealCard();
    expect(keyOf(after)).toBe(changesOf(rotated)[0]?.['keyId']);
    expect(keyOf(after)).not.toBe(keyOf(before));
    for (const token of [before, after, sealed.card])
      expect(await revealed('/card', token)).toBe(CARD);
  });

  test('keysets move under the next outermost keys with a second person, and back', async () => {
    const line = `POST ${PEOPLE}/keys/rewrap`;
    const moved = await together(KIM, LEE, line, { purpose: 'vault', to: 'next' });
    expect(changesOf(moved)).toMatchObject([{ name: 'vault/people', action: 'rewrapped' }]);
    const back = await together(KIM, LEE, line, { purpose: 'vault', to: 'present' });
    expect(changesOf(back)).toMatchObject([{ name: 'vault/people', action: 'rewrapped' }]);
  });

  test('a key goes once nothing names it, and one that records name says where they are', async () => {
    const at = (key: string) => `${PEOPLE}/keys/field/${key}`;
    const old = keyOf(sealed.card);
    const usage = await call(KIM, `GET ${at(old)}/usage`);
    expect(usage.json).toMatchObject({ records: 2, usage: [{ topic: 'encrypted.people' }] });
    expect(asked(await call(KIM, `DELETE ${at(old)}`))).toEqual([409, 'KEY_NEEDED']);
    const unused = await sealCard();
    await rotate();
    const gone = await call(KIM, `DELETE ${at(keyOf(unused))}`);
    expect(gone.json).toMatchObject({ action: 'destroyed', records: 0 });
    expect(await revealed('/card', unused)).toBe('KEY_DESTROYED');
    expect(await revealed('/card', sealed.card)).toBe(CARD);
  });

  test('a person is shredded with their rows of the vault, and may have a key again', async () => {
    const found = await call(KIM, `POST ${PEOPLE}/subjects/index`, { subject: SSN });
    const index = String(found.json['index']);
    const show = async () => (await call(KIM, `GET ${PEOPLE}/subjects/${index}`)).json['state'];
    expect([await show(), await revealed('/ssn', sealed.ssn)]).toEqual(['live', SSN]);
    const of = { index, reason: 'R-4711' };
    const shred = await together(KIM, LEE, `POST ${PEOPLE}/subjects/shred`, of);
    expect(shred.json).toMatchObject({ outcome: 'done', index, actor: 'kim', vaultRows: 2 });
    expect(await show()).toBe('shredded');
    expect(await revealed('/ssn', sealed.ssn)).toMatch(/SUBJECT_SHREDDED|KEY_DESTROYED/);
    const again = await together(KIM, LEE, `POST ${PEOPLE}/subjects/re-enrol`, of);
    expect(again.json).toMatchObject({ outcome: 'done', index });
    expect(await show()).toBe('re-enrolled');
  });

  test('a grant is made and revoked', async () => {
    const { publicKey } = generateKeyPairSync('x25519');
    const pem = publicKey.export({ format: 'pem', type: 'spki' });
    const of = {
      dataset: 'people',
      fields: ['/card'],
      consumer: 'reports',
      publicKey: pem,
      days: 1,
    };
    const made = await call(KIM, 'POST /v1/grants', of);
    expect(asked(made)).toEqual([201, 'none']);
    const gone = await call(KIM, `DELETE /v1/grants/${String(made.json['id'])}`);
    expect(gone.json).toMatchObject({ state: 'revoked' });
  });

  test('nothing of it was refused by Kafka or Redis on the way', () => {
    expect(readFileSync(access.service.log, 'utf8')).not.toMatch(/AUTHORIZATION|_REFUSED|NOPERM/);
  });
});

/** What each deed is refused with. */
interface Refused {
  readonly change: readonly [number, string, Readonly<Record<string, string>>];
  /** Looking where a key is named; done where nothing is said. */
  readonly look?: Refused['change'];
}

const NO_SIGNER = [503, 'KEY_FILE_MISSING', { setting: 'SEALSTREAM_SIGNER_KEY_FILE' }] as const;
const AT_REDIS = [503, 'REDIS_REFUSED', { reason: 'NOPERM' }] as const;
const refusal = 'TOPIC_AUTHORIZATION_FAILED';
const HEADS = [503, 'KAFKA_REFUSED', { topic: 'keyring', refusal }] as const;
/** Of the topics on which a key may be, the first that it may not even look at. */
const SEALED = [503, 'KAFKA_REFUSED', { topic: 'mask.state.people', refusal }] as const;

describe.each<[string, string, () => Record<string, string>, Refused]>([
  ['as access, without the signer', 'access', () => ({}), { change: NO_SIGNER, look: SEALED }],
  ['as access-keys at Kafka alone', 'access-keys', signer, { change: AT_REDIS }],
  [
    'as access-keys at Redis alone',
    'access',
    () => ({ ...signer(), ...keysAtRedis() }),
    { change: HEADS, look: SEALED },
  ],
])('%s', (_who, kafkaUser, settings, refused) => {
  let lesser: SecureAccess;
  /** Of a key that nothing needs, so that nothing but a right is missing for its end. */
  let free: string;
  let ofOther: string;
  const asLesser = requestsOf(() => ({ access: lesser, flow }));

  beforeAll(async () => {
    free = await sealCard();
    await rotate();
    const found = await call(KIM, `POST ${PEOPLE}/subjects/index`, { subject: OTHER_SSN });
    ofOther = String(found.json['index']);
    lesser = await SecureAccess.start(flow, kafkaUser, settings());
  }, 300_000);

  /** Asks, and with a second person where one is needed. */
  async function answer(line: string, body?: unknown): Promise<unknown[]> {
    const first = await asLesser.call(KIM, line, body);
    const isAsked = first.json['code'] === 'APPROVAL_NEEDED';
    const last = isAsked ? await asLesser.together(KIM, LEE, line, body) : first;
    return [...asked(last), placeOf(last) ?? {}];
  }

  /** All that could have changed: keysets, their heads, the person, and what opens. */
  async function standing(): Promise<unknown> {
    return {
      keysets: (await call(KIM, 'GET /v1/keys')).json,
      heads: (await flow.readAll('keyring')).length,
      person: (await call(KIM, `GET ${PEOPLE}/subjects/${ofOther}`)).json,
      opens: [await revealed('/ssn', other.ssn), await revealed('/card', free)],
    };
  }

  test('whatever changes keys or persons is refused with its reason, and nothing of it is done', async () => {
    const before = await standing();
    expect(before).toMatchObject({ person: { state: 'live' }, opens: [OTHER_SSN, CARD] });
    const told = (await asLesser.events()).length;
    for (const [line, body] of [
      [`POST ${PEOPLE}/keys/rotate`, { purpose: 'field', mode: 'all' }],
      [`POST ${PEOPLE}/keys/rewrap`, { purpose: 'vault', to: 'next' }],
      [`POST ${PEOPLE}/subjects/shred`, { index: ofOther, reason: 'R-4712' }],
    ] as const)
      expect([line, ...(await answer(line, body))]).toEqual([line, ...refused.change]);
    const end = `DELETE ${PEOPLE}/keys/field/${keyOf(free)}`;
    expect(await answer(end)).toEqual(refused.change === HEADS ? SEALED : refused.change);
    expect(await standing()).toEqual(before);
    const types = (await asLesser.events()).slice(told).map(({ type }) => type);
    expect(types).not.toEqual(expect.arrayContaining([expect.stringMatching(/^(key|subject)-/)]));
  }, 300_000);

  test('what only reads is answered, but for topics that it may not read', async () => {
    for (const path of ['/v1/keys', `${PEOPLE}/subjects/${ofOther}`, `${PEOPLE}/shred-plan`])
      expect([path, ...(await answer(`GET ${path}`))]).toEqual([path, 200, 'none', {}]);
    const usage = `GET ${PEOPLE}/keys/field/${keyOf(free)}/usage`;
    expect(await answer(usage)).toEqual(refused.look ?? [200, 'none', {}]);
  }, 300_000);
});
