import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SealstreamError } from '@sealstream/contracts';
import { type NoteVerifier, parseVerifierKey, verifierKey } from '@sealstream/crypto';
import { AuthenticTiles } from './authentic-tiles.ts';
import { encodeBundle, MAX_ENTRY_BYTES } from './bundle.ts';
import {
  type CheckpointSigner,
  requireCheckpoint,
  signCheckpoint,
  type TreeHead,
} from './checkpoint.ts';
import { Journal, type JournalFrame } from './journal.ts';
import {
  CHECKPOINT_FILE,
  fileError,
  namesIn,
  readIfThere,
  removePartials,
  replaceFile,
  SCRATCH_DIR,
  syncDirectories,
} from './log-files.ts';
import { EMPTY_ROOT } from './merkle-hash.ts';
import { TILE_WIDTH, type TileName, tilePath } from './tile-path.ts';
import { type Tile, TreeEdge } from './tree-edge.ts';
import { WriterLock } from './writer-lock.ts';

/** Journal bytes after which an append makes a checkpoint by itself: bounds memory and recovery. */
const JOURNAL_BYTES_MAX = 16 * 1024 * 1024;

export interface LogWriterOptions {
  /** Belongs to the log alone; made when it is not there. */
  readonly dir: string;
  /** Signs checkpoints; its name is the origin of the log. */
  readonly signer: CheckpointSigner;
}

/** Where appended entries went. */
export interface Appended {
  /** Index of the first of them. */
  readonly first: number;
  /** Entries in the log now. */
  readonly size: number;
}

/** The log as the last checkpoint has it. */
interface SignedState {
  head: TreeHead;
  note: string;
}

/**
 * The one writer of a log.
 *
 * Promises: an append is on disk before it resolves, and is never lost after that, whatever byte a
 * crash falls on; readers see whole files under a signed checkpoint only; two writers cannot be
 * open at once. After an error of the disk every later call throws: only a new open knows again
 * what is on disk.
 */
export class LogWriter {
  readonly #dir: string;
  readonly #signer: CheckpointSigner;
  readonly #lock: WriterLock;
  readonly #journal: Journal;
  readonly #edge: TreeEdge;
  readonly #fullTiles: Tile[];
  /** Entries of the bundle being filled, then those after it that no checkpoint has yet. */
  #tail: Buffer[];
  #signed: SignedState;
  /** By level, the partial tile that stands on disk: those that did not grow are left alone. */
  readonly #partialPaths = new Map<number, string>();
  #queue: Promise<unknown> = Promise.resolve();
  #broken: unknown = null;

  private constructor(parts: {
    dir: string;
    signer: CheckpointSigner;
    lock: WriterLock;
    journal: Journal;
    edge: TreeEdge;
    fullTiles: Tile[];
    tail: Buffer[];
    signed: SignedState;
  }) {
    this.#dir = parts.dir;
    this.#signer = parts.signer;
    this.#lock = parts.lock;
    this.#journal = parts.journal;
    this.#edge = parts.edge;
    this.#fullTiles = parts.fullTiles;
    this.#tail = parts.tail;
    this.#signed = parts.signed;
  }

  /**
   * Opens or makes a log and repairs what a crash left: a torn append is cut off, a whole one gets
   * its checkpoint.
   *
   * @throws AUDIT_LOG_LOCKED while a live process writes it; AUDIT_LOG_CORRUPT when the checkpoint,
   *   the edge of the tree or the journal is damaged, or signed by another key; FILE_UNREADABLE, DISK_FULL
   */
  static async open({ dir, signer }: LogWriterOptions): Promise<LogWriter> {
    try {
      await mkdir(join(dir, SCRATCH_DIR), { recursive: true, mode: 0o750 });
      const lock = await WriterLock.take(dir);
      try {
        return await LogWriter.#openLocked(dir, signer, lock);
      } catch (error) {
        await lock.release();
        throw error;
      }
    } catch (error) {
      throw fileError(dir, error);
    }
  }

  static async #openLocked(
    dir: string,
    signer: CheckpointSigner,
    lock: WriterLock,
  ): Promise<LogWriter> {
    for (const name of await namesIn(join(dir, SCRATCH_DIR))) {
      await rm(join(dir, SCRATCH_DIR, name), { force: true });
    }
    const signed = await readSigned(dir, signer);
    const tiles = await AuthenticTiles.open(dir, signed.head);
    const fullTiles: Tile[] = [];
    const edge = tiles.edge((tile) => fullTiles.push(tile));
    const partial = signed.head.size % TILE_WIDTH;
    const tail =
      partial === 0 ? [] : [...(await tiles.bundle(Math.floor(signed.head.size / TILE_WIDTH)))];
    const { content, journal } = await Journal.open(dir);
    const writer = new LogWriter({ dir, signer, lock, journal, edge, fullTiles, tail, signed });
    try {
      writer.#replay(content.frames);
      await writer.checkpoint();
    } catch (error) {
      await journal.close();
      throw error;
    }
    return writer;
  }

  /** Entries in the log, those not yet under a checkpoint included. */
  get size(): number {
    return this.#edge.size;
  }

  /** What the last checkpoint says. */
  get head(): TreeHead {
    return this.#signed.head;
  }

  /** The last checkpoint as it stands in the file. */
  get note(): string {
    return this.#signed.note;
  }

  /**
   * Appends entries together: all or none of them are there after a crash.
   *
   * @param entries each at most 65,535 bytes, else RECORD_TOO_LARGE and none is appended
   */
  append(entries: readonly Uint8Array[]): Promise<Appended> {
    // Precondition: an entry fits the 16-bit length of a bundle.
    const tooLarge = entries.find((entry) => entry.length > MAX_ENTRY_BYTES);
    if (tooLarge !== undefined) {
      const place = { bytes: tooLarge.length, limit: MAX_ENTRY_BYTES };
      const mend = 'Cut it into parts, as encodeSourced does.';
      return Promise.reject(new SealstreamError('RECORD_TOO_LARGE', place, mend));
    }
    return this.#inTurn(async () => {
      const first = this.#edge.size;
      if (entries.length === 0) return { first, size: first };
      const frame = { first, entries: entries.map((entry) => Buffer.from(entry)) };
      await this.#lock.check();
      await this.#journal.append(frame);
      this.#take(frame.entries);
      if (this.#journal.sizeBytes > JOURNAL_BYTES_MAX) await this.#sign();
      return { first, size: this.#edge.size };
    });
  }

  /**
   * Puts what was appended under a new signed checkpoint and gives the note. Without anything new
   * the last note is given again.
   */
  checkpoint(): Promise<string> {
    return this.#inTurn(async () => {
      if (this.#journal.sizeBytes > 0) await this.#sign();
      return this.#signed.note;
    });
  }

  /** Makes a last checkpoint, unless the disk failed, and lets others open the log. */
  async close(): Promise<void> {
    if (this.#broken === null) await this.checkpoint();
    this.#broken ??= new SealstreamError('INTERNAL', { log: 'closed' });
    await this.#journal.close();
    await this.#lock.release();
  }

  /** One call after the other; after a failure none. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const next = this.#queue.then(async () => {
      if (this.#broken !== null) throw this.#broken;
      try {
        return await work();
      } catch (error) {
        this.#broken = fileError('audit log', error);
        throw this.#broken;
      }
    });
    this.#queue = next.catch(() => undefined);
    return next;
  }

  #replay(frames: readonly JournalFrame[]): void {
    for (const { entries, first } of frames) {
      // A crash between checkpoint and emptying the journal leaves what the tree already has.
      if (first + entries.length <= this.#signed.head.size) continue;
      if (first !== this.#edge.size) {
        throw new SealstreamError('AUDIT_LOG_CORRUPT', { file: 'journal', entry: first });
      }
      this.#take(entries);
    }
  }

  #take(entries: readonly Buffer[]): void {
    for (const entry of entries) {
      this.#edge.push(entry);
      this.#tail.push(entry);
    }
  }

  /** Tiles and bundles first, then the checkpoint that names them, then the journal is emptied. */
  async #sign(): Promise<void> {
    await this.#lock.check();
    const size = this.#edge.size;
    const written: TileName[] = [];
    const directories: string[] = [];
    const put = async (name: TileName, bytes: Buffer) => {
      directories.push(...(await replaceFile(this.#dir, tilePath(name), bytes)));
      written.push(name);
    };
    const firstBundle = Math.floor(this.#signed.head.size / TILE_WIDTH);
    for (let at = 0; at < this.#tail.length; at += TILE_WIDTH) {
      const entries = this.#tail.slice(at, at + TILE_WIDTH);
      const index = firstBundle + at / TILE_WIDTH;
      await put({ level: 'entries', index, width: entries.length }, encodeBundle(entries));
    }
    for (const tile of this.#fullTiles) await put(tile, tile.bytes);
    for (const tile of this.#edge.partialTiles()) {
      const path = tilePath(tile);
      if (this.#partialPaths.get(tile.level) !== path) await put(tile, tile.bytes);
      this.#partialPaths.set(tile.level, path);
    }
    await syncDirectories(directories);
    const head = { origin: this.#signer.name, size, root: this.#edge.root() };
    const note = signCheckpoint(head, this.#signer);
    await syncDirectories(await replaceFile(this.#dir, CHECKPOINT_FILE, Buffer.from(note)));
    this.#signed = { head, note };
    this.#fullTiles.length = 0;
    this.#tail = this.#tail.slice(this.#tail.length - (size % TILE_WIDTH));
    if (this.#journal.sizeBytes > 0) await this.#journal.clear();
    // Only names: what a reader of an older checkpoint misses here stands in the wider file.
    for (const name of written) await removePartials(this.#dir, name);
  }
}

/** The last signed state; makes the checkpoint of the empty log when there is no log yet. */
async function readSigned(dir: string, signer: CheckpointSigner): Promise<SignedState> {
  const stored = await readIfThere(join(dir, CHECKPOINT_FILE));
  if (stored !== null) {
    return { head: requireCheckpoint(stored, verifierOf(signer)), note: stored.toString() };
  }
  // Precondition: only a directory without tiles may become a new log.
  if ((await namesIn(join(dir, 'tile'))).length > 0) {
    throw new SealstreamError('AUDIT_LOG_CORRUPT', { file: CHECKPOINT_FILE, why: 'missing' });
  }
  const head = { origin: signer.name, size: 0, root: EMPTY_ROOT };
  const note = signCheckpoint(head, signer);
  await syncDirectories(await replaceFile(dir, CHECKPOINT_FILE, Buffer.from(note)));
  return { head, note };
}

function verifierOf({ name, signer }: CheckpointSigner): NoteVerifier {
  return parseVerifierKey(verifierKey(name, signer.publicKey));
}
