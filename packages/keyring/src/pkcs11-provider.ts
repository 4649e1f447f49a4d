import { randomBytes } from 'node:crypto';
import { type ErrorPlace, type Purpose, SealstreamError } from '@sealstream/contracts';
import { KEY_BYTES, type KeyHandle, keyHandle, type WrapContext } from '@sealstream/crypto';
import sodium from 'sodium-native';
import { keyNameOf } from './key-names.ts';
import type { OutermostKeys } from './outermost-keys.ts';
import { mayBeUnopened } from './pkcs11-errors.ts';
import { gcm, type KeySession, TokenSessions, type TokenOptions } from './pkcs11-session.ts';

/*
 * A wrapping key as a token wrapped it: a line that names the form, 12 bytes of nonce, ciphertext,
 * tag. AES-GCM with 96-bit random nonces is good for 2^32 uses of a key; a keyset is one.
 */

const FORM = Buffer.from('sealstream pkcs11/1\n');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
const BLOB_BYTES = FORM.length + NONCE_BYTES + KEY_BYTES + TAG_BYTES;
const DEFAULT_KEY = 'sealstream-<purpose>';

export interface Pkcs11Options extends TokenOptions {
  /** Label of the key; `<purpose>` stands for the purpose. */
  readonly key?: string | undefined;
}

/**
 * Outermost keys in a device behind PKCS#11: one AES-256 key for each purpose that cannot leave it.
 * What is wrapped is bound to purpose and wrap context as associated data of AES-GCM.
 *
 * pkcs11js and the vendor's library are loaded at the first call. A call signs in, works and signs
 * out. Ciphers run beside the event loop; opening a session and finding a key do not, so a slow
 * device holds up the process for that long, once for each changed keyset.
 */
export function pkcs11Provider(
  options: Pkcs11Options,
  purposes: readonly Purpose[],
): OutermostKeys {
  return new Pkcs11Keys(options, purposes);
}

class Pkcs11Keys implements OutermostKeys {
  readonly purposes: readonly Purpose[];
  readonly #pattern: string;
  readonly #sessions: TokenSessions;
  /** What the device wrote, outside the heap: it wants more room than the key has. */
  readonly #scratch = sodium.sodium_malloc(2 * KEY_BYTES);

  constructor(options: Pkcs11Options, purposes: readonly Purpose[]) {
    this.purposes = purposes;
    this.#pattern = options.key ?? DEFAULT_KEY;
    this.#sessions = new TokenSessions(options);
  }

  async check(): Promise<void> {
    for (const purpose of this.purposes) await this.#withKey(purpose, async () => undefined);
  }

  wrap(purpose: Purpose, context: WrapContext, slot: Buffer): Promise<Buffer> {
    const nonce = randomBytes(NONCE_BYTES);
    return this.#withKey(purpose, async ({ cryptoki, session, key }) => {
      cryptoki.C_EncryptInit(session, gcm(nonce, bound(purpose, context)), key);
      const room = Buffer.alloc(2 * (KEY_BYTES + TAG_BYTES));
      const sealed = await cryptoki.C_EncryptAsync(session, slot, room);
      return Buffer.concat([FORM, nonce, sealed]);
    });
  }

  async unwrap(
    purpose: Purpose,
    context: WrapContext,
    wrapped: Buffer,
    slot: Buffer,
  ): Promise<KeyHandle> {
    sodium.sodium_memzero(slot);
    const place = this.#place(purpose);
    if (wrapped.length !== BLOB_BYTES || !wrapped.subarray(0, FORM.length).equals(FORM))
      throw new SealstreamError('KEYSET_UNREADABLE', place);
    const nonce = wrapped.subarray(FORM.length, FORM.length + NONCE_BYTES);
    const sealed = wrapped.subarray(FORM.length + NONCE_BYTES);
    const outcome = await this.#withKey(purpose, async ({ cryptoki, session, key }) => {
      cryptoki.C_DecryptInit(session, gcm(nonce, bound(purpose, context)), key);
      return this.#decrypt({ cryptoki, session, key }, sealed, slot);
    });
    if (outcome !== 'unopened') return outcome;
    // A device that still finds the key is well, so it was the bytes; one that is away throws here.
    await this.#withKey(purpose, async () => undefined);
    throw new SealstreamError('KEYSET_UNREADABLE', place);
  }

  async #decrypt(
    { cryptoki, session }: KeySession,
    sealed: Buffer,
    slot: Buffer,
  ): Promise<KeyHandle | 'unopened'> {
    try {
      const opened = await cryptoki.C_DecryptAsync(session, sealed, this.#scratch);
      if (opened.length !== KEY_BYTES) return 'unopened';
      opened.copy(slot);
      return keyHandle(slot);
    } catch (error) {
      if (mayBeUnopened(error)) return 'unopened';
      throw error;
    } finally {
      sodium.sodium_memzero(this.#scratch);
    }
  }

  async #withKey<T>(purpose: Purpose, work: (open: KeySession) => Promise<T>): Promise<T> {
    const place = this.#place(purpose);
    return this.#sessions.withKey(place.key, place, work);
  }

  #place(purpose: Purpose): ErrorPlace & { readonly key: string } {
    const key = keyNameOf(this.#pattern, purpose);
    const place = { provider: 'pkcs11', purpose, key };
    if (this.purposes.includes(purpose)) return place;
    throw new SealstreamError('KEY_PROVIDER_REFUSED', {
      ...place,
      reason: 'not a purpose of ours',
    });
  }
}

function bound(purpose: Purpose, context: WrapContext): Buffer {
  return Buffer.from(JSON.stringify(['sealstream/v1 wrapping key', purpose, ...context]));
}
