import { createSign, generateKeyPairSync } from 'node:crypto';
import { exportSPKI, SignJWT } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  CLIENT_ID,
  CLIENT_SECRET,
  HostileProvider,
  signed,
  signingKey,
} from './hostile-provider.ts';
import { openFor, refusalAfter, signIn } from './refusal.ts';

let provider: HostileProvider;
beforeEach(async () => {
  provider = await HostileProvider.start();
});
afterEach(() => provider.close());

const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** A token that jose would not make, well signed. */
async function signedAsIs(header: object, claims: object, key: CryptoKey): Promise<string> {
  const text = `${encoded(header)}.${encoded(claims)}`;
  const bytes = new TextEncoder().encode(text);
  const signature = await crypto.subtle.sign('RSASSA-PKCS1-v1_5', key, bytes);
  return `${text}.${Buffer.from(signature).toString('base64url')}`;
}

describe('the signature of an ID token', () => {
  test.each(['none', 'None', 'NONE', 'nOnE'])('is never left out, as by alg %s', async (alg) => {
    const error = await refusalAfter(provider, (it) => {
      it.sign = (claims) => `${encoded({ alg })}.${encoded(claims)}.`;
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
    expect(error.place).toEqual({ reason: 'algorithm' });
  });

  test.each([
    ['the public key as PEM', async () => exportSPKI(provider.key.publicKey)],
    ['the public key as JWK', async () => JSON.stringify(provider.key.jwk)],
    ['the client secret', async () => CLIENT_SECRET],
  ])('is never one of HS256 made with %s', async (_what, secretOf) => {
    const secret = new TextEncoder().encode(await secretOf());
    const error = await refusalAfter(provider, (it) => {
      const header = { alg: 'HS256', kid: 'key-1' };
      it.sign = (claims) => new SignJWT(claims).setProtectedHeader(header).sign(secret);
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
    expect(error.place).toEqual({ reason: 'algorithm' });
  });

  test('is not one of another key under the same key id', async () => {
    const other = await signingKey('RS256', 'key-1');
    const error = await refusalAfter(provider, (it) => {
      it.sign = (claims) => signed(claims, other);
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
    expect(error.place).toEqual({ reason: 'signature' });
  });

  test('does not stand a byte changed in claims, header or signature', async () => {
    for (const part of [0, 1, 2]) {
      const one = await HostileProvider.start();
      const error = await refusalAfter(one, (it) => {
        it.sign = async (claims) => {
          const parts = (await signed(claims, it.key)).split('.');
          const decoded = Buffer.from(parts[part] ?? '', 'base64url');
          const text = decoded.toString();
          const changed = text.replace('"user-1"', '"user-2"').replace('"key-1"', '"key-1","x":1');
          if (part === 2) decoded[10] = (decoded[10] ?? 0) ^ 1;
          parts[part] = (part === 2 ? decoded : Buffer.from(changed)).toString('base64url');
          return parts.join('.');
        };
      });
      await one.close();
      expect(error.place).toEqual({ reason: 'signature' });
    }
  });

  test('is made with the algorithm that is configured, not with another good one', async () => {
    const pss = await signingKey('PS256', 'key-2');
    const error = await refusalAfter(provider, (it) => {
      it.keys = [it.key.jwk, pss.jwk];
      it.sign = (claims) => signed(claims, pss);
    });
    expect(error.place).toEqual({ reason: 'algorithm' });
  });

  test.each(['PS256', 'ES256', 'EdDSA', 'Ed25519'] as const)(
    'is taken with %s where that is configured, and then not with RS256',
    async (algorithm) => {
      const one = await HostileProvider.start(algorithm);
      const rsa = await signingKey('RS256', 'key-2');
      const plant = (it: HostileProvider) => {
        it.sign = (claims) => signed(claims, rsa);
      };
      const open = () => openFor(one, { algorithm });
      const error = await refusalAfter(one, plant, { open });
      await one.close();
      expect(error.place).toEqual({ reason: 'algorithm' });
    },
  );

  test('is not taken from an RSA key of 1024 bits', async () => {
    const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 1024 });
    const jwk = { ...(publicKey.export({ format: 'jwk' }) as object), kid: 'weak', alg: 'RS256' };
    const error = await refusalAfter(
      provider,
      (it) => {
        it.keys = [{ ...jwk, kty: 'RSA' }];
        it.sign = (claims) => {
          const head = `${encoded({ alg: 'RS256', kid: 'weak' })}.${encoded(claims)}`;
          const signature = createSign('sha256').update(head).sign(privateKey);
          return `${head}.${signature.toString('base64url')}`;
        };
      },
      { afresh: true },
    );
    expect(error.code).toBe('SIGN_IN_REFUSED');
  });
});

describe('the header of an ID token', () => {
  test.each([
    ['a path', '../../../../../../dev/null'],
    ['SQL', "key-1' OR '1'='1"],
    ['a newline', 'key-1\n'],
    ['a zero byte', 'key-1\u0000'],
    ['a name of every object', '__proto__'],
    ['10,000 characters', 'k'.repeat(10_000)],
    ['a list', ['key-1']],
  ])('names no key by %s, and brings no request', async (_what, kid) => {
    const attacker = await signingKey('RS256', 'key-1');
    const error = await refusalAfter(provider, (it) => {
      it.sign = (claims) => signed(claims, attacker, { kid });
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
    expect(error.place).toEqual({ reason: 'no such key' });
    // Only the control's: unknown key ids are not asked for within a minute.
    expect(provider.times('/keys')).toBe(1);
  });

  test.each(['jku', 'x5u', 'jwk', 'x5c'])('brings no key of its own by %s', async (name) => {
    const attacker = await signingKey('RS256', 'key-1');
    const foreign = `${provider.issuer}/foreign-keys`;
    const value = { jku: foreign, x5u: foreign, jwk: attacker.jwk, x5c: ['MIIB'] }[name];
    const error = await refusalAfter(provider, (it) => {
      it.sign = (claims) => signed(claims, attacker, { [name]: value });
    });
    expect(error.place).toEqual({ reason: 'signature' });
    expect(provider.asked).not.toContain('/foreign-keys');
  });

  test('with addresses of keys is ignored in an honest token, and nothing is fetched', async () => {
    const jku = `${provider.issuer}/foreign-keys`;
    provider.sign = (claims) => signed(claims, provider.key, { jku, x5u: jku });
    expect(await signIn(openFor(provider), provider)).toMatchObject({ subject: 'user-1' });
    expect(provider.asked).not.toContain('/foreign-keys');
  });

  test('with a critical extension is refused, signed as it may be', async () => {
    const error = await refusalAfter(provider, (it) => {
      const header = { alg: 'RS256', kid: 'key-1', crit: ['x'], x: 1 };
      it.sign = (claims) => signedAsIs(header, claims, it.key.privateKey);
    });
    expect(error.place).toEqual({ reason: 'critical header' });
  });

  test('of an encrypted token is refused', async () => {
    const error = await refusalAfter(provider, (it) => {
      it.sign = () => [encoded({ alg: 'RSA-OAEP', enc: 'A256GCM' }), 'a', 'b', 'c', 'd'].join('.');
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
  });
});

describe('the claims of an ID token', () => {
  const now = () => Math.floor(Date.now() / 1000);
  test.each<[string, Record<string, unknown>, object]>([
    ['it expired', { exp: now() - 60 }, { claim: 'exp' }],
    ['it is not valid yet', { nbf: now() + 3_600 }, { claim: 'nbf' }],
    ['it was made in the future', { iat: now() + 3_600 }, { claim: 'iat' }],
    ['it was made an hour ago', { iat: now() - 3_600 }, { claim: 'iat' }],
    ['it is of another issuer', { iss: 'https://other.example.com' }, { claim: 'iss' }],
    ['it is for another client', { aud: 'other' }, { claim: 'aud' }],
    ['it is for other clients', { aud: ['other', 'third'] }, { claim: 'aud' }],
    ['it is for two, and does not say who asked', { aud: [CLIENT_ID, 'other'] }, { claim: 'aud' }],
    ['another one asked for it', { azp: 'other' }, { claim: 'azp' }],
    ['it is for two, and another asked', { aud: [CLIENT_ID, 'o'], azp: 'o' }, { claim: 'azp' }],
    ['it has no nonce', { nonce: undefined }, { reason: 'nonce' }],
    ['it has another nonce', { nonce: 'n'.repeat(43) }, { claim: 'nonce' }],
    ['its subject is empty', { sub: '' }, { claim: 'sub' }],
    ['its subject has 256 characters', { sub: 's'.repeat(256) }, { claim: 'sub' }],
  ])('refuse when %s', async (_what, changed, place) => {
    const error = await refusalAfter(provider, (it) => {
      it.claims = (honest) => ({ ...honest, ...changed });
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
    expect(error.place).toEqual(place);
  });

  test.each(['iss', 'aud', 'sub', 'exp', 'iat'])('refuse when %s is missing', async (name) => {
    const error = await refusalAfter(provider, (it) => {
      it.claims = (honest) => ({ ...honest, [name]: undefined });
    });
    expect(error.code).toBe('SIGN_IN_REFUSED');
  });

  test.each(['exp', 'iat', 'nbf', 'sub', 'aud'])(
    'refuse when %s is of another type',
    async (name) => {
      const error = await refusalAfter(provider, (it) => {
        const header = { alg: 'RS256', kid: 'key-1' };
        const wrong = { [name]: { of: 'another type' } };
        it.sign = (claims) => signedAsIs(header, { ...claims, ...wrong }, it.key.privateKey);
      });
      expect(error.code).toBe('SIGN_IN_REFUSED');
    },
  );

  test('may name two audiences when this client asked', async () => {
    provider.claims = (honest) => ({ ...honest, aud: ['other', CLIENT_ID], azp: CLIENT_ID });
    expect(await signIn(openFor(provider), provider)).toMatchObject({ subject: 'user-1' });
  });

  test('call somebody by the subject when the name is none', async () => {
    provider.claims = (honest) => ({ ...honest, preferred_username: 'a\nb', name: '' });
    expect(await signIn(openFor(provider), provider)).toMatchObject({ name: 'user-1' });
  });
});

describe('the keys of a provider', () => {
  test('are not those for encryption, nor for signing alone', async () => {
    const error = await refusalAfter(
      provider,
      (it) => {
        it.keys = [
          { ...it.key.jwk, use: 'enc' },
          { ...it.key.jwk, key_ops: ['sign'] },
        ];
      },
      { afresh: true },
    );
    expect(error.place).toEqual({ reason: 'no such key' });
  });
});
