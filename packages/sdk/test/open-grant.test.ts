import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { GRANT_FORM, generateSigner, readSigner, signWith } from '@sealstream/crypto';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { openGrant, type OpenGrantOptions } from '../src/index.ts';
import { GrantScene } from './grant-fixture.ts';

afterEach(() => {
  vi.useRealTimers();
});

async function codeOf(work: () => unknown): Promise<unknown> {
  try {
    return ['gave', await work()];
  } catch (error) {
    return (error as { code?: unknown }).code ?? String(error);
  }
}

async function optionsOf(
  scene: GrantScene,
  more: Partial<OpenGrantOptions> = {},
): Promise<OpenGrantOptions> {
  const { privateKey, signerPublicKey } = scene;
  return { grant: await scene.grant(['/name']), privateKey, signerPublicKey, ...more };
}

describe('the lines that the README shows', () => {
  test('run as they stand and open the granted field', async () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const [, code = ''] = /```ts\n([^`]*)```/.exec(readme) ?? [];
    expect(code.trim().split('\n')).toHaveLength(3);
    const Lines = Object.getPrototypeOf(async () => undefined).constructor as new (
      ...text: string[]
    ) => (...given: unknown[]) => Promise<Buffer>;
    const names = ['openGrant', 'grant', 'privateKey', 'signerPublicKey', 'record'];
    const run = new Lines(...names, `${code}\nreturn value;`);
    const scene = new GrantScene();
    const { grant, privateKey, signerPublicKey } = await optionsOf(scene);
    const record = scene.sealed('{"name":"Ann","email":"ann@example.org"}');
    const value = await run(openGrant, grant, privateKey, signerPublicKey, record);
    expect(value.toString()).toMatch(/^\{"name":"Ann","email":"ss1:first-key-01:[\w-]+"\}$/);
  });
});

describe('a grant', () => {
  const pairs = {
    'RSA of 3072 bits': generateKeyPairSync('rsa', { modulusLength: 3072 }),
    'EC on P-256': generateKeyPairSync('ec', { namedCurve: 'prime256v1' }),
    'EC on P-384': generateKeyPairSync('ec', { namedCurve: 'secp384r1' }),
    X25519: generateKeyPairSync('x25519'),
  };
  test.each(Object.entries(pairs))('to a key of %s opens with it, as PEM too', async (_, pair) => {
    const scene = new GrantScene(pair);
    const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' });
    for (const privateKey of [pair.privateKey, pem, Buffer.from(pem)]) {
      const reader = await openGrant(await optionsOf(scene, { privateKey }));
      expect(reader.grant).toMatchObject({
        dataset: 'people',
        consumer: 'billing',
        paths: ['/name'],
      });
    }
  });

  test('does not open with another private key, of the same kind or another', async () => {
    const scene = new GrantScene();
    for (const { privateKey } of Object.values(pairs)) {
      const options = await optionsOf(scene, { privateKey });
      expect(await codeOf(() => openGrant(options))).toBe('GRANT_UNREADABLE');
    }
  });

  test('of another signer is refused, and says nothing else then', async () => {
    const scene = new GrantScene();
    const other = readSigner(generateSigner().privateKey);
    const grant = await scene.grant(['/name'], { expires: '2020-01-01T00:00:00Z' }, other);
    const options = await optionsOf(scene, { grant });
    expect(await codeOf(() => openGrant(options))).toBe('GRANT_BAD_SIGNATURE');
  });

  test('that was changed anywhere is refused', async () => {
    const scene = new GrantScene();
    const options = await optionsOf(scene);
    const text = String(options.grant);
    for (let at = 0; at < text.length; at += 7) {
      const other = text[at] === 'A' ? 'B' : 'A';
      const grant = `${text.slice(0, at)}${other}${text.slice(at + 1)}`;
      expect(await codeOf(() => openGrant({ ...options, grant }))).toBe('GRANT_UNREADABLE');
    }
    expect(await codeOf(() => openGrant({ ...options, grant: '' }))).toBe('GRANT_UNREADABLE');
  });

  test('of another type or form is refused: an answer of a resolver, unsigned JSON, another keyset', async () => {
    const scene = new GrantScene();
    const { bytes } = signWith(GRANT_FORM, scene.document(['/name']), scene.signer);
    const json = Buffer.from(JSON.stringify(scene.document(['/name'])));
    const other = { ...GRANT_FORM, domain: 'sealstream/v1 keyset\n' };
    const keyset = signWith(other, scene.document(['/name']), scene.signer).bytes;
    const more = { ...GRANT_FORM, parse: (value: unknown) => value as never };
    const inside = signWith(more, { ...scene.document(['/name']), v: 2 } as never, scene.signer);
    const cases: [string, string][] = [
      [await scene.jwe(bytes, 'sealstream-keys+jwe'), 'GRANT_UNREADABLE'],
      [await scene.jwe(json), 'GRANT_BAD_SIGNATURE'],
      [await scene.jwe(keyset), 'GRANT_BAD_SIGNATURE'],
      [await scene.jwe(inside.bytes), 'GRANT_UNREADABLE'],
    ];
    for (const [grant, code] of cases) {
      const options = await optionsOf(scene, { grant });
      expect(await codeOf(() => openGrant(options))).toBe(code);
    }
  });

  test('that is over is refused, and one that ends while it is open opens nothing from then on', async () => {
    const scene = new GrantScene();
    const late = await optionsOf(scene, {
      grant: await scene.grant(['/name'], { expires: new Date(Date.now() - 1).toISOString() }),
    });
    expect(await codeOf(() => openGrant(late))).toBe('GRANT_EXPIRED');
    const reader = await openGrant(await optionsOf(scene));
    const record = scene.sealed('{"name":"Ann"}');
    expect((await reader.open(record))?.toString()).toBe('{"name":"Ann"}');
    vi.useFakeTimers({ now: Date.now() + 61_000 });
    expect(await codeOf(() => reader.open(record))).toBe('GRANT_EXPIRED');
    // Setting the clock back brings no key back.
    vi.useRealTimers();
    expect(await codeOf(() => reader.open(record))).toBe('GRANT_EXPIRED');
  });

  test('opens nothing after close, also when that is called twice', async () => {
    const scene = new GrantScene();
    const reader = await openGrant(await optionsOf(scene));
    reader.close();
    reader.close();
    const record = scene.sealed('{"name":"Ann"}');
    expect(await codeOf(() => reader.open(record))).toBe('USAGE');
    expect(await codeOf(() => reader.openField('/name', 'ss1:x'))).toBe('USAGE');
  });

  test('needs a private key and a signer that are such', async () => {
    const scene = new GrantScene();
    const { publicKey } = pairs.X25519;
    for (const privateKey of ['', 'hello', randomBytes(99), publicKey]) {
      const options = await optionsOf(scene, { privateKey });
      expect(await codeOf(() => openGrant(options))).toBe('GRANT_KEY_REFUSED');
    }
    const options = await optionsOf(scene, { signerPublicKey: 'hello' });
    expect(await codeOf(() => openGrant(options))).toBe('KEY_FILE_INVALID');
  });

  test('with a field under keys of persons needs a resolver, and says so at once', async () => {
    const scene = new GrantScene();
    const [field] = scene.document(['/name']).fields;
    if (field === undefined) expect.unreachable();
    const fields = [{ ...field, purpose: 'subject' as const, keys: [] }];
    const options = await optionsOf(scene, { grant: await scene.grant(['/name'], { fields }) });
    await expect(openGrant(options)).rejects.toThrow(/USAGE.*\/name.*resolver/);
  });

  test('shows no key when it, its reader or an error about it is printed', async () => {
    const scene = new GrantScene();
    const options = await optionsOf(scene);
    const reader = await openGrant(options);
    const { inspect } = await import('node:util');
    const printed = [
      inspect(reader, { depth: 20, showHidden: true }),
      JSON.stringify(reader),
      await reader.open({ value: '{"name":"plain"}' }).then(String, inspect),
      await openGrant({ ...options, privateKey: pairs.X25519.privateKey }).then(String, inspect),
    ].join('\n');
    const keys = scene.document(['/name']).fields.flatMap((field) => field.keys);
    expect(keys).toHaveLength(1);
    for (const { key } of keys) {
      expect(printed).not.toContain(key);
      expect(printed).not.toContain(Buffer.from(key, 'base64url').toString('hex'));
    }
    expect(printed).toContain('GRANT_UNREADABLE');
  });
});
