import { type ErrorCode, GrantRecord, SealstreamError } from '@sealstream/contracts';
import { type DocumentForm, openWith, type SignedDocument } from '@sealstream/crypto';
import { answered, type RedisLink } from '@sealstream/redis-link';

/** How records of grants are signed. */
export const GRANT_RECORD_FORM: DocumentForm<GrantRecord> = {
  domain: 'sealstream/v1 grant-record\n',
  parse: (value) => GrantRecord.parse(value),
  nameOf: ({ id }) => id,
  refusals: { noun: 'grant', signature: 'GRANT_BAD_SIGNATURE', inside: 'GRANT_UNREADABLE' },
};

const ID = /^[0-9a-f]{24}$/;

/** Writes a record over the very one that it was made from, or where none is. */
const SWAP = `
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

/** A grant as listed; `problem` says why its record is not believed. */
export interface ListedGrant {
  readonly id: string;
  readonly record?: GrantRecord;
  readonly problem?: ErrorCode;
}

/** Records of grants in Redis, one signed document each; none without the signer's signature. */
export class GrantStore {
  readonly #link: RedisLink;
  readonly #signerPublicKey: Uint8Array;

  constructor(link: RedisLink, signerPublicKey: Uint8Array) {
    this.#link = link;
    this.#signerPublicKey = signerPublicKey;
  }

  /** Throws GRANT_UNKNOWN, GRANT_BAD_SIGNATURE, GRANT_UNREADABLE, REDIS_UNREACHABLE. */
  async read(id: string): Promise<SignedDocument<GrantRecord>> {
    const found = ID.test(id) ? await answered(this.#link.redis.getBuffer(this.#keyOf(id))) : null;
    if (found === null) throw new SealstreamError('GRANT_UNKNOWN', { grant: id });
    return openWith(GRANT_RECORD_FORM, id, found, this.#signerPublicKey);
  }

  /** Replaces `before` (undefined: nothing). Throws KEYSET_CONFLICT when something else is there. */
  async swap(
    before: SignedDocument<GrantRecord> | undefined,
    after: SignedDocument<GrantRecord>,
  ): Promise<void> {
    const { id } = after.document;
    const old = before?.bytes ?? Buffer.alloc(0);
    const asked = this.#link.redis.eval(SWAP, 1, this.#keyOf(id), old, after.bytes);
    if ((await answered(asked)) !== 1) throw new SealstreamError('KEYSET_CONFLICT', { grant: id });
  }

  /** Ids of all grants, sorted. */
  async ids(): Promise<string[]> {
    const found = new Set<string>();
    for await (const ids of this.#link.scan(this.#keyOf(''))) for (const id of ids) found.add(id);
    return [...found].filter((id) => ID.test(id)).sort();
  }

  /** All grants, sorted by id; also those that are over or revoked. */
  async list(): Promise<ListedGrant[]> {
    const listed: ListedGrant[] = [];
    for (const id of await this.ids()) {
      try {
        listed.push({ id, record: (await this.read(id)).document });
      } catch (error) {
        if (!(error instanceof SealstreamError) || error.retryable) throw error;
        listed.push({ id, problem: error.code });
      }
    }
    return listed;
  }

  #keyOf(id: string): string {
    return `${this.#link.prefix}grant:${id}`;
  }
}
