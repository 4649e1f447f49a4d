import { randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { codeOf, Line } from './keyring-fixture.ts';
import { anIndex, text } from './subject-fixture.ts';
import { CARD, VaultGround } from './vault-fixture.ts';

const ground = new VaultGround();
const line = new Line(inject('stack').redisUrl);
const some = (count: number) => Array.from({ length: count }, () => `canary-${randomUUID()}`);
const { prefix } = ground;
const tokenKey = (token: string) => `${prefix}vault-token:people:${token}`;
const valueKey = (value: string, subject?: Buffer) =>
  `${prefix}vault:people:${ground.digest(CARD, value, subject)}`;
/** The bytes of a row; an ordinary client would read them as text. */
const read = async (key: string) =>
  Buffer.from(String(await ground.run('EVAL', HEX, '1', key)), 'hex');
const write = (key: string, row: Buffer) =>
  ground.run('EVAL', FROM_HEX, '1', key, row.toString('hex'));
const HEX = `return (redis.call('GET', KEYS[1]):gsub('.', function(c) return string.format('%02x', string.byte(c)) end))`;
const FROM_HEX = `return redis.call('SET', KEYS[1], (ARGV[1]:gsub('..', function(h) return string.char(tonumber(h, 16)) end)))`;

beforeAll(() => ground.open(['people', 'staff']));
afterAll(() => {
  line.close();
  ground.close();
});

describe('a token', () => {
  test('is random, the same for equal values, and turns back into its value', async () => {
    const values = some(3);
    const vault = await ground.vault();
    const tokens = await ground.tokens(vault, [...values, ...values]);
    expect(new Set(tokens).size).toBe(3);
    for (const token of tokens) expect(token).toMatch(/^tok_[\w-]{22}$/);
    expect(tokens.slice(3)).toEqual(tokens.slice(0, 3));
    const rows = await ground.rows();
    const back = await rows.valuesOf(ground.keys, '/card', tokens.slice(0, 3));
    expect(back.map(String)).toEqual(values);
  });

  test('of the shape digits has digits alone', async () => {
    const field = { ...CARD, path: '/digits', shape: 'digits' } as const;
    const [token] = await ground.tokens(await ground.vault(), some(1), { field });
    expect(token).toMatch(/^\d{39}$/);
  });

  test('of the same shape has the form of its value, is another for each, and turns back', async () => {
    const field = { ...CARD, path: '/same', shape: 'same' } as const;
    // Among so many of a million forms some are drawn twice.
    const values = Array.from({ length: 3000 }, (_, at) => `${String(at).padStart(5, '0')}-7`);
    const vault = await ground.vault();
    const tokens = await ground.tokens(vault, values, { field });
    expect(new Set(tokens).size).toBe(values.length);
    for (const [at, token] of tokens.entries()) {
      expect(token).toMatch(/^\d{5}-\d$/);
      expect(token).not.toBe(values[at]);
    }
    expect(await ground.tokens(await ground.vault(), values, { field })).toEqual(tokens);
    const rows = await ground.rows();
    const back = await rows.valuesOf(ground.keys, '/same', tokens);
    expect(back.map(String)).toEqual(values);
  });

  test('of the same shape is refused, and not drawn for ever, when nearly all of a form are taken', async () => {
    const field = { ...CARD, path: '/few', shape: 'same' } as const;
    const vault = await ground.vault();
    const made: string[] = [];
    const codes: unknown[] = [];
    // Nine tokens have this form and are not the value itself.
    for (let person = 0; person < 12; person++) {
      const ask = { field, subject: anIndex() };
      const all = async () => made.push(...(await ground.tokens(vault, ['5#'], ask)));
      codes.push(await codeOf(all));
    }
    expect(new Set(made).size).toBe(made.length);
    expect(made.length).toBeLessThanOrEqual(9);
    expect(codes.filter((code) => code === 'RECORD_VALUE_UNFIT')).toHaveLength(12 - made.length);
  });

  test('is the same after a restart, and in every process', async () => {
    const values = some(20);
    const first = await ground.tokens(await ground.vault(), values);
    expect(await ground.tokens(await ground.vault(), values)).toEqual(first);
  });

  test('is one for all processes that make it at once', async () => {
    const values = some(700);
    const vaults = [await ground.vault(), await ground.vault(), await ground.vault()];
    const found = await Promise.all(vaults.map((vault) => ground.tokens(vault, values)));
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
    expect(new Set(found[0]).size).toBe(values.length);
    const rows = await ground.rows();
    const back = await rows.valuesOf(ground.keys, '/card', found[0] ?? []);
    expect(back.map(String)).toEqual(values);
  });

  test('is another one for another path, dataset or subject', async () => {
    const values = some(1);
    const staff = { ...CARD, dataset: 'staff' };
    const [one, other] = [anIndex(), anIndex()];
    const vault = await ground.vault();
    const tokens = [
      ...(await ground.tokens(vault, values)),
      ...(await ground.tokens(vault, values, { field: { ...CARD, path: '/iban' } })),
      ...(await ground.tokens(await ground.vault({ dataset: 'staff' }), values, { field: staff })),
      ...(await ground.tokens(vault, values, { subject: one })),
      ...(await ground.tokens(vault, values, { subject: other })),
    ];
    expect(new Set(tokens).size).toBe(5);
    const rows = await ground.rows();
    // A token of another field does not open as this one's, nor is one of another dataset known.
    const [ofOther] = await rows.valuesOf(ground.keys, '/card', tokens.slice(1, 2));
    expect(ofOther).toBe('VAULT_ROW_REFUSED');
    expect(await rows.valuesOf(ground.keys, '/card', tokens.slice(2, 3))).toEqual([
      'TOKEN_UNKNOWN',
    ]);
  });

  test('is forgotten when the memory for tokens is full, and fetched again', async () => {
    const vault = await ground.vault({ max: 10 });
    const rounds = Array.from({ length: 6 }, () => some(7));
    const first: string[][] = [];
    for (const values of rounds) first.push(await ground.tokens(vault, values));
    for (const [at, values] of rounds.entries())
      expect(await ground.tokens(vault, values)).toEqual(first[at]);
  });
});

describe('what stands in Redis', () => {
  test('shows neither value nor, by its value, a token', async () => {
    const [value = ''] = some(1);
    const [token = ''] = await ground.tokens(await ground.vault(), [value]);
    const [byValue, byToken] = [await read(valueKey(value)), await read(tokenKey(token))];
    for (const row of [byValue, byToken]) expect(row.includes('canary')).toBe(false);
    expect(byValue.includes(token)).toBe(false);
    // The control: the same search finds what is there.
    expect(Buffer.from(value).includes('canary')).toBe(true);
  });

  test('is refused when any byte of a row was changed', async () => {
    const [value = ''] = some(1);
    const [token = ''] = await ground.tokens(await ground.vault(), [value]);
    const rows = await ground.rows();
    for (const [key, ask] of [
      [valueKey(value), async () => ground.tokens(await ground.vault(), [value])],
      [tokenKey(token), async () => (await rows.valuesOf(ground.keys, '/card', [token]))[0]],
    ] as const) {
      const row = await read(key);
      // The key id is left alone: an id that nobody knows is waited for.
      for (const at of [0, 13, 20, 36, 37, row.length - 1]) {
        const changed = Buffer.from(row);
        changed[at] ^= 1;
        await write(key, changed);
        const outcome = await codeOf(ask);
        expect([outcome, at].flat()).toContain('VAULT_ROW_REFUSED');
      }
      await write(key, row);
      expect(await codeOf(ask)).not.toBe('VAULT_ROW_REFUSED');
    }
  });

  test('is refused when two rows were swapped, of values, of tokens or of subjects', async () => {
    const [one = '', other = ''] = some(2);
    const [token = '', second = ''] = await ground.tokens(await ground.vault(), [one, other]);
    await write(valueKey(one), await read(valueKey(other)));
    expect(await codeOf(async () => ground.tokens(await ground.vault(), [one]))).toBe(
      'VAULT_ROW_REFUSED',
    );
    await write(tokenKey(token), await read(tokenKey(second)));
    const rows = await ground.rows();
    expect(await rows.valuesOf(ground.keys, '/card', [token])).toEqual(['VAULT_ROW_REFUSED']);
    const subject = anIndex();
    await ground.tokens(await ground.vault(), [one], { subject });
    await write(valueKey(one, subject), await read(valueKey(other)));
    const asked = async () => ground.tokens(await ground.vault(), [one], { subject });
    expect(await codeOf(asked)).toBe('VAULT_ROW_REFUSED');
  });
});

describe('with Redis away', () => {
  test('no token is made, known ones are given, and all goes on by itself', async () => {
    const url = await line.open();
    const vault = await ground.vault({ redisUrl: url });
    const [known = '', fresh = ''] = some(2);
    const [token] = await ground.tokens(vault, [known]);
    line.cut();
    expect(await codeOf(() => ground.tokens(vault, [fresh]))).toBe('REDIS_UNREACHABLE');
    expect(await ground.tokens(vault, [known])).toEqual([token]);
    line.mend();
    const asked = () => ground.tokens(vault, [fresh]).catch(() => undefined);
    await expect.poll(asked, { timeout: 10_000 }).toBeDefined();
    const made = await asked();
    expect(await ground.tokens(await ground.vault(), [fresh])).toEqual(made);
  });
});

describe('a subject whose rows are ended', () => {
  test('has no row left, gets none again, and its tokens are unknown; others keep theirs', async () => {
    const [subject, other] = [anIndex(), anIndex()];
    const values = some(600);
    const vault = await ground.vault();
    const tokens = await ground.tokens(vault, values, { subject });
    const kept = await ground.tokens(vault, values.slice(0, 3), { subject: other });
    const rows = await ground.rows();
    expect(await rows.endSubject(text(subject))).toBe(1200);
    expect(new Set(await rows.valuesOf(ground.keys, '/card', tokens))).toEqual(
      new Set(['TOKEN_UNKNOWN']),
    );
    const again = async () => ground.tokens(await ground.vault(), values, { subject });
    expect(await codeOf(again)).toBe('SUBJECT_SHREDDED');
    expect(await rows.endSubject(text(subject))).toBe(0);
    const still = await rows.valuesOf(ground.keys, '/card', kept);
    expect(still.map(String)).toEqual(values.slice(0, 3));
  });

  test('gets other tokens when it lives again, also in a process that knew the earlier ones', async () => {
    const subject = anIndex();
    const values = some(5);
    let livesSince = 0;
    const vault = await ground.vault({ shreds: { endedAt: () => livesSince } });
    const before = await ground.tokens(vault, values, { subject });
    const rows = await ground.rows();
    await rows.endSubject(text(subject));
    await rows.reviveSubject(text(subject), true);
    livesSince = 1;
    const after = await ground.tokens(vault, values, { subject });
    // Ordered a second time it takes nothing of the new life.
    await rows.reviveSubject(text(subject), false);
    for (const token of after) expect(before).not.toContain(token);
    expect((await rows.valuesOf(ground.keys, '/card', after)).map(String)).toEqual(values);
  });

  test('takes no row of anybody else along, whatever is listed under it', async () => {
    const [subject, other] = [anIndex(), anIndex()];
    const [value = ''] = some(1);
    const [token = ''] = await ground.tokens(await ground.vault(), [value], { subject: other });
    const listed = `${ground.digest(CARD, value, other)} ${token}`;
    await ground.run('SADD', `${prefix}vault-of:people:${text(subject)}`, listed, 'odd');
    const rows = await ground.rows();
    expect(await rows.endSubject(text(subject))).toBe(0);
    expect((await rows.valuesOf(ground.keys, '/card', [token])).map(String)).toEqual([value]);
  });

  test('whose rows an old Redis still holds is refused by what knows of the shred', async () => {
    const subject = anIndex();
    const [value = ''] = some(1);
    const tokens = await ground.tokens(await ground.vault(), [value], { subject });
    const rows = await ground.rows();
    const shreds = { has: () => true };
    const keys = Object.assign(Object.create(ground.keys) as typeof ground.keys, {
      shreds,
      active: ground.keys.active.bind(ground.keys),
      byId: ground.keys.byId.bind(ground.keys),
    });
    expect(await rows.valuesOf(keys, '/card', tokens)).toEqual(['SUBJECT_SHREDDED']);
  });
});

test('tokens that were never made, too long ones and texts of all kinds are unknown', async () => {
  const rows = await ground.rows();
  const odd = [
    '',
    'tok_',
    `tok_${randomBytes(16).toString('base64url')}`,
    'x'.repeat(10_000),
    '\n',
  ];
  const found = await rows.valuesOf(ground.keys, '/card', odd);
  expect(new Set(found)).toEqual(new Set(['TOKEN_UNKNOWN']));
});
