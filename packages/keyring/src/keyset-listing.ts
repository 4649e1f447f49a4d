import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import type { DocumentHistory } from './document-history.ts';
import { COUNTED } from './key-uses.ts';
import {
  isKeysetName,
  type KeysetDocument,
  type KeysetKey,
  type SignedKeyset,
} from './keyset-document.ts';
import { checkHead, type KeysetHeads } from './keyset-heads.ts';
import type { KeysetStore } from './keyset-store.ts';

/** A key as listed. */
export interface ListedKey extends Pick<KeysetKey, 'id' | 'state' | 'algorithm' | 'created'> {
  /** Uses reserved by all processes; only where uses are counted. */
  readonly uses?: number;
}

/** A keyset as listed; `problem` says why Redis' copy of it is not believed. */
export interface ListedKeyset {
  readonly name: string;
  readonly version: number;
  /** When this version was made; absent where none can be read. */
  readonly changed?: string;
  readonly keys: readonly ListedKey[];
  readonly problem?: ErrorCode;
}

type Opener = Pick<DocumentHistory<KeysetDocument>, 'open'>;

/** Every keyset of these names or among the heads, sorted by name; what is in neither place is left out. */
export async function listedKeysets(
  store: Pick<KeysetStore, 'read' | 'uses'>,
  heads: Pick<KeysetHeads, 'load'>,
  history: Opener,
  asked: readonly string[],
): Promise<ListedKeyset[]> {
  const known = await heads.load();
  const names = [...new Set([...asked, ...known.keys()])].filter(isKeysetName);
  names.sort();
  const found = await store.read(names);
  const listed = names.flatMap((name, at) => {
    const stored = found[at] ?? null;
    const head = known.get(name);
    return stored === null && head === undefined ? [] : [listedKeyset(history, name, stored, head)];
  });
  return withUses(listed, (ids) => store.uses(ids));
}

/** What there is to say about one keyset that Redis holds, or is said to hold. */
export function listedKeyset(
  history: Opener,
  name: string,
  found: Buffer | null,
  headBytes: Uint8Array | undefined,
): ListedKeyset {
  try {
    const head = headBytes === undefined ? undefined : history.open(name, headBytes);
    if (found === null) return listing(name, head, 'KEYSET_MISSING');
    const current = history.open(name, found);
    try {
      checkHead(name, head, current);
    } catch {
      return listing(name, current, 'KEYSET_ROLLED_BACK');
    }
    return listing(name, current);
  } catch (error) {
    const problem = error instanceof SealstreamError ? error.code : 'INTERNAL';
    return listing(name, undefined, problem);
  }
}

/** Adds how often keys were used, where that is counted. One question for all. */
export async function withUses(
  keysets: readonly ListedKeyset[],
  uses: (ids: readonly string[]) => Promise<readonly number[]>,
): Promise<ListedKeyset[]> {
  const counted = keysets.flatMap(({ keys }) => keys).filter((key) => key.algorithm === COUNTED);
  const ids = counted.map(({ id }) => id);
  const found = await uses(ids);
  const of = new Map(ids.map((id, at) => [id, found[at] ?? 0]));
  return keysets.map((keyset) => ({
    ...keyset,
    keys: keyset.keys.map((key) => {
      const reserved = of.get(key.id);
      return reserved === undefined ? key : { ...key, uses: reserved };
    }),
  }));
}

function listing(
  name: string,
  keyset: SignedKeyset | undefined,
  problem?: ErrorCode,
): ListedKeyset {
  const keys = (keyset?.document.keys ?? []).map(({ id, state, algorithm, created }) => ({
    id,
    state,
    algorithm,
    created,
  }));
  const version = keyset?.document.version ?? 0;
  const changed = keyset && { changed: keyset.document.changed };
  return { name, version, ...changed, keys, ...(problem === undefined ? {} : { problem }) };
}
