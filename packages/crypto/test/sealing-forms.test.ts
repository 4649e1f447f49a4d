import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fieldCipher } from '../src/cipher-of-method.ts';
import { Frames } from '../src/token-frames.ts';
import type { FieldCipher } from '../src/field-cipher.ts';
import { FernetCipher } from '../src/fernet-cipher.ts';
import type { KeySource } from '../src/key-source.ts';
import { looksLikeToken } from '../src/looks-sealed.ts';
import { DEFAULT_SEAL, type SealMethod } from '../src/seal-method.ts';
import { TOKEN_SUITES } from '../src/aead-suite.ts';
import { TokenCipher } from '../src/token-cipher.ts';
import type { PlainType } from '../src/typed-block.ts';
import { FixedNonces } from './fixed-nonces.ts';
import { MemoryKeys } from './memory-keys.ts';
import { boundTokens, hex, sealedForms } from './vectors.ts';

const ID = 'k3Y_id-12AbZ';
const keys = new MemoryKeys({ [ID]: Buffer.alloc(32, 1) });
const types: PlainType[] = ['string', 'number', 'boolean', 'null', 'json', 'csv-quoted'];
const METHODS: Readonly<Record<string, SealMethod>> = {
  token: DEFAULT_SEAL,
  'token under AES-256-GCM': { ...DEFAULT_SEAL, algorithm: 'aes-256-gcm' },
  'deterministic token': { ...DEFAULT_SEAL, algorithm: 'xchacha20-poly1305-siv' },
  'token without padding': { ...DEFAULT_SEAL, pad: false },
  JWE: { ...DEFAULT_SEAL, form: 'jwe', algorithm: 'aes-256-gcm' },
  Fernet: { ...DEFAULT_SEAL, form: 'fernet', algorithm: 'fernet' },
};
const forms = Object.entries(METHODS);
const value = Buffer.from('123-45-6789');

/** What the value is padded to. */
const BLOCK = 16;
describe('working memory', () => {
  test.each(forms.filter(([form]) => form !== 'Fernet'))(
    'of a %s holds no plaintext once it was sealed or opened',
    (_form, method) => {
      const cipher = fieldCipher('people', '/ssn', method);
      const blocks = [12, 24].map((nonce) =>
        new Frames(nonce).of(method.pad ? BLOCK : 1 + value.length),
      );
      const isClear = () => blocks.every(({ block }) => block.every((byte) => byte === 0));
      const token = cipher.seal(keys, 'string', value);
      expect(isClear()).toBe(true);
      expect(cipher.open(keys, token).plain).toEqual(value);
      expect(isClear()).toBe(true);
    },
  );
});

/** The code that opening throws. */
function refusal(token: Uint8Array, by: FieldCipher, source: KeySource = keys): string {
  try {
    by.open(source, token);
    return 'opened';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const REFUSED = ['TOKEN_MALFORMED', 'RECORD_NOT_AUTHENTIC', 'KEY_UNKNOWN'];

describe.each(forms)('a field sealed as %s', (_name, method) => {
  const cipher = fieldCipher('people', '/ssn', method);

  test('returns type and bytes exactly, for every type and any bytes', () => {
    const bytes = fc.uint8Array({ maxLength: 3000, size: 'max' });
    fc.assert(
      fc.property(fc.constantFrom(...types), bytes, (type, plain) => {
        const token = cipher.seal(keys, type, plain);
        expect(looksLikeToken(token)).toBe(true);
        expect(cipher.open(keys, token)).toEqual({ type, plain: Buffer.from(plain) });
      }),
    );
  });

  test('never opens when any character is another one', () => {
    const token = cipher.seal(keys, 'string', value);
    for (let at = 0; at < token.length; at++)
      for (const change of [1, 2, 64]) {
        const changed = Buffer.from(token);
        changed[at] = (changed[at] ?? 0) ^ change;
        expect(REFUSED).toContain(refusal(changed, cipher));
      }
  });

  test('never opens when it was cut or lengthened', () => {
    const token = cipher.seal(keys, 'string', value);
    for (let end = 0; end < token.length; end++)
      expect(REFUSED).toContain(refusal(token.subarray(0, end), cipher));
    for (const more of ['A', 'AA', 'AAAA', '=', '.', '\n'])
      expect(REFUSED).toContain(refusal(Buffer.concat([token, Buffer.from(more)]), cipher));
  });

  test('never opens as another field, as one of another dataset, or as another form', () => {
    const token = cipher.seal(keys, 'string', value);
    const others = [
      fieldCipher('people', '/email', method),
      fieldCipher('staff', '/ssn', method),
      ...forms
        .filter(([, other]) => other.form !== method.form || other.algorithm !== method.algorithm)
        .map(([, other]) => fieldCipher('people', '/ssn', other)),
    ];
    for (const other of others) expect(REFUSED).toContain(refusal(token, other));
  });

  test('says nothing of value, token or key when it is refused', () => {
    const token = cipher.seal(keys, 'string', value);
    const at = token.length - 30;
    token[at] = token[at] === 65 ? 66 : 65;
    try {
      cipher.open(keys, token);
      expect.unreachable();
    } catch (error) {
      const said = `${String(error)} ${JSON.stringify(error)}`;
      expect(said).not.toMatch(/123-45|01010101/);
      expect(said).not.toContain(token.toString().slice(-40));
    }
  });
});

describe('sealed forms', () => {
  test.each(sealedForms)('$form with $algorithm is sealed and opened as published', (vector) => {
    const source = new MemoryKeys({ [vector.keyId]: hex(vector.stored) });
    const method: SealMethod = { ...DEFAULT_SEAL, ...vector.method };
    const nonces = new FixedNonces(hex(vector.nonce));
    const { dataset, path } = vector;
    const cipher =
      method.form === 'fernet'
        ? new FernetCipher({ dataset, path, method, nonces }, () => vector.seconds ?? 0)
        : fieldCipher(dataset, path, method, nonces);
    expect(cipher.seal(source, vector.type, hex(vector.plain)).toString()).toBe(vector.token);
    const opened = cipher.open(source, Buffer.from(vector.token));
    expect(opened).toEqual({ type: vector.type, plain: hex(vector.plain) });
  });

  test('deterministic tokens are equal for equal values of one field, and only then', () => {
    const method = METHODS['deterministic token'];
    const [ssn, email] = ['/ssn', '/email'].map((path) => fieldCipher('people', path, method));
    if (ssn === undefined || email === undefined) expect.unreachable();
    fc.assert(
      fc.property(fc.uint8Array(), fc.uint8Array(), (a, b) => {
        const [one, again] = [ssn.seal(keys, 'string', a), ssn.seal(keys, 'string', a)];
        expect(one.equals(again)).toBe(true);
        expect(one.equals(ssn.seal(keys, 'string', b))).toBe(Buffer.from(a).equals(b));
        expect(one.equals(ssn.seal(keys, 'json', a))).toBe(false);
        expect(one.subarray(17).equals(email.seal(keys, 'string', a).subarray(17))).toBe(false);
      }),
    );
  });

  test('a deterministic token with a nonce that is not its own is refused, key or no key', () => {
    const cipher = fieldCipher('people', '/ssn', METHODS['deterministic token']);
    const forged = new TokenCipher(
      {
        dataset: 'people',
        path: '/ssn',
        method: { ...DEFAULT_SEAL, algorithm: 'xchacha20-poly1305-siv' },
        nonces: new FixedNonces(Buffer.alloc(24, 7)),
      },
      { ...TOKEN_SUITES['xchacha20-poly1305-siv'], isDeterministic: false },
    );
    expect(refusal(forged.seal(keys, 'string', value), cipher)).toBe('RECORD_NOT_AUTHENTIC');
  });

  test('without padding the length of a value shows, with padding it does not', () => {
    const lengths = (method: SealMethod): number => {
      const cipher = fieldCipher('people', '/ssn', method);
      const sealed = ['1', '12', '123'].map((text) =>
        cipher.seal(keys, 'string', Buffer.from(text)),
      );
      return new Set(sealed.map(({ length }) => length)).size;
    };
    expect(lengths(DEFAULT_SEAL)).toBe(1);
    expect(lengths({ ...DEFAULT_SEAL, pad: false })).toBe(3);
  });

  test('a JWE whose key id is none, but more of a header, is malformed before a key is asked', () => {
    const cipher = fieldCipher('people', '/ssn', METHODS['JWE']);
    const good = cipher.seal(keys, 'string', value).toString();
    const header = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"","x":"yyyyy"}');
    const forged = good.replace(/^[^.]+/, header.toString('base64url'));
    expect(forged).toHaveLength(good.length);
    expect(refusal(Buffer.from(forged), cipher, new MemoryKeys({}))).toBe('TOKEN_MALFORMED');
  });

  test('form, algorithm and binding that do not go together make no cipher', () => {
    const wrong: Partial<SealMethod>[] = [
      { form: 'jwe' },
      { form: 'fernet' },
      { form: 'token', algorithm: 'fernet' },
      { form: 'jwe', algorithm: 'aes-256-gcm', bind: ['record-id'] },
    ];
    for (const one of wrong)
      expect(() => fieldCipher('people', '/ssn', { ...DEFAULT_SEAL, ...one })).toThrow('INTERNAL');
  });
});

describe('the binary form of a token', () => {
  const cipher = new TokenCipher(
    {
      dataset: 'people',
      path: '/ssn',
      method: DEFAULT_SEAL,
      nonces: new FixedNonces(Buffer.alloc(24, 9)),
    },
    TOKEN_SUITES['xchacha20-poly1305'],
  );

  test('holds the same as the text form, so one becomes the other without a key', () => {
    const binary = cipher.sealBinary(keys, 'string', value);
    const text = cipher.seal(keys, 'string', value).toString();
    const [, id = '', body = ''] = text.split(':');
    const same = Buffer.concat([
      Buffer.from('ss\x01'),
      Buffer.from(id, 'base64url'),
      Buffer.from(body, 'base64url'),
    ]);
    expect(binary).toEqual(same);
    expect(cipher.openBinary(keys, binary)).toEqual({ type: 'string', plain: value });
  });

  test('never opens when a byte is another one, or when it was cut', () => {
    const binary = cipher.sealBinary(keys, 'string', value);
    for (let at = 0; at < binary.length; at++) {
      const changed = Buffer.from(binary);
      changed[at] = (changed[at] ?? 0) ^ 1;
      expect(() => cipher.openBinary(keys, changed)).toThrow();
      expect(() => cipher.openBinary(keys, binary.subarray(0, at))).toThrow();
    }
  });
});

describe('a bound token', () => {
  const range = (fill: number) => ({ bytes: Buffer.alloc(20, fill), from: 2, to: 18 });
  const within = (subject: number, source: number): KeySource => {
    const bound: KeySource = new MemoryKeys({ [ID]: Buffer.alloc(32, 1) });
    return Object.assign(bound, { record: { subject: range(subject), source: range(source) } });
  };
  const both = fieldCipher('people', '/ssn', { ...DEFAULT_SEAL, bind: ['subject', 'record-id'] });

  test.each(boundTokens)('to $bind is sealed as published', (vector) => {
    const whole = (text: string) => ({ bytes: hex(text), from: 0, to: 16 });
    const source: KeySource = Object.assign(
      new MemoryKeys({ [vector.keyId]: hex(vector.stored) }),
      { record: { subject: whole(vector.subject), source: whole(vector.source) } },
    );
    const method: SealMethod = { ...DEFAULT_SEAL, bind: vector.bind };
    const nonces = new FixedNonces(hex(vector.nonce));
    const cipher = fieldCipher(vector.dataset, vector.path, method, nonces);
    expect(cipher.seal(source, vector.type, hex(vector.plain)).toString()).toBe(vector.token);
  });

  test('opens in its own record and in no other', () => {
    const token = both.seal(within(1, 1), 'string', value);
    expect(both.open(within(1, 1), token).plain).toEqual(value);
    expect(refusal(token, both, within(2, 1))).toBe('RECORD_NOT_AUTHENTIC');
    expect(refusal(token, both, within(1, 2))).toBe('RECORD_NOT_AUTHENTIC');
    expect(refusal(token, fieldCipher('people', '/ssn'), within(1, 1))).toBe(
      'RECORD_NOT_AUTHENTIC',
    );
  });

  test('is not made nor opened without the record it belongs to', () => {
    expect(() => both.seal(keys, 'string', value)).toThrow('INTERNAL');
    const token = both.seal(within(1, 1), 'string', value);
    expect(refusal(token, both, keys)).toBe('INTERNAL');
  });
});
