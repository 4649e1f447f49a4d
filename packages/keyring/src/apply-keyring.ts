import { randomBytes } from 'node:crypto';
import { type Purpose, SealstreamError } from '@sealstream/contracts';
import {
  type ActiveKey,
  deriveKey,
  FIELD_ALGORITHMS,
  generateKey,
  isKeyId,
  KEY_BYTES,
  type KeyHandle,
  keyHandle,
  type KeySource,
  type KeyUse,
  type PublicKey,
  type SubjectKeySource,
} from '@sealstream/crypto';
import sodium from 'sodium-native';
import { z } from 'zod';
import { KeyArena } from './arena.ts';
import { algorithmsOf } from './keyset-document.ts';
import { createFile, readSecretFile } from './secret-file.ts';

/** What `apply` needs keys for. One key serves every dataset: the dataset is in the derivation. */
const APPLY_PURPOSES = [
  'field',
  'subject',
  'hash',
  'fpe',
  'accepted',
] as const satisfies readonly Purpose[];

const KEY_ID_BYTES = 9;
const NO_RECORD = { bytes: Buffer.alloc(16), from: 0, to: 16 };

/** What a key of the file is found by. */
function nameOf({ purpose, algorithm }: Pick<KeyUse, 'purpose' | 'algorithm'>): string {
  return `${purpose} ${algorithm}`;
}

const ApplyKeyringFile = z.strictObject({
  type: z.literal('sealstream-apply-keyring'),
  v: z.literal(1),
  keys: z
    .array(
      z.strictObject({
        purpose: z.enum(APPLY_PURPOSES),
        id: z.string().refine(isKeyId),
        algorithm: z.enum([...FIELD_ALGORITHMS, 'blake2b-128', 'aes-256-ff1']),
        key: z.string().refine((text) => Buffer.from(text, 'base64url').length === KEY_BYTES),
      }),
    )
    .refine((keys) => new Set(keys.map(nameOf)).size === keys.length)
    .refine((keys) =>
      keys.every(({ purpose, algorithm }) => algorithmsOf(purpose).includes(algorithm)),
    ),
});

interface StoredKey {
  readonly id: string;
  readonly key: KeyHandle;
}

/**
 * The keys of `sealstream apply`, from one file of ours (0600), without Redis.
 *
 * Promises: the file is touched when the first key is asked for; with `create` a missing one is
 * made whole or not at all, and of two makers the first wins; without `create` it is never made.
 * Throws KEY_FILE_MISSING, KEY_FILE_OPEN, KEY_FILE_INVALID, at the first key.
 */
export function applyKeyring(
  file: string,
  options: { readonly create: boolean; readonly allowUnlocked?: boolean },
): KeySource {
  return new ApplyKeys(file, () => contentOf(file, options.create), options.allowUnlocked ?? false);
}

/** The same with random keys of their own, which are in no file and gone with the process. */
export function passingKeyring(options: { readonly allowUnlocked?: boolean } = {}): KeySource {
  return new ApplyKeys('(none)', newContent, options.allowUnlocked ?? false);
}

class ApplyKeys implements KeySource {
  readonly #file: string;
  /** The document with the keys; whoever reads it zeroes it. */
  readonly #content: () => Buffer;
  readonly #allowUnlocked: boolean;
  /** By identity first, since ciphers pass one object for life; by content when they do not. */
  readonly #byIdentity = new WeakMap<KeyUse, ActiveKey>();
  readonly #byContent = new Map<string, ActiveKey>();
  #arena: KeyArena | undefined;
  #stored: ReadonlyMap<string, StoredKey> | undefined;
  /** In files there is nothing to shred, so one key serves all subjects. */
  readonly subjects: SubjectKeySource = {
    active: (use) => this.active(use),
    byId: (use, id) => this.byId(use, id),
    wants: false,
    bring: () => Promise.resolve(),
  };
  /** Lines of a file have no coordinate on Kafka: what is bound to its record is bound to zeroes. */
  readonly record = { subject: NO_RECORD, source: NO_RECORD };

  constructor(file: string, content: () => Buffer, allowUnlocked: boolean) {
    this.#file = file;
    this.#content = content;
    this.#allowUnlocked = allowUnlocked;
  }

  active(use: KeyUse): ActiveKey {
    const kept = this.#byIdentity.get(use);
    if (kept !== undefined) return kept;
    const content = JSON.stringify([use.purpose, use.algorithm, use.format, use.dataset, use.path]);
    const active = this.#byContent.get(content) ?? this.#derive(use);
    this.#byContent.set(content, active);
    this.#byIdentity.set(use, active);
    return active;
  }

  byId(use: KeyUse, id: string): KeyHandle {
    const active = this.active(use);
    if (active.id !== id)
      throw new SealstreamError(
        'KEY_UNKNOWN',
        { key: id, file: this.#file },
        'This was sealed with the keys of another file: name it with --keyring.',
      );
    return active.key;
  }

  publicKey(purpose: Purpose, dataset: string): PublicKey {
    throw new SealstreamError('KEYSET_MISSING', { purpose, dataset, file: this.#file });
  }

  privateKey(purpose: Purpose, dataset: string, id: string): KeyHandle {
    throw new SealstreamError('KEYSET_MISSING', { purpose, dataset, key: id, file: this.#file });
  }

  #derive(use: KeyUse): ActiveKey {
    const { id, key } = this.#of(use);
    return { id, key: this.#slots().take((slot) => deriveKey(key, use, slot)) };
  }

  #slots(): KeyArena {
    this.#arena ??= new KeyArena({ allowUnlocked: this.#allowUnlocked });
    return this.#arena;
  }

  #of(use: KeyUse): StoredKey {
    this.#stored ??= this.#read();
    const stored = this.#stored.get(nameOf(use));
    const { algorithm, purpose } = use;
    if (stored === undefined)
      throw new SealstreamError('KEYSET_MISSING', { purpose, algorithm, file: this.#file });
    return stored;
  }

  #read(): ReadonlyMap<string, StoredKey> {
    const content = this.#content();
    try {
      const { keys } = ApplyKeyringFile.parse(JSON.parse(content.toString('utf8')));
      return new Map(
        keys.map(({ purpose, algorithm, id, key: text }) => {
          const bytes = Buffer.from(text, 'base64url');
          const key = this.#slots().take((slot) => {
            bytes.copy(slot);
            bytes.fill(0);
            return keyHandle(slot);
          });
          return [nameOf({ purpose, algorithm }), { id, key }];
        }),
      );
    } catch (error) {
      if (error instanceof SealstreamError) throw error;
      throw new SealstreamError('KEY_FILE_INVALID', { file: this.#file });
    } finally {
      content.fill(0);
    }
  }
}

function contentOf(file: string, create: boolean): Buffer {
  try {
    return readSecretFile(file);
  } catch (error) {
    const missing = error instanceof SealstreamError && error.code === 'KEY_FILE_MISSING';
    if (!missing || !create) throw error;
  }
  createWhole(file);
  return readSecretFile(file);
}

/** A document with a random key for each purpose and algorithm. */
function newContent(): Buffer {
  const slot = sodium.sodium_malloc(KEY_BYTES);
  const keys = APPLY_PURPOSES.flatMap((purpose) =>
    algorithmsOf(purpose).map((algorithm) => {
      generateKey(slot);
      const id = randomBytes(KEY_ID_BYTES).toString('base64url');
      return { purpose, id, algorithm, key: slot.toString('base64url') };
    }),
  );
  sodium.sodium_memzero(slot);
  const document = { type: 'sealstream-apply-keyring', v: 1, keys };
  return Buffer.from(`${JSON.stringify(document, null, 1)}\n`);
}

/** Makes the file; of two who do, whoever is first wins. */
function createWhole(file: string): void {
  const content = newContent();
  try {
    createFile(file, content);
  } catch (error) {
    // Another process made it in the meantime: its keys are the ones.
    if (!(error instanceof SealstreamError) || error.code !== 'FILE_EXISTS') throw error;
  } finally {
    content.fill(0);
  }
}
