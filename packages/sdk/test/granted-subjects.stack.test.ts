import { randomBytes } from 'node:crypto';
import type { KeyResolver, ResolveAnswer } from '@sealstream/contracts';
import { type KeySource, publicKeyPem } from '@sealstream/crypto';
import { openGrantResolver, type Subjects } from '@sealstream/keyring';
import { datasetOf, encryptPlan, parsePolicy, Tally } from '@sealstream/policy';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { aField, Consumer, GrantGround, orderFor } from '../../keyring/test/grant-fixture.ts';
import { anIndex, ORDER, text } from '../../keyring/test/subject-fixture.ts';
import { type GrantReader, openGrant } from '../src/index.ts';

const POLICY = `version: 1
datasets:
  people:
    revision: 1
    subject: /ssn
    required: [/ssn]
    fields:
      /ssn: { type: string }
      /name: { type: string, encrypt: { seal: { bind: [subject] } } }
      /email: { type: string, survivesShred: true }
`;
const plan = encryptPlan(datasetOf(parsePolicy(POLICY, 'test'), 'people'));
const ssn = aField('/ssn', { purpose: 'subject' });
const name = aField('/name', { purpose: 'subject', bind: ['subject'] });

let ground: GrantGround;
let subjects: Subjects;
let keys: KeySource;
const consumer = new Consumer();
const stops: { stop(): void }[] = [];

/** The resolver of a server, and how often it was asked. */
class CountedResolver implements KeyResolver {
  readonly #inner: KeyResolver;
  asked = 0;
  last: ResolveAnswer | undefined;

  constructor(inner: KeyResolver) {
    this.#inner = inner;
  }

  async resolve(request: Parameters<KeyResolver['resolve']>[0]): Promise<ResolveAnswer> {
    this.asked += 1;
    this.last = await this.#inner.resolve(request);
    return this.last;
  }
}
let resolver: CountedResolver;

beforeEach(async () => {
  ground = new GrantGround();
  await (await ground.subjects.admin()).ensure();
  subjects = await ground.subjects.process();
  keys = (await ground.sealing('xchacha20-poly1305')).keys;
  const { files, log, prefix, redisUrl } = ground.subjects;
  const signerPublicKey = files.signer.publicKey;
  const options = { redisUrl, prefix, signerPublicKey, subjects: () => subjects, logger: log };
  const opened = await openGrantResolver(options);
  stops.push(opened);
  resolver = new CountedResolver(opened);
});
afterEach(() => {
  vi.restoreAllMocks();
  for (const one of stops.splice(0)) one.stop();
  ground.end();
});

/** A record about a subject, as it stands on encrypted. */
async function sealed(index: Buffer, json: string) {
  const source = randomBytes(16);
  const record = {
    subject: { bytes: index, from: 0, to: 16 },
    source: { bytes: source, from: 0, to: 16 },
  };
  const sealing: KeySource = {
    active: (use) => keys.active(use),
    byId: (use, id) => keys.byId(use, id),
    publicKey: (purpose, dataset) => keys.publicKey(purpose, dataset),
    privateKey: (purpose, dataset, id) => keys.privateKey(purpose, dataset, id),
    subjects: subjects.keys,
    record,
  };
  for (;;) {
    try {
      const verdict = plan.apply(Buffer.from(json), sealing, new Tally());
      if (!verdict.ok) throw new Error(verdict.code);
      return { value: verdict.value, headers: { 'sealstream-subject': index } };
    } catch (error) {
      if ((error as { code?: string }).code !== 'SUBJECT_KEYS_WANTED') throw error;
      await subjects.keys.bring();
    }
  }
}

async function granted(): Promise<{ id: string; reader: GrantReader }> {
  const admin = await ground.admin();
  const made = await admin.create(orderFor(consumer, [ssn, name, aField('/email')]));
  const signerPublicKey = publicKeyPem(ground.subjects.files.signer.publicKey);
  const { private: privateKey } = consumer;
  const reader = await openGrant({ grant: made.sealed, privateKey, signerPublicKey, resolver });
  return { id: made.record.id, reader };
}

const json = (n: number) => `{"ssn":"123-45-${1000 + n}","name":"Ann ${n}","email":"${n}@x.org"}`;

describe('fields of single persons under a grant', () => {
  test('open for a whole batch with one question, and again without one', async () => {
    const { reader } = await granted();
    const records = await Promise.all([1, 2, 3, 4].map((n) => sealed(anIndex(), json(n))));
    for (let round = 0; round < 2; round += 1) {
      const opened = await reader.openBatch(records);
      expect(opened.map((one) => one.ok && String(one.value))).toEqual([1, 2, 3, 4].map(json));
      expect(resolver.asked).toBe(1);
    }
  });

  test('of a shredded person are refused, at the latest when the keys are five minutes old', async () => {
    const { reader } = await granted();
    const index = anIndex();
    const records = [await sealed(index, json(1)), await sealed(anIndex(), json(2))];
    await reader.openBatch(records);
    await (await ground.subjects.admin()).shred(text(index), ORDER);
    const now = performance.now.bind(performance);
    const clock = vi.spyOn(performance, 'now').mockImplementation(() => now() + 4 * 60_000);
    await reader.openBatch(records);
    expect(resolver.asked).toBe(1);
    clock.mockImplementation(() => now() + 5 * 60_000);
    const [gone, stays] = await reader.openBatch(records);
    expect(gone).toMatchObject({ ok: false, code: 'SUBJECT_SHREDDED' });
    expect(stays?.ok).toBe(true);
    expect(resolver.asked).toBe(2);
    // Whoever asks for the first time after the shred gets nothing at all.
    const { reader: later } = await granted();
    await expect(later.open(records[0] ?? { value: null })).rejects.toThrow('SUBJECT_SHREDDED');
  });

  test('are refused after revocation as soon as a key has to be asked for', async () => {
    const { id, reader } = await granted();
    const known = await sealed(anIndex(), json(1));
    await reader.open(known);
    await (await ground.admin()).revoke(id, 'boss');
    expect(String(await reader.open(known))).toBe(json(1));
    const unknown = await sealed(anIndex(), json(2));
    await expect(reader.openBatch([known, unknown])).rejects.toThrow('GRANT_REVOKED');
  });

  test('do not open with an answer that was given to another question', async () => {
    const first = await granted();
    const record = await sealed(anIndex(), json(1));
    await first.reader.open(record);
    const { last } = resolver;
    if (last === undefined) expect.unreachable();
    resolver = new CountedResolver({ resolve: () => Promise.resolve(last) });
    const second = await granted();
    await expect(second.reader.open(record)).rejects.toThrow('GRANT_UNREADABLE');
  });

  test('do not open with an older answer to the same grant', async () => {
    const answers: ResolveAnswer[] = [];
    const inner = resolver;
    resolver = new CountedResolver({
      resolve: async (request) => {
        answers.push(await inner.resolve(request));
        return answers[0] ?? expect.unreachable();
      },
    });
    const { reader } = await granted();
    const record = await sealed(anIndex(), json(1));
    await reader.open(record);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + 5 * 60_000);
    await expect(reader.open(record)).rejects.toThrow('GRANT_UNREADABLE');
    expect(answers).toHaveLength(2);
  });

  test('moved to another person do not open where the policy binds them', async () => {
    const { reader } = await granted();
    const record = await sealed(anIndex(), json(1));
    const moved = { ...record, headers: { 'sealstream-subject': anIndex() } };
    const [one] = await reader.openBatch([moved]);
    expect(one).toMatchObject({ ok: false, code: 'RECORD_NOT_AUTHENTIC', path: '/name' });
  });

  test('named by a key id that nobody has are one bad record, and no other suffers', async () => {
    const { reader } = await granted();
    const good = await sealed(anIndex(), json(1));
    const value = String(good.value).replace(/ss1:[\w-]{12}:/, 'ss1:AAAAAAAAAAAA:');
    const [bad, fine] = await reader.openBatch([{ ...good, value }, good]);
    expect(bad).toMatchObject({ ok: false, code: 'RECORD_NOT_AUTHENTIC', path: '/ssn' });
    expect(fine?.ok).toBe(true);
  });

  test('that are asked for when the reader is closed leave no key behind', async () => {
    const { reader } = await granted();
    const asking = reader.open(await sealed(anIndex(), json(1)));
    reader.close();
    await expect(asking).rejects.toThrow('USAGE');
  });
});
