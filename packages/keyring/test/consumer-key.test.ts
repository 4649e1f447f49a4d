import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { compactDecrypt } from 'jose';
import { describe, expect, test } from 'vitest';
import { readConsumerKey, sealToConsumer } from '../src/consumer-key.ts';
import { codeOf } from './keyring-fixture.ts';

const pem = (key: KeyObject) => key.export({ format: 'pem', type: 'spki' });
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve });
const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent });
const GOOD = {
  'RSA of 3072 bits': rsa(3072),
  'EC on P-256': ec('prime256v1'),
  'EC on P-384': ec('secp384r1'),
  X25519: generateKeyPairSync('x25519'),
};
const good = Object.entries(GOOD);

describe.each(good)("a consumer's key, %s", (_, { privateKey, publicKey }) => {
  test('is taken as PEM and as JWK, and what is sealed to it opens with the private half', async () => {
    const jwk = JSON.stringify(publicKey.export({ format: 'jwk' }));
    for (const text of [pem(publicKey), jwk]) {
      const key = readConsumerKey(Buffer.from(text));
      const sealed = await sealToConsumer(key, 'x', Buffer.from('secret'));
      const { plaintext, protectedHeader } = await compactDecrypt(sealed, privateKey);
      expect(Buffer.from(plaintext).toString()).toBe('secret');
      const rsaOrEc = key.key.asymmetricKeyType === 'rsa' ? 'RSA-OAEP-256' : 'ECDH-ES+A256KW';
      expect(protectedHeader).toMatchObject({ alg: rsaOrEc, enc: 'A256GCM', typ: 'x' });
    }
  });

  test('is refused when it is the private half, as PEM or JWK', async () => {
    const texts = [
      privateKey.export({ format: 'pem', type: 'pkcs8' }),
      JSON.stringify(privateKey.export({ format: 'jwk' })),
    ];
    for (const text of texts)
      expect(await codeOf(() => readConsumerKey(Buffer.from(text)))).toBe('GRANT_KEY_REFUSED');
  });
});

describe('a public key', () => {
  test('is known by the SHA-256 that openssl gives of its DER', () => {
    const lines = [
      '-----BEGIN PUBLIC KEY-----',
      'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAELfwulWCxsyUh6+0hih4jFvyWFolU',
      'BsUsjP3MPzYPGihx4+Pkfye3b71wtCu+24oEXHNKPH51d+EubVeylUdziQ==',
      '-----END PUBLIC KEY-----',
    ];
    // openssl pkey -pubin -outform DER | sha256sum
    const known = '05416d0e4fa1c90e04a36f20ec9ae2eb82fda2d7eb68b08cbf305661db43b18c';
    expect(readConsumerKey(Buffer.from(lines.join('\n'))).fingerprint).toBe(known);
  });

  const pss = generateKeyPairSync('rsa-pss', { modulusLength: 3072 });
  const bad: [string, string][] = [
    ['RSA of 2048 bits', pem(rsa(2048).publicKey)],
    ['RSA with exponent 3', pem(rsa(3072, 3).publicKey)],
    ['RSA for signatures alone', pem(pss.publicKey)],
    ['Ed25519, which only signs', pem(generateKeyPairSync('ed25519').publicKey)],
    ['EC on secp256k1', pem(ec('secp256k1').publicKey)],
    ['EC on P-521', pem(ec('secp521r1').publicKey)],
    ['no key at all', 'hello'],
    ['an empty file', ''],
    ['JSON that is no key', '{"kty":"EC"}'],
    ['a symmetric JWK', '{"kty":"oct","k":"AAAA"}'],
    ['broken JSON', '{'],
    ['PEM that was cut', pem(GOOD['EC on P-256'].publicKey).slice(0, 90)],
  ];
  test.each(bad)('that is %s is refused, without a word of it in the error', async (_, text) => {
    const read = () => readConsumerKey(Buffer.from(text));
    expect(await codeOf(read)).toBe('GRANT_KEY_REFUSED');
    const said = await Promise.resolve()
      .then(read)
      .then(() => '', String);
    for (const line of text.split('\n').filter((part) => part.length > 20))
      expect(said).not.toContain(line);
  });

  test('of X25519 that is a point of low order is refused before anything is sealed to it', async () => {
    const jwk = JSON.stringify({
      kty: 'OKP',
      crv: 'X25519',
      x: Buffer.alloc(32).toString('base64url'),
    });
    const sealing = async () =>
      sealToConsumer(readConsumerKey(Buffer.from(jwk)), 'x', Buffer.of(1));
    expect(await codeOf(sealing)).toBe('GRANT_KEY_REFUSED');
  });
});
