import { answered, type RedisLink } from '@sealstream/redis-link';
import { chunks } from './subject-store.ts';

/** Rows made by one run of the script, and read by one command: Redis serves nobody else meanwhile. */
const CREATE_MAX = 500;
const READ_MAX = 1000;
const REMOVE_MAX = 500;

/** Stands among a subject's rows once it was shredded: from then on none is made. */
const ENDED = '!';

/**
 * Creates pairs of rows, each if the value has none yet and its subject is not shredded. Answers one
 * value a pair: 1 made, 2 token taken, 3 subject shredded, else the value's row that stands there.
 * KEYS: row by value, row by token, rows of the subject, of each. ARGV: the two rows, and what they are
 * listed as under the subject, or nothing when there is none.
 */
const CREATE = `
local answers = {}
for i = 1, #KEYS, 3 do
  local listed = ARGV[i + 2]
  if listed ~= '' and redis.call('SISMEMBER', KEYS[i + 2], '${ENDED}') == 1 then
    answers[#answers + 1] = 3
  else
    local there = redis.call('GET', KEYS[i])
    if there then
      answers[#answers + 1] = there
    elseif redis.call('SETNX', KEYS[i + 1], ARGV[i + 1]) == 0 then
      answers[#answers + 1] = 2
    else
      redis.call('SETNX', KEYS[i], ARGV[i])
      if listed ~= '' then redis.call('SADD', KEYS[i + 2], listed) end
      answers[#answers + 1] = 1
    end
  end
end
return answers`;

/** A pair of rows to make. */
export interface NewRows {
  /** 22 characters of base64url. */
  readonly digest: string;
  readonly token: string;
  /** 22 characters of base64url; undefined when the value goes with nobody. */
  readonly subject: string | undefined;
  /** The token, sealed; found by the digest. */
  readonly byValue: Buffer;
  /** The value, sealed; found by the token. */
  readonly byToken: Buffer;
}

/** What became of it: made, its token was taken, its subject is shredded, or the row that stands there. */
export type RowsMade = 'made' | 'token-taken' | 'shredded' | Buffer;

const OUTCOMES: Readonly<Record<number, 'made' | 'token-taken' | 'shredded'>> = {
  1: 'made',
  2: 'token-taken',
  3: 'shredded',
};

/** A pair of rows as a subject's set lists it. */
interface Listed {
  readonly digest: string;
  readonly token: string;
}

/** The token vault of one dataset in Redis. It believes nothing it reads; whoever calls checks. */
export class VaultStore {
  readonly dataset: string;
  readonly #link: RedisLink;

  constructor(dataset: string, link: RedisLink) {
    this.dataset = dataset;
    this.#link = link;
  }

  /** Makes pairs of rows where there are none, each pair whole or not at all. One round trip. */
  async create(rows: readonly NewRows[]): Promise<RowsMade[]> {
    const parts = chunks(rows, CREATE_MAX).map((chunk) => this.#create(chunk));
    return (await Promise.all(parts)).flat();
  }

  /** Rows by token, null where there is none. One round trip. */
  async byToken(tokens: readonly string[]): Promise<(Buffer | null)[]> {
    const keys = tokens.map((token) => this.tokenKey(token));
    const asked = chunks(keys, READ_MAX).map((chunk) => this.#link.redis.mgetBuffer(chunk));
    return (await answered(Promise.all(asked))).flat();
  }

  /** From here on no row of that subject is made. */
  async end(subject: string): Promise<void> {
    await answered(this.#link.redis.sadd(this.subjectKey(subject), ENDED));
  }

  /** Whether no row of that subject is made. */
  async isEnded(subject: string): Promise<boolean> {
    return (await answered(this.#link.redis.sismember(this.subjectKey(subject), ENDED))) === 1;
  }

  /** Rows of the subject are made again. */
  async revive(subject: string): Promise<void> {
    await answered(this.#link.redis.srem(this.subjectKey(subject), ENDED));
  }

  /** What is listed under a subject. */
  async listed(subject: string): Promise<Listed[]> {
    const found = await answered(this.#link.redis.smembers(this.subjectKey(subject)));
    return found.flatMap((entry) => {
      const [digest, token] = entry.split(' ');
      return token === undefined ? [] : [{ digest, token }];
    });
  }

  /**
   * Removes rows and then their entries under the subject; a run that was cut is finished by the next.
   *
   * @param isOf whether a row is the subject's own: what is listed was written by whoever may add to it
   */
  async remove(
    subject: string,
    rows: readonly Listed[],
    isOf: (row: Buffer) => boolean,
  ): Promise<number> {
    const { redis } = this.#link;
    let removed = 0;
    for (const chunk of chunks(rows, REMOVE_MAX)) {
      const keys = chunk.flatMap(({ digest, token }) => [
        this.valueKey(digest),
        this.tokenKey(token),
      ]);
      const found = await answered(redis.mgetBuffer(keys));
      const own = keys.filter((_, at) => {
        const row = found[at];
        return row !== null && row !== undefined && isOf(row);
      });
      if (own.length > 0) removed += await answered(redis.del(own));
      const entries = chunk.map(({ digest, token }) => listedAs(digest, token));
      await answered(redis.srem(this.subjectKey(subject), ...entries));
    }
    return removed;
  }

  valueKey(digest: string): string {
    return `${this.#link.prefix}vault:${this.dataset}:${digest}`;
  }

  tokenKey(token: string): string {
    return `${this.#link.prefix}vault-token:${this.dataset}:${token}`;
  }

  subjectKey(subject: string): string {
    return `${this.#link.prefix}vault-of:${this.dataset}:${subject}`;
  }

  async #create(rows: readonly NewRows[]): Promise<RowsMade[]> {
    const keys = rows.flatMap(({ digest, subject, token }) => [
      this.valueKey(digest),
      this.tokenKey(token),
      // A key that is not looked at, where there is no subject.
      subject === undefined ? this.tokenKey(token) : this.subjectKey(subject),
    ]);
    const values = rows.flatMap(({ byToken, byValue, digest, subject, token }) => [
      byValue,
      byToken,
      subject === undefined ? '' : listedAs(digest, token),
    ]);
    const script = [CREATE, keys.length, ...keys, ...values];
    const answers = await answered<unknown>(this.#link.writer.callBuffer('EVAL', script));
    return (answers as (number | Buffer)[]).map((answer) =>
      typeof answer === 'number' ? (OUTCOMES[answer] ?? 'token-taken') : answer,
    );
  }
}

function listedAs(digest: string, token: string): string {
  return `${digest} ${token}`;
}
