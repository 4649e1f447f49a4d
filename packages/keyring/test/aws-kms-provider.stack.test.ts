import { randomBytes } from 'node:crypto';
import { KEY_BYTES } from '@sealstream/crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { awsKmsProvider } from '../src/aws-kms-provider.ts';
import { decodeKmsBlob, encodeKmsBlob } from '../src/kms-blob.ts';
import { codeOf } from './keyring-fixture.ts';
import { type LocalKms, startKms } from './kms-fixture.ts';
import { providerConformance } from './provider-conformance.ts';

let kms: LocalKms;
beforeAll(async () => {
  kms = await startKms();
  await kms.createKeys('sealstream', ['field', 'hash']);
  await kms.createKeys('other', ['field', 'hash']);
});
afterAll(() => kms.close());

providerConformance('AWS KMS', async () => {
  const { endpoint, region, secrets } = kms;
  return {
    provider: awsKmsProvider({ endpoint, region }, ['field', 'hash']),
    stranger: awsKmsProvider({ endpoint, region, key: 'alias/other-<purpose>' }, ['field']),
    notOurs: 'KEY_PROVIDER_REFUSED',
    away: 'KEY_PROVIDER_AWAY',
    cut: async () => kms.line.cut(),
    mend: async () => kms.line.mend(),
    secrets,
    close: async () => undefined,
  };
});

describe('AWS KMS', () => {
  const context = ['wrapping key', 'field', 'people'];
  const key = randomBytes(KEY_BYTES);
  const slot = Buffer.alloc(KEY_BYTES);
  const provider = (more: { key?: string; endpoint?: string } = {}) =>
    awsKmsProvider({ endpoint: kms.endpoint, region: kms.region, ...more }, ['field']);

  test('itself refuses what was changed by somebody who mends the digest', async () => {
    const blob = await provider().wrap('field', context, key);
    const parts = decodeKmsBlob(blob);
    if (parts === undefined) expect.unreachable();
    const calls = kms.moto.calls;
    for (let at = 0; at < parts.ciphertext.length; at++) {
      const ciphertext = Buffer.from(parts.ciphertext);
      ciphertext[at] = (ciphertext[at] ?? 0) ^ 1;
      const code = await codeOf(() =>
        provider().unwrap('field', context, encodeKmsBlob({ ...parts, ciphertext }), slot),
      );
      // Where moto keeps the id of the key it says that access is denied, as it does for no right.
      expect(code).toMatch(/^(KEYSET_UNREADABLE|KEY_PROVIDER_REFUSED)$/);
      expect(slot).toEqual(Buffer.alloc(KEY_BYTES));
    }
    expect(kms.moto.calls - calls).toBeGreaterThanOrEqual(parts.ciphertext.length);
    const stillOpens = await codeOf(() =>
      provider().unwrap('field', context, encodeKmsBlob(parts), slot),
    );
    expect(stillOpens).toEqual(['gave', expect.anything()]);
  });

  test('is asked for nothing when a blob is torn', async () => {
    const blob = await provider().wrap('field', context, key);
    const calls = kms.moto.calls;
    await codeOf(() => provider().unwrap('field', context, blob.subarray(1), slot));
    expect(kms.moto.calls).toBe(calls);
  });

  test('that accepts a connection and does not answer is away, within seconds', async () => {
    const waiting = provider();
    const blob = await waiting.wrap('field', context, key);
    kms.moto.hang(true);
    const start = performance.now();
    try {
      expect(await codeOf(() => waiting.unwrap('field', context, blob, slot))).toBe(
        'KEY_PROVIDER_AWAY',
      );
    } finally {
      kms.moto.hang(false);
    }
    expect(performance.now() - start).toBeLessThan(8000);
    await waiting.unwrap('field', context, blob, slot);
    expect(slot.equals(key)).toBe(true);
  });

  test('with a key that is not there or is disabled refuses at the check', async () => {
    const missing = provider({ key: 'alias/nobody-<purpose>' });
    expect(await codeOf(() => missing.check())).toBe('KEY_PROVIDER_REFUSED');
    await kms.createKeys('disabled', ['field']);
    const disabled = provider({ key: 'alias/disabled-<purpose>' });
    await disabled.check();
    await kms.disableLast();
    await expect(disabled.check()).rejects.toThrow('the key is not enabled');
  });

  test('is never spoken to without TLS over a network', async () => {
    const open = provider({ endpoint: 'http://kms.example.com' });
    await expect(open.check()).rejects.toMatchObject({
      code: 'KEY_PROVIDER_REFUSED',
      message: expect.stringContaining('the endpoint is not https') as string,
    });
  });
});
