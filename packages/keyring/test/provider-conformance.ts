import { randomBytes } from 'node:crypto';
import { inspect } from 'node:util';
import { type ErrorCode, type Purpose, SealstreamError } from '@sealstream/contracts';
import { KEY_BYTES, type WrapContext } from '@sealstream/crypto';
import sodium from 'sodium-native';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { OutermostKeys } from '../src/outermost-keys.ts';
import { makeKeyFiles } from './keyring-fixture.ts';

/** What the suite needs of a provider: real keys somewhere, and a way to take them away. */
export interface ProviderGround {
  /** With outermost keys of `field` and `hash`. */
  readonly provider: OutermostKeys;
  /** The same kind of provider with other outermost keys. */
  readonly stranger: OutermostKeys;
  /** The code for a purpose that is not the process's own. */
  readonly notOurs: ErrorCode;
  /** The code while the keys cannot be reached, and how that is brought about. */
  readonly away: ErrorCode;
  cut(): Promise<void>;
  mend(): Promise<void>;
  /** PINs and credentials, which must not stand in any error. */
  readonly secrets: readonly string[];
  close(): Promise<void>;
}

const CONTEXT = ['wrapping key', 'field', 'people'];
const FILL = 0xaa;

/**
 * What every provider of outermost keys must do. Another provider (Vault Transit) is one file that
 * implements OutermostKeys and one file of tests that calls this.
 */
export function providerConformance(name: string, open: () => Promise<ProviderGround>): void {
  let ground: ProviderGround;
  const key = randomBytes(KEY_BYTES);
  const thrown: SealstreamError[] = [];

  const slotOf = (bytes: Buffer): Buffer => {
    const slot = sodium.sodium_malloc(KEY_BYTES);
    bytes.copy(slot);
    return slot;
  };
  const wrapped = (context: WrapContext = CONTEXT, purpose: Purpose = 'field', from = ground) =>
    from.provider.wrap(purpose, context, slotOf(key));
  const opened = async (
    blob: Buffer,
    context: WrapContext = CONTEXT,
    purpose: Purpose = 'field',
  ) => {
    const slot = Buffer.alloc(KEY_BYTES, FILL);
    await ground.provider.unwrap(purpose, context, blob, slot);
    return slot;
  };
  /** The code that unwrapping throws; Postcondition: the slot is zero then. */
  const refusal = async (
    blob: Buffer,
    context: WrapContext = CONTEXT,
    purpose: Purpose = 'field',
  ): Promise<ErrorCode | 'opened'> => {
    const slot = Buffer.alloc(KEY_BYTES, FILL);
    try {
      await ground.provider.unwrap(purpose, context, blob, slot);
      return 'opened';
    } catch (error) {
      if (!(error instanceof SealstreamError)) throw error;
      thrown.push(error);
      expect(slot.equals(Buffer.alloc(KEY_BYTES)), 'the slot is zero').toBe(true);
      return error.code;
    }
  };

  describe(`outermost keys: ${name}`, () => {
    beforeAll(async () => {
      ground = await open();
    });
    afterAll(() => ground.close());

    test('are checked', async () => {
      await ground.provider.check();
    });

    test('unwrap what they wrapped, leave the slot as it was and wrap anew each time', async () => {
      const slot = slotOf(key);
      const blobs = [
        await ground.provider.wrap('field', CONTEXT, slot),
        await ground.provider.wrap('field', CONTEXT, slot),
      ];
      expect(slot.equals(key)).toBe(true);
      expect(blobs[0]).not.toEqual(blobs[1]);
      for (const blob of blobs) {
        expect(blob.includes(key)).toBe(false);
        expect((await opened(blob)).equals(key)).toBe(true);
      }
    });

    test('do not unwrap for another purpose', async () => {
      expect(await refusal(await wrapped(), CONTEXT, 'hash')).toBe('KEYSET_UNREADABLE');
      expect(await refusal(await wrapped(CONTEXT, 'hash'))).toBe('KEYSET_UNREADABLE');
    });

    test.each([
      ['another dataset', ['wrapping key', 'field', 'staff']],
      ['a part less', ['wrapping key', 'field']],
      ['a part more', ['wrapping key', 'field', 'people', '']],
      ['parts cut elsewhere', ['wrapping key', 'fieldp', 'eople']],
      ['nothing', []],
    ])('do not unwrap in another context: %s', async (_what, context) => {
      expect(await refusal(await wrapped(), context)).toBe('KEYSET_UNREADABLE');
    });

    test('do not unwrap what was swapped between two datasets', async () => {
      const contexts = ['people', 'staff'].map((dataset) => ['wrapping key', 'field', dataset]);
      const [people, staff] = await Promise.all(contexts.map((context) => wrapped(context)));
      expect(await refusal(staff ?? key, contexts[0])).toBe('KEYSET_UNREADABLE');
      expect(await refusal(people ?? key, contexts[1])).toBe('KEYSET_UNREADABLE');
    });

    test('do not unwrap what was cut short anywhere, or made longer', async () => {
      const blob = await wrapped();
      for (let length = 0; length < blob.length; length++)
        expect(await refusal(blob.subarray(0, length)), `${length}`).toBe('KEYSET_UNREADABLE');
      expect(await refusal(Buffer.concat([blob, Buffer.alloc(1)]))).toBe('KEYSET_UNREADABLE');
      expect((await opened(blob)).equals(key)).toBe(true);
    });

    test('do not unwrap what was changed in any byte', async () => {
      const blob = await wrapped();
      for (let at = 0; at < blob.length; at++) {
        const changed = Buffer.from(blob);
        changed[at] = (changed[at] ?? 0) ^ (1 << (at % 8));
        expect(await refusal(changed), `byte ${at}`).toBe('KEYSET_UNREADABLE');
      }
      expect((await opened(blob)).equals(key)).toBe(true);
    });

    test('do not unwrap what other keys of the same provider wrapped', async () => {
      const blob = await ground.stranger.wrap('field', CONTEXT, slotOf(key));
      expect(await refusal(blob)).toBe('KEYSET_UNREADABLE');
    });

    test.each(['', 'aws-kms/1', 'pkcs11/1'])(
      'do not unwrap what another provider made, or nobody: noise that begins like "%s"',
      async (named) => {
        const form = named === '' ? '' : `sealstream ${named}\n`;
        for (const size of [0, 1, 60, 72, 200])
          expect(await refusal(Buffer.concat([Buffer.from(form), randomBytes(size)]))).toBe(
            'KEYSET_UNREADABLE',
          );
        const files = makeKeyFiles();
        const blob = await files.provider().wrap('field', CONTEXT, slotOf(key));
        expect(await refusal(blob)).toBe('KEYSET_UNREADABLE');
        files.remove();
      },
    );

    test('neither wrap nor unwrap for a purpose that is not theirs', async () => {
      expect(await refusal(await wrapped(), CONTEXT, 'rejected')).toBe(ground.notOurs);
      await expect(wrapped(CONTEXT, 'rejected')).rejects.toMatchObject({ code: ground.notOurs });
    });

    test('answer many calls at once, each its own', async () => {
      const keys = Array.from({ length: 12 }, () => randomBytes(KEY_BYTES));
      const contextOf = (n: number) => ['wrapping key', 'field', `dataset ${n}`];
      const back = await Promise.all(
        keys.map(async (one, n) => {
          const blob = await ground.provider.wrap('field', contextOf(n), slotOf(one));
          const [good, bad] = await Promise.all([
            opened(blob, contextOf(n)),
            refusal(blob, contextOf(n + 1)),
          ]);
          return [good.toString('hex'), bad];
        }),
      );
      expect(back).toEqual(keys.map((one) => [one.toString('hex'), 'KEYSET_UNREADABLE']));
    });

    test('that are away say so, and work again by themselves when they are back', async () => {
      const blob = await wrapped();
      await ground.cut();
      try {
        expect(await refusal(blob)).toBe(ground.away);
        await expect(wrapped()).rejects.toMatchObject({ code: ground.away });
        await expect(ground.provider.check()).rejects.toMatchObject({ code: ground.away });
      } finally {
        await ground.mend();
      }
      expect((await opened(blob)).equals(key)).toBe(true);
      await ground.provider.check();
    });

    test('put no key, PIN or credential into an error', () => {
      const forms = (['hex', 'base64', 'base64url', 'latin1'] as const).map((form) =>
        key.toString(form),
      );
      const hidden = [...forms, ...ground.secrets];
      const said = (error: Error): string => inspect(error, { depth: 9, showHidden: true });
      const found = (error: Error) => hidden.filter((secret) => said(error).includes(secret));
      expect(thrown.length).toBeGreaterThan(100);
      expect(thrown.flatMap(found)).toEqual([]);
      // The control: the same search finds each of them where it stands.
      expect(found(new Error(hidden.filter((one) => one !== forms[3]).join(' ')))).toEqual(
        hidden.filter((one) => one !== forms[3]),
      );
    });
  });
}
