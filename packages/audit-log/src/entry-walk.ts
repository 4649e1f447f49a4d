import type { AuthenticTiles } from './authentic-tiles.ts';
import type { ReadEntry } from './log-reader.ts';
import { TILE_WIDTH } from './tile-path.ts';

/**
 * Entries [from, to) of a log in order, each checked as the tiles do. Memory: one bundle.
 *
 * @param to at most the size under the tiles' head
 * @throws SealstreamError AUDIT_LOG_CORRUPT, FILE_UNREADABLE
 */
export async function* entriesFrom(
  tiles: AuthenticTiles,
  from: number,
  to: number = tiles.head.size,
): AsyncGenerator<ReadEntry> {
  for (let next = from; next < to; ) {
    const bundle = await tiles.bundle(Math.floor(next / TILE_WIDTH));
    for (const bytes of bundle.slice(next % TILE_WIDTH)) {
      if (next >= to) return;
      yield { index: next, bytes };
      next += 1;
    }
  }
}

/** Those before an index, the newest first. Throws as entriesFrom does. */
export async function* entriesBefore(
  tiles: AuthenticTiles,
  before: number = tiles.head.size,
): AsyncGenerator<ReadEntry> {
  for (let next = Math.min(before, tiles.head.size); next > 0; ) {
    const first = Math.floor((next - 1) / TILE_WIDTH) * TILE_WIDTH;
    const bundle = await tiles.bundle(first / TILE_WIDTH);
    for (const bytes of bundle.slice(0, next - first).toReversed()) {
      next -= 1;
      yield { index: next, bytes };
    }
  }
}
