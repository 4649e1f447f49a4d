import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { parseVerifierKey } from '@sealstream/crypto';
import { AuthenticTiles } from './authentic-tiles.ts';
import { requireCheckpoint, type TreeHead } from './checkpoint.ts';
import { CHECKPOINT_FILE, readIfThere } from './log-files.ts';
import { lastSourceState, type SourceState } from './heartbeat.ts';
import { leafHash } from './merkle-hash.ts';
import { consistencyProof, inclusionProof } from './proof.ts';
import { TILE_WIDTH } from './tile-path.ts';

/** One entry under a signed checkpoint. */
export interface ReadEntry {
  readonly index: number;
  readonly bytes: Buffer;
}

export interface ReadOptions {
  /** First entry to give; negative counts from the end. Default 0. */
  readonly from?: number;
  /** Waits for more at the end, until the signal. */
  readonly follow?: boolean;
  readonly signal?: AbortSignal;
  /** How often the checkpoint is looked at while following, in ms. */
  readonly pollMs?: number;
}

/** A tree head, and the signed note that it stands in. */
export interface SignedHead {
  readonly head: TreeHead;
  readonly note: string;
}

/** The newest checkpoint of a log. Throws AUDIT_LOG_CORRUPT when missing or not of this key. */
export async function readSignedHead(dir: string, vkey: string): Promise<SignedHead> {
  const note = await readIfThere(join(dir, CHECKPOINT_FILE));
  if (note === null) {
    throw new SealstreamError('AUDIT_LOG_CORRUPT', { file: CHECKPOINT_FILE, why: 'missing' });
  }
  const head = requireCheckpoint(note, parseVerifierKey(vkey));
  return { head, note: note.toString('utf8') };
}

/** What the newest checkpoint says. Throws as readSignedHead does. */
export async function readHead(dir: string, vkey: string): Promise<TreeHead> {
  return (await readSignedHead(dir, vkey)).head;
}

/** The log under its newest checkpoint, every byte that it gives out checked against it. */
export async function openTiles(dir: string, vkey: string): Promise<AuthenticTiles> {
  return AuthenticTiles.open(dir, await readHead(dir, vkey));
}

/**
 * Entries of a log in order. Each has been checked against a signed checkpoint before it is given;
 * a log that shrinks or forks while followed is an error. Memory: one bundle.
 *
 * @throws AUDIT_LOG_CORRUPT with the file, FILE_UNREADABLE
 */
export async function* readEntries(
  dir: string,
  vkey: string,
  options: ReadOptions = {},
): AsyncGenerator<ReadEntry> {
  const { follow = false, from = 0, pollMs = 250, signal } = options;
  let tiles = await openTiles(dir, vkey);
  let next = from < 0 ? Math.max(0, tiles.head.size + from) : from;
  for (;;) {
    while (next < tiles.head.size) {
      const index = Math.floor(next / TILE_WIDTH);
      for (const bytes of (await tiles.bundle(index)).slice(next % TILE_WIDTH)) {
        if (signal?.aborted === true) return;
        yield { index: next, bytes };
        next += 1;
      }
    }
    if (!follow) return;
    const head = await newerHead(dir, vkey, tiles.head, pollMs, signal);
    if (head === null) return;
    const newer = await AuthenticTiles.open(dir, head);
    await requireGrowth(tiles, newer);
    tiles = newer;
  }
}

/** Blocks of entries from the newest to the oldest, for looking at the end of a log. */
async function* blocksBackwards(tiles: AuthenticTiles): AsyncGenerator<readonly Buffer[]> {
  for (let index = Math.ceil(tiles.head.size / TILE_WIDTH) - 1; index >= 0; index--) {
    yield await tiles.bundle(index);
  }
}

/** Where to read on in Kafka, as the log itself says. */
export async function readSourceState(dir: string, vkey: string): Promise<SourceState> {
  return lastSourceState(blocksBackwards(await openTiles(dir, vkey)));
}

/** What shows to whoever has the checkpoint that an entry stands in the log. */
export interface EntryProof {
  readonly index: number;
  readonly head: TreeHead;
  readonly entry: Buffer;
  readonly leaf: Buffer;
  readonly proof: readonly Buffer[];
}

/** Proves that an entry stands under the newest checkpoint (RFC 6962 section 2.1.1). */
export async function proveEntry(dir: string, vkey: string, index: number): Promise<EntryProof> {
  return entryProof(await openTiles(dir, vkey), index);
}

/** The same under the tree head of these tiles. Throws USAGE, AUDIT_LOG_CORRUPT. */
export async function entryProof(tiles: AuthenticTiles, index: number): Promise<EntryProof> {
  // Precondition: the entry is under the checkpoint.
  if (!Number.isSafeInteger(index) || index < 0 || index >= tiles.head.size) {
    throw new SealstreamError('USAGE', { entry: index, size: tiles.head.size });
  }
  const entries = await tiles.bundle(Math.floor(index / TILE_WIDTH));
  const entry = entries[index % TILE_WIDTH];
  if (entry === undefined) throw new SealstreamError('INTERNAL', { entry: index });
  const proof = await inclusionProof(index, tiles.head.size, tiles.subtree);
  return { index, head: tiles.head, entry, leaf: leafHash(entry), proof };
}

/** What shows to whoever has an older checkpoint that the tree only grew since. */
export interface GrowthProof {
  readonly head: TreeHead;
  readonly proof: readonly Buffer[];
}

/** Proves that the newest checkpoint's tree begins with an older one of this size. */
export async function proveGrowth(
  dir: string,
  vkey: string,
  olderSize: number,
): Promise<GrowthProof> {
  return growthProof(await openTiles(dir, vkey), olderSize);
}

/** The same of the tree head of these tiles. Throws USAGE, AUDIT_LOG_CORRUPT. */
export async function growthProof(tiles: AuthenticTiles, olderSize: number): Promise<GrowthProof> {
  // Precondition: the older size is within the log.
  if (!Number.isSafeInteger(olderSize) || olderSize < 1 || olderSize > tiles.head.size) {
    throw new SealstreamError('USAGE', { size: olderSize, newest: tiles.head.size });
  }
  const proof = await consistencyProof(olderSize, tiles.head.size, tiles.subtree);
  return { head: tiles.head, proof };
}

/** The newer tree must hold every hash of the older one's edge in its place. */
async function requireGrowth(older: AuthenticTiles, newer: AuthenticTiles): Promise<void> {
  for (const { height, index } of edgeOf(older.head.size)) {
    const before = await older.subtree(height, index);
    if (before.equals(await newer.subtree(height, index))) continue;
    throw new SealstreamError('AUDIT_LOG_CORRUPT', { file: CHECKPOINT_FILE, why: 'fork' });
  }
}

/** The complete subtrees that a tree of this size is put together from. */
function edgeOf(size: number): { height: number; index: number }[] {
  const parts: { height: number; index: number }[] = [];
  let from = 0;
  for (let height = 52; height >= 0; height--) {
    const width = 2 ** height;
    if (size - from < width) continue;
    parts.push({ height, index: from / width });
    from += width;
  }
  return parts;
}

async function newerHead(
  dir: string,
  vkey: string,
  than: TreeHead,
  pollMs: number,
  signal: AbortSignal | undefined,
): Promise<TreeHead | null> {
  for (;;) {
    if (signal?.aborted === true) return null;
    const head = await readHead(dir, vkey);
    if (head.size > than.size) return head;
    if (head.size < than.size || !head.root.equals(than.root)) {
      throw new SealstreamError('AUDIT_LOG_CORRUPT', { file: CHECKPOINT_FILE, why: 'rollback' });
    }
    await sleep(pollMs, undefined, { ...(signal && { signal }) }).catch(() => undefined);
  }
}
