import { renameSync } from 'node:fs';
import { SealstreamError } from '@sealstream/contracts';
import { KEY_BYTES } from '@sealstream/crypto';
import { afterAll, describe, expect, test } from 'vitest';
import { eitherProvider } from '../src/either-provider.ts';
import type { OutermostKeys } from '../src/outermost-keys.ts';
import { codeOf, makeKeyFiles } from './keyring-fixture.ts';

const [old, fresh, third] = [makeKeyFiles(), makeKeyFiles(), makeKeyFiles()];
afterAll(() => {
  for (const files of [old, fresh, third]) files.remove();
});
const context = ['wrapping key', 'field', 'people'];
const key = Buffer.alloc(KEY_BYTES, 7);
const wrappedBy = (provider: OutermostKeys) => provider.wrap('field', context, key);
const both = eitherProvider(old.provider(), fresh.provider());
const opened = async (blob: Buffer, provider = both) => {
  const slot = Buffer.alloc(KEY_BYTES);
  await provider.unwrap('field', context, blob, slot);
  return slot;
};

describe('two outermost keys', () => {
  test('open what either of them wrapped, and wrap with the first', async () => {
    expect(await opened(await wrappedBy(old.provider()))).toEqual(key);
    expect(await opened(await wrappedBy(fresh.provider()))).toEqual(key);
    expect(await opened(await wrappedBy(both), old.provider())).toEqual(key);
    await both.check();
  });

  test('do not open what a third one wrapped', async () => {
    const blob = await wrappedBy(third.provider());
    expect(await codeOf(() => opened(blob))).toBe('KEYSET_UNREADABLE');
  });

  test.each(['KEY_PROVIDER_AWAY', 'KEY_PROVIDER_REFUSED'] as const)(
    'say %s, and not that a keyset is unreadable, when one says so',
    async (code) => {
      const silent: OutermostKeys = {
        ...old.provider(),
        unwrap: async () => {
          throw new SealstreamError(code);
        },
      };
      const blob = await wrappedBy(third.provider());
      for (const pair of [
        eitherProvider(silent, fresh.provider()),
        eitherProvider(fresh.provider(), silent),
      ]) {
        expect(await codeOf(() => opened(blob, pair))).toBe(code);
        expect(await opened(await wrappedBy(fresh.provider()), pair)).toEqual(key);
      }
    },
  );

  test('are not as they should be when one of them is not', async () => {
    renameSync(fresh.dir, `${fresh.dir}.away`);
    expect(await codeOf(() => both.check())).toBe('KEY_FILE_MISSING');
    renameSync(`${fresh.dir}.away`, fresh.dir);
  });
});
