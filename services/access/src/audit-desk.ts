import {
  AuthenticTiles,
  consistencyProof,
  decodeEntry,
  entriesBefore,
  entriesFrom,
  type EntryDocument,
  entryDocument,
  entryProof,
  type GrowthDocument,
  growthDocument,
  growthProof,
  parseEvent,
  type ReadEntry,
  readSignedHead,
  readVkey,
  type TreeHead,
  verifyConsistency,
} from '@sealstream/audit-log';
import { type AuditEvent, SealstreamError } from '@sealstream/contracts';

import { type AuditExport, type AuditExportRange, AuditExports } from './audit-exports.ts';

/** Looked at for one page; one that is short then has a cursor. */
const LOOKED_MAX = 5000;
const LOOKED_BYTES_MAX = 16 * 1024 * 1024;
/** A heartbeat comes each minute; further back it is not looked for. */
const HEARTBEAT_WITHIN = 2000;

export interface AuditDeskOptions {
  /** Directory of the log, or of a copy of it. */
  readonly dir: string;
  readonly vkeyFile: string;
}

export interface ShownEntry {
  readonly index: number;
  /** Absent of what the log's own writer said. */
  readonly source?: { readonly topic: string; readonly partition: number; readonly offset: string };
  /** null where it is no event of the schema. */
  readonly event: AuditEvent | null;
}

export interface EntryFilter {
  readonly type?: string | undefined;
  readonly dataset?: string | undefined;
  readonly actor?: string | undefined;
}

/** Where a page begins: before an index, to the older; or at one, to the newer. */
export type EntryPlace = { readonly before: number } | { readonly from: number };

export interface EntryPage {
  readonly items: readonly ShownEntry[];
  /** Where to go on; absent where there is no more. */
  readonly next?: EntryPlace;
  /** Of the log under the checkpoint that all was checked against. */
  readonly size: number;
}

export interface SignedState {
  readonly head: TreeHead;
  readonly note: string;
  /** Of the newest heartbeat, RFC 3339: the log was complete and signed then. */
  readonly heartbeat?: string;
}

interface Opened {
  readonly tiles: AuthenticTiles;
  readonly note: string;
}

/**
 * Reads an audit log that another service writes.
 *
 * Promises: every entry that it gives was checked against the newest signed checkpoint; a log that is set
 * back or forks while the service runs is refused from then on; what one request costs has an end. Throws
 * AUDIT_LOG_CORRUPT where the log does not verify, FILE_UNREADABLE.
 */
export class AuditDesk {
  readonly #dir: string;
  readonly #vkey: string;
  readonly #exports = new AuditExports();
  #seen: TreeHead | undefined;

  private constructor(dir: string, vkey: string) {
    this.#dir = dir;
    this.#vkey = vkey;
  }

  /** @throws SealstreamError KEY_FILE_MISSING, KEY_FILE_INVALID */
  static async open({ dir, vkeyFile }: AuditDeskOptions): Promise<AuditDesk> {
    return new AuditDesk(dir, await readVkey(vkeyFile));
  }

  async checkpoint(): Promise<SignedState> {
    const { note, tiles } = await this.#opened();
    let looked = 0;
    for await (const { bytes } of entriesBefore(tiles)) {
      looked += 1;
      if (looked > HEARTBEAT_WITHIN) break;
      const entry = decodeEntry(bytes);
      const event = entry.kind === 'own' ? parseEvent(entry.value) : null;
      if (event?.type === 'heartbeat') return { head: tiles.head, note, heartbeat: event.time };
    }
    return { head: tiles.head, note };
  }

  /** Entries that the filter lets through, the newest first unless the place says from where. */
  async page(filter: EntryFilter, limit: number, place?: EntryPlace): Promise<EntryPage> {
    const { tiles } = await this.#opened();
    const { size } = tiles.head;
    const isUp = place !== undefined && 'from' in place;
    const walk = isUp ? entriesFrom(tiles, place.from) : entriesBefore(tiles, place?.before);
    const items: ShownEntry[] = [];
    let [looked, bytesLooked] = [0, 0];
    let last: number | undefined;
    for await (const entry of walk) {
      last = entry.index;
      looked += 1;
      bytesLooked += entry.bytes.length;
      const shown = shownEntry(entry);
      if (isLetThrough(shown, filter)) items.push(shown);
      if (items.length === limit || looked === LOOKED_MAX || bytesLooked > LOOKED_BYTES_MAX) break;
    }
    const hasMore = last !== undefined && (isUp ? last + 1 < size : last > 0);
    if (last === undefined || !hasMore) return { items, size };
    return { items, size, next: isUp ? { from: last + 1 } : { before: last } };
  }

  /** @throws SealstreamError AUDIT_ENTRY_UNKNOWN */
  async proof(index: number): Promise<EntryDocument> {
    const { note, tiles } = await this.#opened();
    if (index >= tiles.head.size) throw unknown(index, tiles.head);
    return entryDocument(await entryProof(tiles, index), note);
  }

  /** @throws SealstreamError AUDIT_ENTRY_UNKNOWN for a size that the log never had */
  async growth(from: number): Promise<GrowthDocument> {
    const { note, tiles } = await this.#opened();
    if (from < 1 || from > tiles.head.size) throw unknown(from, tiles.head);
    return growthDocument(from, await growthProof(tiles, from), note);
  }

  /** @throws SealstreamError AUDIT_ENTRY_UNKNOWN when not all of the range is in the log */
  async requireRange({ to }: AuditExportRange): Promise<void> {
    const { tiles } = await this.#opened();
    if (to > tiles.head.size) throw unknown(to - 1, tiles.head);
  }

  /**
   * The entries of a range as lines of JSON, each with its proof. The first one is checked before this
   * resolves.
   *
   * @param isStill whether who asked may still have them
   * @throws SealstreamError AUDIT_ENTRY_UNKNOWN, TOO_MANY_REQUESTS
   */
  async export(range: AuditExportRange, isStill: () => Promise<boolean>): Promise<AuditExport> {
    const opened = await this.#opened();
    if (range.to > opened.tiles.head.size) throw unknown(range.to - 1, opened.tiles.head);
    await entryProof(opened.tiles, range.from);
    return this.#exports.open(opened, range, isStill);
  }

  /** Ends all exports. */
  stop(): void {
    this.#exports.end();
  }

  async #opened(): Promise<Opened> {
    // As it was before the checkpoint is read: another request may see a newer one meanwhile.
    const seen = this.#seen;
    const { head, note } = await readSignedHead(this.#dir, this.#vkey);
    const tiles = await AuthenticTiles.open(this.#dir, head);
    if (seen !== undefined) await requireGrowth(seen, tiles);
    if (head.size >= (this.#seen?.size ?? 0)) this.#seen = head;
    return { tiles, note };
  }
}

/** @throws SealstreamError AUDIT_LOG_CORRUPT */
async function requireGrowth(seen: TreeHead, { head, subtree }: AuthenticTiles): Promise<void> {
  const refused = (why: string) => new SealstreamError('AUDIT_LOG_CORRUPT', { why });
  if (head.size < seen.size) throw refused('rollback');
  // The empty tree begins every tree.
  if (seen.size === 0) return;
  const proof = await consistencyProof(seen.size, head.size, subtree);
  const sizes = { size1: BigInt(seen.size), size2: BigInt(head.size) };
  if (!verifyConsistency({ ...sizes, root1: seen.root, root2: head.root, proof }))
    throw refused('fork');
}

function unknown(entry: number, { size }: TreeHead): SealstreamError {
  return new SealstreamError('AUDIT_ENTRY_UNKNOWN', { entry, size });
}

function isLetThrough({ event }: ShownEntry, { actor, dataset, type }: EntryFilter): boolean {
  if (type !== undefined && event?.type !== type) return false;
  if (dataset !== undefined && event?.dataset !== dataset) return false;
  return actor === undefined || (event !== null && 'actor' in event && event.actor === actor);
}

function shownEntry({ bytes, index }: ReadEntry): ShownEntry {
  const entry = decodeEntry(bytes);
  if (entry.kind === 'unreadable') return { index, event: null };
  const event = parseEvent(entry.value);
  if (entry.kind === 'own') return { index, event };
  const { offset, partition, topic } = entry;
  return { index, source: { topic, partition, offset: offset.toString() }, event };
}
