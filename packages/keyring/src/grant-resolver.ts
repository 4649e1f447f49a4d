import {
  type ErrorCode,
  ERRORS,
  type GrantField,
  type GrantRecord,
  type KeyResolver,
  RESOLVED_TTL_MS_MAX,
  RESOLVED_TYP,
  type ResolveAnswer,
  type ResolvedKeys,
  ResolveRequest,
  SealstreamError,
} from '@sealstream/contracts';
import type { KeyUse, SubjectKeySource } from '@sealstream/crypto';
import { keyMemory } from './arena.ts';
import { consumerKeyFromSpki, sealToConsumer } from './consumer-key.ts';
import { GrantStore, type ListedGrant } from './grant-store.ts';
import { textOfKey, useOf } from './granted-keys.ts';
import { RedisLink, type RedisOptions } from '@sealstream/redis-link';
import type { Subjects } from './subjects.ts';

/** A second bring follows when a key moved meanwhile; more would be a fault of the source. */
const BRINGS_MAX = 5;

/** What one key is refused with, and no other; besides what is one record's own fault. */
const OF_ONE_KEY: readonly ErrorCode[] = ['KEY_UNKNOWN', 'KEYSET_UNREADABLE'];

type GivenSubjects = Pick<Subjects, 'keys' | 'refreshed'> | undefined;

export interface GrantResolverOptions extends RedisOptions {
  /** 32 bytes, Ed25519. */
  readonly signerPublicKey: Uint8Array;
  /** The subjects of a dataset; undefined for one that has none here. Whoever gives them ends them. */
  readonly subjects: (dataset: string) => GivenSubjects | Promise<GivenSubjects>;
  readonly allowUnlocked?: boolean | undefined;
}

type Wanted = ResolveRequest['keys'][number];

/** An answer, and how many keys are in it: for the audit log, since nobody here can look into it. */
export interface CountedAnswer extends ResolveAnswer {
  readonly given: number;
}

/** Opens the side that gives keys of subjects to consumers. Throws REDIS_UNREACHABLE. */
export async function openGrantResolver(options: GrantResolverOptions): Promise<GrantResolver> {
  const link = new RedisLink(options);
  try {
    await link.connect();
  } catch (error) {
    link.stop();
    throw error;
  }
  return new GrantResolver(options, link);
}

/**
 * Gives the derived keys of single subjects to consumers, under their grants.
 *
 * Promises: a key is given for a field that the grant names, while it is neither over nor revoked,
 * and for a subject that is not shredded, all of it as Redis says at the time of asking; what is
 * given opens that field of that subject alone, for five minutes at most, and only with the private
 * key that the grant was made for.
 */
export class GrantResolver implements KeyResolver {
  readonly #options: GrantResolverOptions;
  readonly #link: RedisLink;
  readonly #grants: GrantStore;
  readonly #slot: Buffer;

  constructor(options: GrantResolverOptions, link: RedisLink) {
    this.#options = options;
    this.#link = link;
    this.#grants = new GrantStore(link, options.signerPublicKey);
    this.#slot = keyMemory(1, options.allowUnlocked ?? false);
  }

  /**
   * Throws USAGE for a request of another form, GRANT_UNKNOWN, GRANT_REVOKED, GRANT_EXPIRED,
   * GRANT_LACKS_FIELD, and why no key can be given at all: KEYSET_*, KEYRING_STALE,
   * REDIS_UNREACHABLE. What concerns one key alone is told in the answer.
   */
  async resolve(request: ResolveRequest): Promise<CountedAnswer> {
    const parsed = ResolveRequest.safeParse(request);
    if (!parsed.success) throw new SealstreamError('USAGE', { request: 'resolve' }, 'Its form.');
    const { grant: id, keys: wanted, nonce } = parsed.data;
    const { document: grant } = await this.#grants.read(id);
    const lifeMs = lifeOf(grant);
    const uses = new Map(grant.fields.map((field) => [field.path, subjectUse(grant, field)]));
    for (const { path } of wanted)
      if (uses.get(path) === undefined)
        throw new SealstreamError('GRANT_LACKS_FIELD', { grant: id });
    const resolved = await this.#resolved(grant.dataset, wanted, uses);
    const ttlMs = Math.min(RESOLVED_TTL_MS_MAX, lifeMs);
    const answer: ResolvedKeys = { v: 1, grant: id, nonce, ttlMs, ...resolved };
    const bytes = Buffer.from(JSON.stringify(answer));
    try {
      const consumer = consumerKeyFromSpki(Buffer.from(grant.publicKey, 'base64url'));
      const sealed = await sealToConsumer(consumer, RESOLVED_TYP, bytes);
      return { sealed, given: resolved.keys.length };
    } finally {
      bytes.fill(0);
    }
  }

  /** All grants, sorted by id; also those that are over or revoked. Throws REDIS_*. */
  list(): Promise<ListedGrant[]> {
    return this.#grants.list();
  }

  /** What is recorded of a grant. Throws GRANT_UNKNOWN, GRANT_BAD_SIGNATURE, GRANT_UNREADABLE, REDIS_*. */
  async record(id: string): Promise<GrantRecord> {
    return (await this.#grants.read(id)).document;
  }

  stop(): void {
    this.#link.stop();
  }

  async #resolved(
    dataset: string,
    wanted: readonly Wanted[],
    uses: ReadonlyMap<string, KeyUse | undefined>,
  ): Promise<Pick<ResolvedKeys, 'keys' | 'refused'>> {
    const subjects = await this.#options.subjects(dataset);
    if (subjects === undefined)
      throw new SealstreamError('KEYSET_MISSING', { keyset: `subject/${dataset}` });
    // A shred that was just made counts, also when its notice was lost: what cannot be asked for is
    // not answered from memory.
    await subjects.refreshed();
    for (let brings = 0; ; brings += 1) {
      const found = this.#given(subjects.keys, wanted, uses);
      if (found !== undefined) return found;
      if (brings === BRINGS_MAX) throw new SealstreamError('SUBJECT_KEYS_WANTED', { dataset });
      await subjects.keys.bring();
    }
  }

  /** Undefined while a key is not in memory; all that lack are noted then. */
  #given(
    source: SubjectKeySource,
    wanted: readonly Wanted[],
    uses: ReadonlyMap<string, KeyUse | undefined>,
  ): Pick<ResolvedKeys, 'keys' | 'refused'> | undefined {
    const keys: ResolvedKeys['keys'] = [];
    const refused: ResolvedKeys['refused'] = [];
    let isWanting = false;
    for (const { keyId, path } of wanted) {
      const use = uses.get(path);
      if (use === undefined) continue;
      try {
        const key = textOfKey(source.byId(use, keyId), this.#slot);
        keys.push({ keyId, path, key });
      } catch (error) {
        const code = error instanceof SealstreamError ? error.code : 'INTERNAL';
        if (code === 'SUBJECT_KEYS_WANTED') isWanting = true;
        else if (OF_ONE_KEY.includes(code) || ERRORS[code].class === 'record')
          refused.push({ keyId, path, code });
        else throw error;
      }
    }
    return isWanting ? undefined : { keys, refused };
  }
}

/** Milliseconds that a grant still has. Throws GRANT_REVOKED, GRANT_EXPIRED. */
function lifeOf({ expires, id, revoked }: GrantRecord): number {
  if (revoked !== undefined)
    throw new SealstreamError('GRANT_REVOKED', { grant: id, revoked: revoked.time });
  const lifeMs = Date.parse(expires) - Date.now();
  if (lifeMs <= 0) throw new SealstreamError('GRANT_EXPIRED', { grant: id, expires });
  return lifeMs;
}

/** Undefined for a field whose keys are in the grant itself. */
function subjectUse({ dataset }: GrantRecord, field: GrantField): KeyUse | undefined {
  return field.purpose === 'subject' ? useOf(dataset, field) : undefined;
}
