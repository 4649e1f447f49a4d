import { randomBytes } from 'node:crypto';
import { generateSigner, openWith, readSigner, signWith } from '@sealstream/crypto';
import { describe, expect, test } from 'vitest';
import { signReceipt, verifyReceipt } from '../src/shred-receipt.ts';
import { endedRecord, liveRecord, parseRecord } from '../src/subject-record.ts';
import {
  activeEpoch,
  activeEpochMark,
  firstRegister,
  REGISTER_FORM,
  withEpoch,
  withoutRetired,
} from '../src/subject-register.ts';
import { codeOf } from './keyring-fixture.ts';

const signer = readSigner(generateSigner().privateKey);
const stranger = readSigner(generateSigner().privateKey);
const live = {
  keyId: 'key000000001',
  epoch: 'epoch0000001',
  created: Date.now(),
  wrapped: randomBytes(72),
  digest: randomBytes(32),
};

describe('record of a subject', () => {
  test('reads back as it was written, in each of its kinds', () => {
    expect(parseRecord(liveRecord(live))).toEqual({ kind: 'live', ...live });
    const receipt = Buffer.from('a receipt');
    for (const kind of ['tombstone', 'reEnrolled'] as const)
      expect(parseRecord(endedRecord(kind, receipt))).toEqual({ kind, receipt });
  });

  test('of another version, kind or length does not read', async () => {
    const bytes = liveRecord(live);
    const wrong = [bytes.subarray(1), bytes.subarray(0, -1), Buffer.concat([bytes, bytes])];
    for (const one of [...wrong, Buffer.from([2, 2]), Buffer.from([1, 4]), Buffer.alloc(0)])
      expect(await codeOf(() => parseRecord(one))).toBe('KEYSET_UNREADABLE');
  });
});

describe('register of subjects', () => {
  const first = firstRegister('people', {
    id: 'epoch0000001',
    created: '2026-01-02T03:04:05.678Z',
  });
  const second = withEpoch(first, { id: 'epoch0000002', created: '2026-01-03T03:04:05.678Z' });

  test('has one active epoch, and one retiring at most', async () => {
    expect(activeEpoch(second).id).toBe('epoch0000002');
    expect(withoutRetired(second).epochs).toHaveLength(1);
    const none = { ...first, epochs: [{ ...first.epochs[0], state: 'retiring' as const }] };
    const three = withEpoch(second, { id: 'epoch0000003', created: first.changed });
    for (const bad of [none, { ...second, epochs: [...second.epochs, ...three.epochs] }])
      expect(() => signWith(REGISTER_FORM, bad, signer)).toThrow(/too_big|custom/);
  });

  test('shows in its bytes which epoch is active, as Redis looks for it', () => {
    const shows = (document: typeof first, id: string): boolean =>
      signWith(REGISTER_FORM, document, signer).bytes.includes(activeEpochMark(id));
    expect(shows(first, 'epoch0000001')).toBe(true);
    expect(shows(second, 'epoch0000001')).toBe(false);
    expect(shows(second, 'epoch0000002')).toBe(true);
  });
});

describe('receipt of a shred', () => {
  const receipt = signReceipt(
    {
      type: 'sealstream-shred',
      v: 1,
      action: 'shred',
      dataset: 'people',
      index: randomBytes(16).toString('base64url'),
      time: '2026-01-02T03:04:05.678Z',
      actor: 'somebody',
      reason: 'request',
      number: 1,
      version: 2,
    },
    signer,
  );

  test('verifies with the public key of the signer and nothing else', async () => {
    expect(verifyReceipt(receipt.bytes, signer.publicKey).document).toEqual(receipt.document);
    expect(await codeOf(() => verifyReceipt(receipt.bytes, stranger.publicKey))).toBe(
      'KEYSET_BAD_SIGNATURE',
    );
  });

  test('does not verify with any byte changed', async () => {
    for (let at = 0; at < receipt.bytes.length; at += 7) {
      const changed = Buffer.from(receipt.bytes);
      changed[at] ^= 1;
      expect(await codeOf(() => verifyReceipt(changed, signer.publicKey))).toBe(
        'KEYSET_BAD_SIGNATURE',
      );
    }
  });

  test('is no register, and a register no receipt: each is signed under a name of its own', async () => {
    expect(
      await codeOf(() =>
        openWith(REGISTER_FORM, 'subject/people', receipt.bytes, signer.publicKey),
      ),
    ).toBe('KEYSET_BAD_SIGNATURE');
    const register = firstRegister('people', {
      id: 'epoch0000001',
      created: receipt.document.time,
    });
    const { bytes } = signWith(REGISTER_FORM, register, signer);
    expect(await codeOf(() => verifyReceipt(bytes, signer.publicKey))).toBe('KEYSET_BAD_SIGNATURE');
  });
});
