import {
  chmodSync,
  chownSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { PURPOSES } from '@sealstream/contracts';
import { readPublicKey, signDocument, verifyDocument } from '@sealstream/crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createKeyFiles,
  createSignerFiles,
  keyFilePath,
  readKeyFile,
  readPublicKeyFile,
  readSignerFile,
} from '../src/key-file.ts';
import { fileProvider } from '../src/file-provider.ts';
import { codeOf, type KeyFiles, makeKeyFiles } from './keyring-fixture.ts';

const slot = Buffer.alloc(32);
let files: KeyFiles;
beforeEach(() => {
  files = makeKeyFiles();
});
afterEach(() => files.remove());

describe('key files', () => {
  test('one per purpose, each another key, for its owner alone', () => {
    const keys = PURPOSES.map((purpose) => {
      const path = keyFilePath(files.dir, purpose);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      readKeyFile(files.dir, purpose, slot);
      expect(readFileSync(path, 'utf8')).toBe(
        `sealstream-key/1 ${purpose}\n${slot.toString('hex')}\n`,
      );
      return slot.toString('hex');
    });
    expect(new Set(keys).size).toBe(PURPOSES.length);
  });

  test('are never overwritten, and when one is there none is made', async () => {
    const path = keyFilePath(files.dir, 'field');
    const before = readFileSync(path);
    rmSync(keyFilePath(files.dir, 'accepted'));
    expect(await codeOf(() => createKeyFiles(files.dir, PURPOSES))).toBe('FILE_EXISTS');
    expect(readFileSync(path)).toEqual(before);
    expect(await codeOf(() => readKeyFile(files.dir, 'accepted', slot))).toBe('KEY_FILE_MISSING');
    symlinkSync('/nowhere', keyFilePath(files.dir, 'accepted'));
    expect(await codeOf(() => createKeyFiles(files.dir, ['accepted']))).toBe('FILE_EXISTS');
  });

  test.each([0o640, 0o604, 0o620, 0o602, 0o610, 0o644])(
    'that others may touch are refused: mode %o',
    async (mode) => {
      chmodSync(keyFilePath(files.dir, 'field'), mode);
      expect(await codeOf(() => readKeyFile(files.dir, 'field', slot))).toBe('KEY_FILE_OPEN');
      expect(await codeOf(() => files.provider().check())).toBe('KEY_FILE_OPEN');
    },
  );

  test.runIf(process.geteuid?.() === 0)('that another user owns are refused', async () => {
    chownSync(keyFilePath(files.dir, 'field'), 65_534, 0);
    expect(await codeOf(() => readKeyFile(files.dir, 'field', slot))).toBe('KEY_FILE_OPEN');
  });

  test('of another form or purpose are refused without quoting them', async () => {
    const path = keyFilePath(files.dir, 'field');
    const good = readFileSync(path, 'utf8');
    const bad = [
      '',
      'x',
      good.replace('field', 'hash'),
      good.replace('/1', '/2'),
      good.slice(0, -2),
      `${good}00`,
      good.replace(/[0-9a-f]\n$/, 'g\n'),
      good.toUpperCase(),
    ];
    for (const text of bad) {
      writeFileSync(path, text);
      expect(await codeOf(() => readKeyFile(files.dir, 'field', slot))).toBe('KEY_FILE_INVALID');
    }
    writeFileSync(path, good.replace(/[0-9a-f]\n$/, 'g\n'));
    expect(() => readKeyFile(files.dir, 'field', slot)).toThrow(
      expect.not.objectContaining({ message: expect.stringContaining(good.slice(30, 50)) }),
    );
  });

  test('a provider reads its own purposes alone', async () => {
    rmSync(keyFilePath(files.dir, 'rejected'));
    const provider = fileProvider(files.dir, ['accepted', 'hash']);
    await provider.check();
    expect(await codeOf(() => provider.unwrap('field', [], Buffer.alloc(72), slot))).toBe(
      'KEY_FILE_MISSING',
    );
  });
});

describe('signer files', () => {
  test('belong together and are read back', () => {
    const signer = readSignerFile(join(files.dir, 'signer.pem'));
    const publicKey = readPublicKeyFile(join(files.dir, 'signer.pub.pem'));
    const document = Buffer.from('text');
    expect(verifyDocument(publicKey, document, signDocument(signer, document))).toBe(true);
    expect(readPublicKey(readFileSync(join(files.dir, 'signer.pub.pem')))).toEqual(publicKey);
    expect(statSync(join(files.dir, 'signer.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(join(files.dir, 'signer.pub.pem')).mode & 0o777).toBe(0o644);
  });

  test('are never overwritten, and a private one that others may read is refused', async () => {
    const [privatePath, publicPath] = [join(files.dir, 'signer.pem'), join(files.dir, 'new.pem')];
    expect(await codeOf(() => createSignerFiles(privatePath, publicPath))).toBe('FILE_EXISTS');
    expect(await codeOf(() => readPublicKeyFile(publicPath))).toBe('KEY_FILE_MISSING');
    chmodSync(privatePath, 0o640);
    expect(await codeOf(() => readSignerFile(privatePath))).toBe('KEY_FILE_OPEN');
  });
});
