import { randomBytes } from 'node:crypto';
import {
  Grant,
  GRANT_DAYS_MAX,
  GRANT_TYP,
  type GrantField,
  GrantRecord,
  SealstreamError,
} from '@sealstream/contracts';
import { GRANT_FORM, type SignedDocument, type Signer, signWith } from '@sealstream/crypto';
import { KeyArena, keyMemory } from './arena.ts';
import { type ConsumerKey, sealToConsumer } from './consumer-key.ts';
import { DocumentHistory } from './document-history.ts';
import { GRANT_RECORD_FORM, GrantStore, type ListedGrant } from './grant-store.ts';
import { grantedField } from './granted-keys.ts';
import { KEYSET_FORM, keysetName } from './keyset-document.ts';
import type { KeysetHeads } from './keyset-heads.ts';
import { KeysetStore } from './keyset-store.ts';
import { OpenedKeyset } from './opened-keyset.ts';
import type { OutermostKeys } from './outermost-keys.ts';
import { RedisLink, type RedisOptions } from '@sealstream/redis-link';

const ID_BYTES = 12;
const DAY_MS = 86_400_000;
const CONSUMER_CHARACTERS_MAX = 200;

export interface GrantAdminOptions extends RedisOptions {
  /** Unwraps the keysets of the purpose `field`; listing and revoking ask nothing of it. */
  readonly provider: OutermostKeys;
  readonly signer: Signer;
  readonly heads: KeysetHeads;
  readonly allowUnlocked?: boolean | undefined;
}

/** Who is to get which fields, and for how long. */
export interface GrantOrder {
  readonly dataset: string;
  readonly consumer: string;
  readonly consumerKey: ConsumerKey;
  /** Who grants. */
  readonly actor: string;
  /** Milliseconds from now on. */
  readonly lifeMs: number;
  readonly fields: readonly GrantField[];
}

/** A grant that was made. */
export interface MadeGrant {
  readonly record: GrantRecord;
  /** What the consumer gets: compact JWE. */
  readonly sealed: string;
}

/** Opens the side that grants. Throws REDIS_UNREACHABLE. */
export async function openGrantAdmin(options: GrantAdminOptions): Promise<GrantAdmin> {
  const link = new RedisLink(options);
  try {
    await link.connect();
  } catch (error) {
    link.stop();
    throw error;
  }
  return new GrantAdmin(options, link);
}

/**
 * Makes, lists and revokes grants.
 *
 * Promises: a grant holds derived keys of exactly the fields named and no stored key; it is recorded,
 * signed and without any key, before it is given out; only the consumer's private key opens it.
 */
export class GrantAdmin {
  readonly #options: GrantAdminOptions;
  readonly #link: RedisLink;
  readonly #grants: GrantStore;
  readonly #arena: KeyArena;
  readonly #slot: Buffer;

  constructor(options: GrantAdminOptions, link: RedisLink) {
    this.#options = options;
    this.#link = link;
    this.#grants = new GrantStore(link, options.signer.publicKey);
    const allowUnlocked = options.allowUnlocked ?? false;
    this.#arena = new KeyArena({ allowUnlocked });
    this.#slot = keyMemory(1, allowUnlocked);
  }

  /**
   * Throws USAGE when nothing is granted or for too long, KEY_NOT_ACTIVE when a field has no key,
   * KEYSET_* when the keyset of the dataset's fields is not believed, and KEY_FILE_*, KEY_PROVIDER_*.
   */
  async create(order: GrantOrder): Promise<MadeGrant> {
    const { actor, consumer, consumerKey, dataset, fields, lifeMs } = order;
    requireOrder(order);
    const now = Date.now();
    const named = {
      v: 1,
      id: randomBytes(ID_BYTES).toString('hex'),
      dataset,
      consumer,
      created: new Date(now).toISOString(),
      expires: new Date(now + lifeMs).toISOString(),
    } as const;
    const { fingerprint, spki } = consumerKey;
    const record: GrantRecord = {
      ...named,
      type: 'sealstream-grant-record',
      actor,
      fields: [...fields],
      publicKey: spki.toString('base64url'),
      fingerprint,
    };
    const granted = await this.#withKeys(dataset, fields);
    const grant: Grant = { ...named, type: 'sealstream-grant', fields: granted };
    const { bytes } = signWith(GRANT_FORM, grant, this.#options.signer);
    try {
      const sealed = await sealToConsumer(consumerKey, GRANT_TYP, bytes);
      await this.#grants.swap(undefined, this.#signed(record));
      return { record, sealed };
    } finally {
      bytes.fill(0);
    }
  }

  /** All grants, sorted by id; also those that are over or revoked. */
  list(): Promise<ListedGrant[]> {
    return this.#grants.list();
  }

  /**
   * From here on no key is given out under the grant; one that was revoked before stays as it is.
   * Throws GRANT_UNKNOWN, GRANT_BAD_SIGNATURE, KEYSET_CONFLICT.
   */
  async revoke(id: string, actor: string): Promise<GrantRecord> {
    const before = await this.#grants.read(id);
    if (before.document.revoked !== undefined) return before.document;
    const revoked = { time: new Date().toISOString(), actor };
    const after = this.#signed({ ...before.document, revoked });
    await this.#grants.swap(before, after);
    return after.document;
  }

  stop(): void {
    this.#link.stop();
    this.#arena.clear();
  }

  #signed(record: GrantRecord): SignedDocument<GrantRecord> {
    return signWith(GRANT_RECORD_FORM, record, this.#options.signer);
  }

  /** The keyset is opened for those fields alone that have keys in it. */
  async #withKeys(dataset: string, fields: readonly GrantField[]): Promise<Grant['fields']> {
    if (fields.every(({ purpose }) => purpose === 'subject'))
      return fields.map((field) => ({ ...field, keys: [] }));
    const { heads, provider, signer } = this.#options;
    const store = new KeysetStore(this.#options, this.#link);
    const restore = 'sealstream keys restore';
    const history = new DocumentHistory(KEYSET_FORM, { store, heads, signer, restore });
    const current = await history.current(keysetName('field', dataset));
    if (current === undefined)
      throw new SealstreamError('KEYSET_MISSING', { keyset: keysetName('field', dataset) });
    const opened = new OpenedKeyset('field', dataset, this.#arena, provider);
    try {
      await opened.update(current);
      return fields.map((field) =>
        field.purpose === 'subject'
          ? { ...field, keys: [] }
          : grantedField(field, current.document, opened, this.#slot),
      );
    } finally {
      opened.close();
    }
  }
}

/** Throws USAGE. */
function requireOrder({ consumer, dataset, fields, lifeMs }: GrantOrder): void {
  const refuse = (hint: string): never => {
    throw new SealstreamError('USAGE', { dataset }, hint);
  };
  if (fields.length === 0) refuse('Name a field.');
  if (consumer.trim() === '' || consumer.length > CONSUMER_CHARACTERS_MAX)
    refuse(`Name the consumer, in ${CONSUMER_CHARACTERS_MAX} characters at most.`);
  if (!(lifeMs > 0 && lifeMs <= GRANT_DAYS_MAX * DAY_MS))
    refuse(`Grant up to ${GRANT_DAYS_MAX} days.`);
}
