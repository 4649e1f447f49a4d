import { Readable } from 'node:stream';

import {
  type AuthenticTiles,
  entriesFrom,
  entryDocument,
  inclusionProof,
  leafHash,
} from '@sealstream/audit-log';
import { SealstreamError } from '@sealstream/contracts';

import { asOurs } from './problem.ts';
import type { StreamEnd } from './stream-end.ts';

const EXPORTS_MAX = 4;
const EXPORT_MS = 10 * 60_000;
/** How often it is asked whether who exports may still do so. */
const STILL_MS = 30_000;
const PIECE_CHARACTERS = 64 * 1024;

/** Entries [from, to). */
export interface AuditExportRange {
  readonly from: number;
  readonly to: number;
}

export interface AuditExport {
  readonly stream: Readable;
  /** How many entries were given to the stream, and why not all. It does not reject. */
  readonly ended: Promise<StreamEnd>;
}

/** A log under one signed checkpoint. */
interface SignedTiles {
  readonly tiles: AuthenticTiles;
  readonly note: string;
}

/**
 * Exports of the audit log that are on their way.
 *
 * Promises: at most four at once, each of ten minutes; one piece is read ahead of a slow client and no
 * more; one ends when its client goes, when who asked for it may no longer have it, when an entry does not
 * verify, and with the service: then its last line is missing, and the connection breaks off.
 */
export class AuditExports {
  readonly #stillMs: number;
  readonly #open = new Set<Readable>();
  #isEnded = false;

  constructor({ stillMs = STILL_MS }: { readonly stillMs?: number } = {}) {
    this.#stillMs = stillMs;
  }

  /** @throws SealstreamError TOO_MANY_REQUESTS */
  open(signed: SignedTiles, range: AuditExportRange, isStill: () => Promise<boolean>): AuditExport {
    if (this.#isEnded || this.#open.size >= EXPORTS_MAX)
      throw new SealstreamError('TOO_MANY_REQUESTS', { exports: EXPORTS_MAX });
    let values = 0;
    const pieces = piecesOf(signed, range, often(isStill, this.#stillMs), (entries) => {
      values += entries;
    });
    const stream = Readable.from(pieces, { objectMode: true, highWaterMark: 1 });
    const late = setTimeout(() => {
      const hint = 'The export was not read in time; ask for fewer entries at once.';
      stream.destroy(new SealstreamError('REQUEST_TOO_LARGE', { waitMs: EXPORT_MS }, hint));
    }, EXPORT_MS).unref();
    this.#open.add(stream);
    const ended = new Promise<StreamEnd>((resolve) => {
      let failed: StreamEnd['failed'];
      stream.once('error', (error) => {
        failed = asOurs(error).code;
      });
      stream.once('close', () => {
        clearTimeout(late);
        this.#open.delete(stream);
        resolve({ values, failed });
      });
    });
    return { stream, ended };
  }

  /** Ends all, and lets nobody open another. */
  end(): void {
    this.#isEnded = true;
    for (const stream of this.#open) stream.destroy();
  }
}

/** Asks no more often than that, and throws ACCESS_DENIED, or what asking does, where it is not so. */
function often(isStill: () => Promise<boolean>, everyMs: number): () => Promise<void> {
  let askedAt = performance.now();
  return async () => {
    if (performance.now() - askedAt < everyMs) return;
    askedAt = performance.now();
    if (!(await isStill())) throw new SealstreamError('ACCESS_DENIED');
  };
}

/** Lines, many at a time; `given` is told of their number before they go. */
async function* piecesOf(
  { note, tiles }: SignedTiles,
  { from, to }: AuditExportRange,
  requireStill: () => Promise<void>,
  given: (entries: number) => void,
): AsyncGenerator<string> {
  const { head, subtree } = tiles;
  let [piece, entries] = ['', 0];
  for await (const { bytes: entry, index } of entriesFrom(tiles, from, to)) {
    const proof = await inclusionProof(index, head.size, subtree);
    const proven = { index, head, entry, leaf: leafHash(entry), proof };
    piece += `${JSON.stringify(entryDocument(proven, note))}\n`;
    entries += 1;
    if (piece.length < PIECE_CHARACTERS) continue;
    await requireStill();
    given(entries);
    yield piece;
    [piece, entries] = ['', 0];
  }
  given(entries);
  if (piece !== '') yield piece;
}
