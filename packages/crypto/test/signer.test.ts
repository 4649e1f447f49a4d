import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { inspect } from 'node:util';
import { describe, expect, test, vi } from 'vitest';
import {
  generateSigner,
  publicKeyPem,
  readPublicKey,
  readSigner,
  signDocument,
  Signer,
  verifyDocument,
} from '../src/signer.ts';

const document = Buffer.from('{"version":1}');

describe('document signature', () => {
  test('gives the signature of RFC 8032, section 7.1, test 2', () => {
    const seed = '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb';
    const signer = new Signer(Buffer.from(seed, 'hex'));
    expect(signer.publicKey.toString('hex')).toBe(
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    );
    expect(signDocument(signer, Buffer.from([0x72])).toString('hex')).toBe(
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da' +
        '085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    );
  });

  test('OpenSSL reads the key files, and each verifies what the other signed', () => {
    const { publicKey, privateKey } = generateSigner();
    const signer = readSigner(privateKey);
    const theirs = createPrivateKey(privateKey.toString());
    const signature = signDocument(signer, document);
    expect(verify(null, document, createPublicKey(publicKey), signature)).toBe(true);
    expect(
      verifyDocument(readPublicKey(Buffer.from(publicKey)), document, sign(null, document, theirs)),
    ).toBe(true);
    expect(publicKeyPem(signer.publicKey)).toBe(publicKey);
    const exported = theirs.export({ type: 'pkcs8', format: 'pem' });
    expect(readSigner(Buffer.from(exported)).publicKey).toEqual(signer.publicKey);
  });

  test('a change of document, signature or key does not verify, and nothing throws', () => {
    const signer = readSigner(generateSigner().privateKey);
    const signature = signDocument(signer, document);
    expect(verifyDocument(signer.publicKey, document, signature)).toBe(true);
    expect(verifyDocument(signer.publicKey, Buffer.from('{"version":2}'), signature)).toBe(false);
    for (let at = 0; at < signature.length; at++) {
      const changed = Buffer.from(signature);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(verifyDocument(signer.publicKey, document, changed)).toBe(false);
    }
    const other = readSigner(generateSigner().privateKey).publicKey;
    expect(verifyDocument(other, document, signature)).toBe(false);
    expect(verifyDocument(Buffer.alloc(32), document, signature)).toBe(false);
    expect(verifyDocument(signer.publicKey.subarray(1), document, signature)).toBe(false);
    expect(verifyDocument(signer.publicKey, document, signature.subarray(1))).toBe(false);
  });

  test('a file of another form is refused without quoting it', () => {
    const { publicKey, privateKey } = generateSigner();
    const bad = ['', 'secret text', publicKey, privateKey.toString().replace('MC4C', 'MC4D')];
    for (const text of bad)
      expect(() => readSigner(Buffer.from(text))).toThrow(/^KEY_FILE_INVALID(?!.*secret text)/);
    expect(() => readPublicKey(privateKey)).toThrow('KEY_FILE_INVALID');
  });

  test('a private key is made and read without a string of it', () => {
    const texts = vi.spyOn(Buffer.prototype, 'toString');
    try {
      const { privateKey } = generateSigner();
      readSigner(privateKey);
      const body = privateKey.subarray(28, 92);
      const made = texts.mock.results.map(({ value }) => Buffer.from(String(value), 'latin1'));
      expect(made.some((text) => text.includes(body))).toBe(false);
    } finally {
      texts.mockRestore();
    }
  });

  test('a signer shows nothing', () => {
    const signer = readSigner(generateSigner().privateKey);
    expect(`${String(signer)} ${JSON.stringify(signer)} ${inspect(signer)}`).toBe(
      '[signer] "[signer]" [signer]',
    );
  });
});
