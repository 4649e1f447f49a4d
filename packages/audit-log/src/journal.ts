import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { join } from 'node:path';
import { SealstreamError } from '@sealstream/contracts';
import { decodeBundle, encodeBundle } from './bundle.ts';
import { JOURNAL_FILE, syncDirectory, writeFully } from './log-files.ts';

/*
 * The journal holds what was appended since the last checkpoint, one frame per append:
 *
 *     magic        4 bytes, 'SSJ1'
 *     first index  uint64 BE
 *     count        uint32 BE
 *     body bytes   uint32 BE
 *     digest       32 bytes: SHA-256 over the header before it and the body
 *     body         entries, each after its length as uint16 BE
 *
 * A frame is synced before the next one is written, so only the last one can be torn.
 */
const MAGIC = Buffer.from('SSJ1');
const PLAIN_HEADER_BYTES = 20;
const HEADER_BYTES = PLAIN_HEADER_BYTES + 32;

/** One append. */
export interface JournalFrame {
  readonly first: number;
  readonly entries: readonly Buffer[];
}

/** What a journal held, and how many of its bytes are whole frames. */
export interface JournalContent {
  readonly frames: readonly JournalFrame[];
  readonly wholeBytes: number;
  readonly tornBytes: number;
}

function encodeFrame({ entries, first }: JournalFrame): Buffer {
  const body = encodeBundle(entries);
  const header = Buffer.alloc(PLAIN_HEADER_BYTES);
  MAGIC.copy(header);
  header.writeBigUInt64BE(BigInt(first), 4);
  header.writeUInt32BE(entries.length, 12);
  header.writeUInt32BE(body.length, 16);
  const digest = createHash('sha256').update(header).update(body).digest();
  return Buffer.concat([header, digest, body]);
}

/** The frame that begins at a byte, and where it ends; null when no whole one does. */
function frameAt(bytes: Buffer, at: number): { frame: JournalFrame; end: number } | null {
  if (at + HEADER_BYTES > bytes.length) return null;
  const header = bytes.subarray(at, at + PLAIN_HEADER_BYTES);
  if (!header.subarray(0, MAGIC.length).equals(MAGIC)) return null;
  const end = at + HEADER_BYTES + header.readUInt32BE(16);
  if (end > bytes.length) return null;
  const body = bytes.subarray(at + HEADER_BYTES, end);
  const digest = createHash('sha256').update(header).update(body).digest();
  if (!digest.equals(bytes.subarray(at + PLAIN_HEADER_BYTES, at + HEADER_BYTES))) return null;
  const { entries, whole } = decodeBundle(body);
  const count = header.readUInt32BE(12);
  if (!whole || entries.length !== count) return null;
  return { frame: { first: Number(header.readBigUInt64BE(4)), entries }, end };
}

/**
 * Reads a journal. What follows the last whole frame is what a crash tore off.
 *
 * @throws AUDIT_LOG_CORRUPT when a whole frame follows a damaged one: a crash cannot do that, and
 *   what is damaged had been acknowledged
 */
export function readJournal(bytes: Buffer): JournalContent {
  const frames: JournalFrame[] = [];
  let at = 0;
  for (let next = frameAt(bytes, at); next !== null; next = frameAt(bytes, at)) {
    frames.push(next.frame);
    at = next.end;
  }
  for (let seek = bytes.indexOf(MAGIC, at + 1); seek >= 0; seek = bytes.indexOf(MAGIC, seek + 1)) {
    if (frameAt(bytes, seek) !== null) {
      throw new SealstreamError('AUDIT_LOG_CORRUPT', { file: JOURNAL_FILE, byte: at });
    }
  }
  return { frames, wholeBytes: at, tornBytes: bytes.length - at };
}

/** The open journal of the one writer. */
export class Journal {
  readonly #handle: FileHandle;
  #sizeBytes: number;

  private constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.#sizeBytes = sizeBytes;
  }

  /** Opens or creates it and cuts off a torn tail. */
  static async open(dir: string): Promise<{ journal: Journal; content: JournalContent }> {
    const handle = await open(join(dir, JOURNAL_FILE), 'a+', 0o644).then(async (made) => {
      await made.close();
      return open(join(dir, JOURNAL_FILE), 'r+');
    });
    try {
      const content = readJournal(await handle.readFile());
      if (content.tornBytes > 0) {
        await handle.truncate(content.wholeBytes);
        await handle.sync();
      }
      await syncDirectory(dir);
      return { journal: new Journal(handle, content.wholeBytes), content };
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  get sizeBytes(): number {
    return this.#sizeBytes;
  }

  /** On disk when it resolves. */
  async append(frame: JournalFrame): Promise<void> {
    const bytes = encodeFrame(frame);
    await writeFully(this.#handle, bytes, this.#sizeBytes);
    // The new length of the file is part of what datasync waits for; only times are not.
    await this.#handle.datasync();
    this.#sizeBytes += bytes.length;
  }

  /** Empties it, once its entries stand under a checkpoint. */
  async clear(): Promise<void> {
    await this.#handle.truncate(0);
    await this.#handle.datasync();
    this.#sizeBytes = 0;
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
