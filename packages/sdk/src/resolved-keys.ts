import { randomBytes } from 'node:crypto';
import {
  type ErrorCode,
  ERRORS,
  type Grant,
  type KeyResolver,
  RESOLVE_KEYS_MAX,
  RESOLVED_TTL_MS_MAX,
  RESOLVED_TYP,
  ResolvedKeys,
  type ResolveRequest,
  SealstreamError,
} from '@sealstream/contracts';
import type { ActiveKey, KeyHandle, KeyUse, SubjectKeySource } from '@sealstream/crypto';
import type { ConsumerSecret } from './consumer-secret.ts';
import type { KeyMemory } from './key-memory.ts';

/** Thrown for every key that is not in memory, so that a cold batch makes no error for each. */
const WANTED = new SealstreamError('SUBJECT_KEYS_WANTED');
const NONCE_BYTES = 16;
/** What was refused is asked for again after so long. */
const REFUSED_MS = 2000;

type Wanted = ResolveRequest['keys'][number];

/** A key, or why there is none, until so many milliseconds of the monotonic clock. */
type Known = { readonly untilMs: number } & (
  | { readonly key: KeyHandle }
  | { readonly code: ErrorCode }
);

interface ResolvedKeysOptions {
  readonly grant: Grant;
  readonly memory: KeyMemory;
  readonly secret: ConsumerSecret;
  readonly resolver: KeyResolver;
}

/**
 * Keys of single subjects, as the resolver gives them: each is used for as long as the answer says,
 * five minutes at most from the moment it was asked for, and zeroed after that.
 */
export class SubjectKeyCache implements SubjectKeySource {
  readonly #options: ResolvedKeysOptions;
  /** The granted fields that are sealed under keys of subjects. */
  readonly #paths: readonly string[];
  /** By path, then key id. */
  readonly #known: ReadonlyMap<string, Map<string, Known>>;
  #wantedIds = new Set<string>();
  #bringing: Promise<void> | undefined;

  constructor(options: ResolvedKeysOptions) {
    this.#options = options;
    const ofSubjects = options.grant.fields.filter(({ purpose }) => purpose === 'subject');
    this.#paths = ofSubjects.map(({ path }) => path);
    this.#known = new Map(this.#paths.map((path) => [path, new Map<string, Known>()]));
  }

  get wants(): boolean {
    return this.#wantedIds.size > 0;
  }

  byId({ path }: KeyUse, id: string): KeyHandle {
    const known = this.#known.get(path)?.get(id);
    if (known === undefined || known.untilMs <= performance.now()) {
      this.#wantedIds.add(id);
      throw WANTED;
    }
    if ('key' in known) return known.key;
    throw new SealstreamError(known.code, { path, key: id });
  }

  active(): ActiveKey {
    throw new SealstreamError('INTERNAL', { reason: 'a grant opens and does not seal' });
  }

  async bring(): Promise<void> {
    // Who comes while others are brought waits for them, and is brought together with all the rest.
    while (this.#bringing !== undefined) await this.#bringing.catch(() => undefined);
    if (!this.wants) return;
    this.#bringing = this.#bringAll().finally(() => {
      this.#bringing = undefined;
    });
    await this.#bringing;
  }

  async #bringAll(): Promise<void> {
    const ids = [...this.#wantedIds];
    this.#wantedIds = new Set();
    this.#forgetOld();
    // The fields of one person come together, so all of them are asked for at once.
    const wanted = ids.flatMap((keyId) => this.#paths.map((path) => ({ keyId, path })));
    for (let at = 0; at < wanted.length; at += RESOLVE_KEYS_MAX)
      await this.#bringSome(wanted.slice(at, at + RESOLVE_KEYS_MAX));
  }

  async #bringSome(wanted: readonly Wanted[]): Promise<void> {
    const askedAt = performance.now();
    const { grant, memory, resolver } = this.#options;
    const nonce = randomBytes(NONCE_BYTES).toString('base64url');
    const { sealed } = await resolver.resolve({ grant: grant.id, nonce, keys: [...wanted] });
    const { keys, refused, ttlMs } = await this.#answer(sealed, nonce);
    const asked = new Set(wanted.map(nameOf));
    const untilMs = askedAt + Math.min(ttlMs, RESOLVED_TTL_MS_MAX);
    for (const given of keys)
      if (asked.has(nameOf(given))) this.#note(given, { key: memory.keep(given.key), untilMs });
    const refusedUntilMs = performance.now() + REFUSED_MS;
    for (const one of refused)
      if (asked.has(nameOf(one)))
        this.#note(one, { code: codeOf(one.code), untilMs: refusedUntilMs });
  }

  /** Throws GRANT_UNREADABLE for what is no answer, or one to another question. */
  async #answer(sealed: string, nonce: string): Promise<ResolvedKeys> {
    const { grant, secret } = this.#options;
    const bytes = await secret.open(sealed, RESOLVED_TYP);
    try {
      const answer = ResolvedKeys.parse(JSON.parse(Buffer.from(bytes).toString('utf8')));
      if (answer.grant === grant.id && answer.nonce === nonce) return answer;
    } catch {
      // What a parser says quotes what it was given.
    } finally {
      bytes.fill(0);
    }
    throw new SealstreamError('GRANT_UNREADABLE', { grant: grant.id, expected: RESOLVED_TYP });
  }

  #note({ keyId, path }: Wanted, known: Known): void {
    const ofPath = this.#known.get(path);
    this.#end(ofPath?.get(keyId));
    ofPath?.set(keyId, known);
  }

  #forgetOld(): void {
    const nowMs = performance.now();
    for (const ofPath of this.#known.values())
      for (const [id, known] of ofPath)
        if (known.untilMs <= nowMs) {
          ofPath.delete(id);
          this.#end(known);
        }
  }

  #end(known: Known | undefined): void {
    if (known !== undefined && 'key' in known) this.#options.memory.drop(known.key);
  }
}

function nameOf({ keyId, path }: Wanted): string {
  return `${keyId} ${path}`;
}

/** What is refused is one record's fault; a token that names no key of ours was not made by us. */
function codeOf(code: string): ErrorCode {
  const isOneRecords = Object.hasOwn(ERRORS, code) && ERRORS[code as ErrorCode].class === 'record';
  return isOneRecords ? (code as ErrorCode) : 'RECORD_NOT_AUTHENTIC';
}
