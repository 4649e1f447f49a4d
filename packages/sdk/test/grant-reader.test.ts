import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { type GrantReader, openGrant } from '../src/index.ts';
import { ALL_PATHS, GrantScene } from './grant-fixture.ts';

const VALUE =
  '{ "name":"Ann \\u00e9\\ud83d", "email": "a@b.c","amount":12.30,"gcm":"g","siv":"s","jwe":"j",' +
  '"fernet":"f" , "bound":"b","contacts":[{"phone":"1"},{"phone":null}],"kept":"k","new":[1e400]}';

let scene: GrantScene;
beforeEach(() => {
  scene = new GrantScene();
});

async function readerOf(...paths: string[]): Promise<GrantReader> {
  const { privateKey, signerPublicKey } = scene;
  return openGrant({ grant: await scene.grant(paths), privateKey, signerPublicKey });
}

async function codeOf(work: () => unknown): Promise<unknown> {
  try {
    return ['gave', await work()];
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

/** A field of a record, however it stands. */
function at(json: string, path: string): unknown {
  const steps = path.slice(1).split('/');
  return steps.reduce<unknown>(
    (value, step) => (value as Record<string, unknown>)[step === '*' ? '0' : step],
    JSON.parse(json),
  );
}

describe('a record under a grant', () => {
  test.each(ALL_PATHS)(
    'for %s alone has that field opened and every other byte as it stood',
    async (path) => {
      const record = scene.sealed(VALUE);
      const before = record.value.toString();
      const after = String(await (await readerOf(path)).open(record));
      for (const other of ALL_PATHS) {
        if (other === path) expect(at(after, other)).toEqual(at(VALUE, other));
        else expect(at(after, other)).toEqual(at(before, other));
      }
      expect(at(after, '/kept')).toBe('k');
      expect(at(after, '/new')).toBe(at(before, '/new'));
      expect(after).not.toBe(before);
    },
  );

  test('for all fields comes back byte for byte, but for what no policy names', async () => {
    const record = scene.sealed(VALUE);
    const opened = String(await (await readerOf(...ALL_PATHS)).open(record));
    const unnamed = at(record.value.toString(), '/new') as string;
    expect(opened).toBe(VALUE.replace('[1e400]', `"${unnamed}"`));
  });

  test('gives any JSON value of a field back as it was written', async () => {
    const reader = await readerOf('/name', '/amount');
    const text = fc.string({ unit: 'grapheme' }).map((name) => JSON.stringify(name));
    const number = fc.constantFrom('0', '-0', '12.30', '1e400', '123456789012345678901234567890');
    await fc.assert(
      fc.asyncProperty(text, number, async (name, amount) => {
        const json = `{"name":${name},"amount":${amount}}`;
        expect(String(await reader.open(scene.sealed(json)))).toBe(json);
      }),
    );
  });

  test('may come with headers as an object, as lists, as a Map of bytes, or as pairs', async () => {
    const reader = await readerOf('/bound');
    const { headers, value } = scene.sealed('{"bound":"b"}');
    const [[name, mark] = ['', null]] = headers;
    const forms = [
      { [name]: mark ?? undefined },
      { other: 'x', [name]: [mark, Buffer.from('second')] },
      new Map([[Buffer.from(name), mark]]),
      new Map([[name, new Uint8Array(mark ?? [])]]),
      headers,
    ];
    for (const form of forms)
      expect(String(await reader.open({ value, headers: form }))).toBe('{"bound":"b"}');
    for (const form of [undefined, {}, { [name]: mark?.toString('utf8') }, { [name]: undefined }])
      expect(await codeOf(() => reader.open({ value, headers: form }))).toBe(
        'RECORD_NOT_AUTHENTIC',
      );
  });

  test('has its granted headers opened, and without such a grant the tokens as they stand', async () => {
    const headers = [['x-user', Buffer.from('u')] as const, ['x-user', null] as const];
    const record = scene.sealed('{"name":"n"}', headers);
    const reader = await readerOf('/name', '#header/x-user');
    const [opened] = await reader.openBatch([record]);
    expect(opened).toMatchObject({ ok: true, headers: [record.headers[0], ...headers] });
    const tokens = record.headers.flatMap(([, token]) => token ?? []);
    expect(await reader.openField('#header/x-user', tokens[1] ?? '')).toMatchObject({
      type: 'string',
      plain: Buffer.from('u'),
    });
    const form = { value: record.value, headers: { 'x-user': [tokens[1], tokens[2]] } };
    expect(await reader.openBatch([form])).toMatchObject([{ ok: true, headers }]);
    const [other] = await (await readerOf('/name')).openBatch([record]);
    expect(other).toEqual({ ok: true, value: Buffer.from('{"name":"n"}') });
  });

  test('is refused when a granted header is plain or changed', async () => {
    const reader = await readerOf('#header/x-user');
    const record = scene.sealed('{"kept":"k"}');
    for (const value of ['plain', `ss1:first-key-01:${'A'.repeat(80)}`]) {
      const [opened] = await reader.openBatch([{ ...record, headers: { 'x-user': value } }]);
      expect(opened).toMatchObject({
        ok: false,
        code: 'RECORD_NOT_AUTHENTIC',
        path: '#header/x-user',
      });
    }
  });

  test('that was moved to another record does not open where the field is bound to it', async () => {
    const reader = await readerOf('/bound', '/name');
    const one = scene.sealed('{"bound":"b"}');
    const mark = Buffer.from(one.headers[0]?.[1] ?? []);
    mark[20] ^= 1;
    const moved = { value: one.value, headers: { sealstream: mark } };
    expect(await codeOf(() => reader.open(moved))).toBe('RECORD_NOT_AUTHENTIC');
    expect(String(await reader.open(one))).toBe('{"bound":"b"}');
  });

  test('is null when it is a tombstone, and may lack granted fields', async () => {
    const reader = await readerOf('/name');
    expect(await reader.open({ value: null })).toBeNull();
    expect(await reader.open({ value: undefined })).toBeNull();
    expect(String(await reader.open({ value: '{"kept":"k"}' }))).toBe('{"kept":"k"}');
  });

  test('is refused when it is no JSON, or a granted field is plain, foreign or changed', async () => {
    const reader = await readerOf('/name');
    const sealed = scene.sealed('{"name":"Ann","email":"e"}').value.toString();
    const { email, name } = JSON.parse(sealed) as Record<string, string>;
    const cases: [string, string][] = [
      ['{"name":', 'RECORD_INVALID_JSON'],
      ['{"name":"Ann"}', 'RECORD_NOT_AUTHENTIC'],
      ['{"name":null}', 'RECORD_NOT_AUTHENTIC'],
      ['{"name":7}', 'RECORD_NOT_AUTHENTIC'],
      ['{"name":{}}', 'RECORD_WRONG_TYPE'],
      [`{"name":"${email}"}`, 'RECORD_NOT_AUTHENTIC'],
      [`{"name":"${name?.slice(0, 40)}"}`, 'TOKEN_MALFORMED'],
      [`{"name":"${name}","name":"Ann"}`, 'RECORD_NOT_AUTHENTIC'],
    ];
    for (const [value, code] of cases)
      expect(await codeOf(() => reader.open({ value }))).toBe(code);
  });
});

describe('a batch under a grant', () => {
  test('gives each record or its code, in order; one that does not open stops no other', async () => {
    const reader = await readerOf('/name');
    const good = scene.sealed('{"name":"Ann"}');
    const old = await reader.openBatch([
      good,
      { value: '{"name":"plain"}' },
      { value: null },
      good,
    ]);
    expect(old.map((one) => (one.ok ? one.value?.toString() : one))).toEqual([
      '{"name":"Ann"}',
      { ok: false, code: 'RECORD_NOT_AUTHENTIC', byte: 8, path: '/name' },
      undefined,
      '{"name":"Ann"}',
    ]);
  });

  test('with a token of a key made later says that a new grant is needed, which opens both', async () => {
    const reader = await readerOf('/name');
    const before = scene.sealed('{"name":"Ann"}');
    scene.keys.rotate('second-key-2');
    const after = scene.sealed('{"name":"Bob"}');
    const [one, two] = await reader.openBatch([before, after]);
    expect([one?.ok, two]).toMatchObject([true, { ok: false, code: 'GRANT_LACKS_KEY' }]);
    await expect(reader.open(after)).rejects.toThrow(/GRANT_LACKS_KEY.*Ask for a new grant/);
    const next = await readerOf('/name');
    const opened = await next.openBatch([before, after]);
    expect(opened.map(({ ok }) => ok)).toEqual([true, true]);
  });
});

describe('one token under a grant', () => {
  test('opens to type and bytes, for its own field alone', async () => {
    const reader = await readerOf('/name', '/amount', '/contacts/*/phone', '/bound');
    const { headers, value } = scene.sealed(VALUE);
    const token = (path: string) => at(value.toString(), path) as string;
    const amount = await reader.openField('/amount', token('/amount'));
    expect(amount).toEqual({ type: 'number', plain: Buffer.from('12.30') });
    const phone = await reader.openField('/contacts/*/phone', token('/contacts/*/phone'));
    expect(phone.plain.toString()).toBe('1');
    expect(await codeOf(() => reader.openField('/name', token('/amount')))).toBe(
      'RECORD_NOT_AUTHENTIC',
    );
    expect(await codeOf(() => reader.openField('/email', token('/email')))).toBe(
      'GRANT_LACKS_FIELD',
    );
    expect(await codeOf(() => reader.openField('/name', 'Ann'))).toBe('TOKEN_MALFORMED');
    const bound = await reader.openField('/bound', Buffer.from(token('/bound')), { headers });
    expect(bound.plain.toString()).toBe('b');
    expect(await codeOf(() => reader.openField('/bound', token('/bound')))).toBe(
      'RECORD_NOT_AUTHENTIC',
    );
  });
});
