import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fieldCipher, KeyedHash, RecordCipher } from '@sealstream/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { applyKeyring, passingKeyring } from '../src/apply-keyring.ts';
import { codeOf } from './keyring-fixture.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'sealstream-apply-'));
  file = join(dir, '.sealstream', 'apply-keyring.json');
});
afterEach(() => rmSync(dir, { recursive: true }));
const value = Buffer.from('123-45-6789');
const cipher = fieldCipher('people', '/ssn');

describe('keyring of apply', () => {
  test('is made 0600 at the first key and serves any dataset, again and again', () => {
    const keys = applyKeyring(file, { create: true });
    expect(existsSync(file)).toBe(false);
    const token = cipher.seal(keys, 'string', value);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = applyKeyring(file, { create: false });
    expect(cipher.open(again, token).plain).toEqual(value);
    const staff = fieldCipher('staff', '/ssn');
    expect(staff.open(again, staff.seal(keys, 'string', value)).plain).toEqual(value);
    const hash = new KeyedHash('hash', 'people', '/email');
    expect(hash.digest(again, value)).toEqual(hash.digest(keys, value));
    const record = new RecordCipher('accepted', 'people', 'accepted');
    const binding = { source: Buffer.alloc(16), key: null, headers: Buffer.alloc(0) };
    expect(record.open(again, binding, record.seal(keys, binding, value))).toEqual(value);
    expect(readdirSync(join(dir, '.sealstream'))).toEqual(['apply-keyring.json']);
  });

  test('of many makers the first wins, and all use its keys', () => {
    const makers = Array.from({ length: 20 }, () => applyKeyring(file, { create: true }));
    const tokens = makers.map((keys) => cipher.seal(keys, 'string', value));
    for (const keys of makers)
      for (const token of tokens) expect(cipher.open(keys, token).plain).toEqual(value);
  });

  test('keys that pass with the process serve as well, are in no file, and are others each time', () => {
    const [keys, others] = [passingKeyring(), passingKeyring()];
    expect(cipher.open(keys, cipher.seal(keys, 'string', value)).plain).toEqual(value);
    const hash = new KeyedHash('hash', 'people', '/email');
    expect(hash.digest(others, value)).not.toEqual(hash.digest(keys, value));
    expect(() => cipher.open(others, cipher.seal(keys, 'string', value))).toThrow();
    expect(readdirSync(dir)).toEqual([]);
  });

  test('without create a missing file stays missing', async () => {
    const keys = applyKeyring(file, { create: false });
    expect(await codeOf(() => cipher.seal(keys, 'string', value))).toBe('KEY_FILE_MISSING');
    expect(existsSync(file)).toBe(false);
  });

  test('a file that others may read, or of another form, is refused and left as it is', async () => {
    cipher.seal(applyKeyring(file, { create: true }), 'string', value);
    chmodSync(file, 0o644);
    const reading = (): unknown =>
      cipher.seal(applyKeyring(file, { create: true }), 'string', value);
    expect(await codeOf(reading)).toBe('KEY_FILE_OPEN');
    chmodSync(file, 0o600);
    const good = readFileSync(file, 'utf8');
    for (const text of [
      '',
      '{}',
      good.replace('"v": 1', '"v": 2'),
      good.replace('field', 'hash'),
    ]) {
      writeFileSync(file, text);
      expect(await codeOf(reading)).toBe('KEY_FILE_INVALID');
      expect(readFileSync(file, 'utf8')).toBe(text);
    }
  });

  test('a token of another file is said to be so', async () => {
    const token = cipher.seal(
      applyKeyring(join(dir, 'other.json'), { create: true }),
      'string',
      value,
    );
    const keys = applyKeyring(file, { create: true });
    expect(await codeOf(() => cipher.open(keys, token))).toBe('KEY_UNKNOWN');
  });

  test('it has no key pairs', async () => {
    const keys = applyKeyring(file, { create: true });
    expect(await codeOf(() => keys.publicKey('rejected', 'people'))).toBe('KEYSET_MISSING');
    expect(await codeOf(() => keys.privateKey('rejected', 'people', 'x'))).toBe('KEYSET_MISSING');
  });
});
