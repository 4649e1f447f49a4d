/**
 * Searches for values where they must not stand (guarantee G2): in segment files, logs, dumps,
 * metrics, in plain, base64 at three alignments, hex, UTF-16 and JSON-escaped forms.
 *
 * Promises: one reading of every byte per quarter of a million values; nothing is sampled. It does
 * not decompress: `compressedBatches` says whether a segment file holds what it cannot see into.
 */
import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { Encoding } from './search/encodings.ts';
import { type Hit, ValueIndex } from './search/value-index.ts';

/** The shortest value that is searched for: shorter ones stand in other data by chance. */
export const LEAST_CHARACTERS = 9;

const VALUES_AT_ONCE = 250_000;
const PIECE_BYTES = 4 * 1024 * 1024;
const ZEROS = Buffer.alloc(64 * 1024);
const INLINE_BYTES_MAX = 64 * 1024;

/** Something to search: a file, or bytes that this process holds. */
export type Place = {
  /** How it is called in a finding. */
  readonly name: string;
  /** Values that may stand here, by index in the list of values. */
  readonly mayHold?: (value: number) => boolean;
} & ({ readonly file: string } | { readonly bytes: Buffer });

/** A value met where it was searched for. */
export interface Finding {
  readonly value: number;
  readonly encoding: Encoding;
  readonly place: string;
  /** Byte in that place. */
  readonly at: number;
}

/**
 * Searches every place for every value.
 *
 * @param values distinct, each of at least nine characters
 * @param onFinding told of each occurrence; a value may be met often
 * @returns bytes searched, counted once
 */
export async function searchPlaces(
  values: readonly string[],
  places: readonly Place[],
  onFinding: (finding: Finding) => void,
): Promise<number> {
  let bytes = 0;
  for (let from = 0; from < values.length; from += VALUES_AT_ONCE) {
    const index = new ValueIndex(values.slice(from, from + VALUES_AT_ONCE));
    bytes = 0;
    for (const place of places) {
      const onHit = (hit: Hit, base: number) => {
        const value = from + hit.value;
        if (place.mayHold?.(value) === true) return;
        onFinding({ value, encoding: hit.encoding, place: place.name, at: base + hit.at });
      };
      bytes += await searchPlace(index, place, onHit);
      await letOthersRun();
    }
  }
  return bytes;
}

async function searchPlace(
  index: ValueIndex,
  place: Place,
  onHit: (hit: Hit, base: number) => void,
): Promise<number> {
  if ('file' in place) return searchFile(index, place.file, onHit);
  index.scan(place.bytes, (hit) => onHit(hit, 0));
  return place.bytes.length;
}

/** A file that is gone by now, as a rotated log or a deleted segment may be, holds nothing. */
function opened(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

async function searchFile(
  index: ValueIndex,
  path: string,
  onHit: (hit: Hit, base: number) => void,
): Promise<number> {
  const file = opened(path);
  if (file === undefined) return 0;
  try {
    const { size, blocks } = fstatSync(file);
    // Laid out ahead and never written: the file system has nothing of it. Small files may lie in
    // the directory entry itself, without a block of their own.
    if (blocks === 0 && size > INLINE_BYTES_MAX) return size;
    // Each piece begins with the end of the one before, so that no form falls between two.
    const overlap = index.longest;
    const buffer = Buffer.alloc(PIECE_BYTES + overlap);
    let carried = 0;
    let position = 0;
    for (;;) {
      const read = readSync(file, buffer, carried, PIECE_BYTES, position);
      if (read === 0) return position;
      const piece = buffer.subarray(0, carried + read);
      const known = carried;
      const base = position - carried;
      // A form may end in a zero byte, so a little of the zeros is looked at.
      index.scan(piece.subarray(0, writtenBytes(piece) + overlap), (hit) => {
        if (hit.at + hit.length > known) onHit(hit, base);
      });
      position += read;
      carried = Math.min(overlap, piece.length);
      buffer.copyWithin(0, piece.length - carried, piece.length);
      await letOthersRun();
    }
  } finally {
    closeSync(file);
  }
}

/** Where the zeros begin that go on to the end: the broker lays out index files ahead of use. */
function writtenBytes(bytes: Buffer): number {
  let end = bytes.length;
  while (end > 0) {
    const from = Math.max(0, end - ZEROS.length);
    if (!bytes.subarray(from, end).equals(ZEROS.subarray(0, end - from))) break;
    end = from;
  }
  return end;
}

/** Every file in a directory and those in it; a directory that is not there has none. */
export function filesUnder(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
}

const BATCH_LENGTH_AT = 8;
const BATCH_OVERHEAD = 12;
const BATCH_ATTRIBUTES_AT = 21;
const BATCH_HEADER_BYTES = 61;
const CODEC_MASK = 7;

/** How many record batches of a segment file (Kafka's format, magic 2) are compressed. */
export function compressedBatches(path: string): number {
  const file = opened(path);
  if (file === undefined) return 0;
  try {
    const header = Buffer.alloc(BATCH_HEADER_BYTES);
    const { size } = fstatSync(file);
    let compressed = 0;
    for (let at = 0; at + BATCH_HEADER_BYTES <= size; ) {
      readSync(file, header, 0, BATCH_HEADER_BYTES, at);
      const length = header.readInt32BE(BATCH_LENGTH_AT);
      // What is laid out ahead and not yet written is zero.
      if (length <= 0) break;
      if ((header.readInt16BE(BATCH_ATTRIBUTES_AT) & CODEC_MASK) !== 0) compressed += 1;
      at += BATCH_OVERHEAD + length;
    }
    return compressed;
  } finally {
    closeSync(file);
  }
}
