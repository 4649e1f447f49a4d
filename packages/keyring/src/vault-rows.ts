import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { type KeySource, subjectOfRow, VaultCipher } from '@sealstream/crypto';
import { RedisLink, type RedisOptions } from '@sealstream/redis-link';
import { VaultStore } from './vault-store.ts';

/** Whatever a token looks like, it is no longer. */
const TOKEN_CHARACTERS_MAX = 64;

/** What whoever may turn tokens back and end subjects does with the vault of one dataset. */
export interface VaultRows {
  /**
   * The values of tokens of one field; a code where there is none: TOKEN_UNKNOWN, VAULT_ROW_REFUSED,
   * SUBJECT_SHREDDED, KEY_DESTROYED.
   *
   * Throws REDIS_*, and KEY_*, KEYSET_* and KEYRING_STALE as the key source does.
   */
  valuesOf(
    keys: KeySource,
    path: string,
    tokens: readonly string[],
  ): Promise<(Buffer | ErrorCode)[]>;
  /**
   * Removes all rows of a subject, and lets none be made from here on. A second time does what the
   * first one left undone.
   *
   * @param index 22 characters of base64url
   * @returns how many rows were removed
   */
  endSubject(index: string): Promise<number>;
  /**
   * Removes what is left of a subject's earlier life, and lets rows be made again. A second time does
   * what the first one left undone, and leaves the rows of the new life alone.
   *
   * @param isNew whether the subject begins to live again with this
   * @returns whether anything was to be done
   */
  reviveSubject(index: string, isNew: boolean): Promise<boolean>;
  /** Lets Redis go. Idempotent. */
  stop(): void;
}

/** Throws REDIS_UNREACHABLE. */
export async function openVaultRows(
  options: RedisOptions & { readonly dataset: string },
): Promise<VaultRows> {
  const link = new RedisLink(options);
  try {
    await link.connect();
  } catch (error) {
    link.stop();
    throw error;
  }
  const store = new VaultStore(options.dataset, link);
  const endSubject = async (index: string): Promise<number> => {
    await store.end(index);
    return store.remove(index, await store.listed(index), (row) => isOf(row, index));
  };
  return {
    valuesOf: (keys, path, tokens) => valuesOf(store, keys, path, tokens),
    endSubject,
    reviveSubject: async (index, isNew) => {
      if (!isNew && !(await store.isEnded(index))) return false;
      await endSubject(index);
      await store.revive(index);
      return true;
    },
    stop: () => link.stop(),
  };
}

async function valuesOf(
  store: VaultStore,
  keys: KeySource,
  path: string,
  tokens: readonly string[],
): Promise<(Buffer | ErrorCode)[]> {
  const cipher = new VaultCipher(store.dataset, path);
  const asked = tokens.filter((token) => token.length <= TOKEN_CHARACTERS_MAX);
  const rows = new Map<string, Buffer | null>();
  for (const [at, row] of (await store.byToken(asked)).entries()) rows.set(asked[at], row);
  return tokens.map((token) => {
    const row = rows.get(token) ?? null;
    return row === null ? 'TOKEN_UNKNOWN' : opened(cipher, keys, token, row);
  });
}

/** One row that does not open keeps no other from being turned back. */
function opened(
  cipher: VaultCipher,
  keys: KeySource,
  token: string,
  row: Buffer,
): Buffer | ErrorCode {
  try {
    const { content, subject } = cipher.open(keys, 'token', token, row);
    // An old Redis may hold rows that a shred has removed.
    const isShredded = subject !== undefined && keys.shreds?.has(subject, 0) === true;
    return isShredded ? 'SUBJECT_SHREDDED' : content;
  } catch (error) {
    const code = error instanceof SealstreamError ? error.code : undefined;
    if (code === 'VAULT_ROW_REFUSED' || code === 'KEY_DESTROYED') return code;
    throw error;
  }
}

function isOf(row: Buffer, index: string): boolean {
  try {
    return subjectOfRow(row)?.toString('base64url') === index;
  } catch {
    return false;
  }
}
