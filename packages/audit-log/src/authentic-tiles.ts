import { SealstreamError } from '@sealstream/contracts';
import type { TreeHead } from './checkpoint.ts';
import { readTileFile } from './log-files.ts';
import { HASH_BYTES, leafHash } from './merkle-hash.ts';
import { decodeBundle } from './bundle.ts';
import { rootOfHashes, type SubtreeHash } from './proof.ts';
import { hashesAt, levelsAt, TILE_WIDTH, type TileName, tilePath, widthAt } from './tile-path.ts';
import { type Tile, TreeEdge } from './tree-edge.ts';

/**
 * Reads tiles and bundles of a log under one signed tree head.
 *
 * Promises: every hash and entry that it gives out is the one that the signed root stands for;
 * anything else throws AUDIT_LOG_CORRUPT with the file. Memory: one full tile per level.
 */
export class AuthenticTiles {
  readonly head: TreeHead;
  readonly #dir: string;
  readonly #edge = new Map<number, Tile>();
  readonly #full = new Map<number, Tile>();

  private constructor(dir: string, head: TreeHead) {
    this.#dir = dir;
    this.head = head;
  }

  /** Reads the edge of the tree and checks it against the root. */
  static async open(dir: string, head: TreeHead): Promise<AuthenticTiles> {
    const tiles = new AuthenticTiles(dir, head);
    for (let level = 0; level < levelsAt(head.size); level++) {
      const index = Math.floor(hashesAt(level, head.size) / TILE_WIDTH);
      const width = widthAt(level, index, head.size);
      if (width > 0) tiles.#edge.set(level, await tiles.#read({ level, index, width }));
    }
    if (
      !tiles
        .edge(() => undefined)
        .root()
        .equals(head.root)
    ) {
      throw corrupt('tile', 'its edge does not give the signed root');
    }
    return tiles;
  }

  /** A tree edge that goes on where this log ends. */
  edge(onFull: (tile: Tile) => void): TreeEdge {
    return TreeEdge.resume(this.head.size, [...this.#edge.values()], onFull);
  }

  /** Entries of a bundle, as many as belong to this size. */
  async bundle(index: number): Promise<readonly Buffer[]> {
    const width = widthAt('entries', index, this.head.size);
    const file = await readTileFile(this.#dir, { level: 'entries', index, width });
    if (file === null) throw corrupt(tilePath({ level: 'entries', index, width }), 'missing');
    const { entries, whole } = decodeBundle(file.bytes, width);
    if (entries.length < width || (!whole && file.width === width))
      throw corrupt(file.path, 'form');
    const tile = await this.#tile({ level: 0, index, width });
    for (const [at, entry] of entries.entries()) {
      const expected = tile.bytes.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES);
      if (!leafHash(entry).equals(expected)) {
        throw corrupt(file.path, `entry ${index * TILE_WIDTH + at} changed`);
      }
    }
    return entries;
  }

  /** Hashes of complete subtrees, as proofs need them. */
  readonly subtree: SubtreeHash = async (height, index) => {
    const level = Math.floor(height / 8);
    const count = 2 ** (height % 8);
    const first = index * count;
    const tileIndex = Math.floor(first / TILE_WIDTH);
    const width = widthAt(level, tileIndex, this.head.size);
    const tile = await this.#tile({ level, index: tileIndex, width });
    const from = (first % TILE_WIDTH) * HASH_BYTES;
    return rootOfHashes(tile.bytes.subarray(from, from + count * HASH_BYTES));
  };

  async #tile(name: TileName & { level: number }): Promise<Tile> {
    const cached = (name.width === TILE_WIDTH ? this.#full : this.#edge).get(name.level);
    if (cached?.index === name.index) return cached;
    const tile = await this.#read(name);
    const parent = Math.floor(name.index / TILE_WIDTH);
    const width = widthAt(name.level + 1, parent, this.head.size);
    const above = await this.#tile({ level: name.level + 1, index: parent, width });
    const at = (name.index % TILE_WIDTH) * HASH_BYTES;
    if (!rootOfHashes(tile.bytes).equals(above.bytes.subarray(at, at + HASH_BYTES))) {
      throw corrupt(tilePath(name), 'changed');
    }
    this.#full.set(name.level, tile);
    return tile;
  }

  async #read(name: TileName & { level: number }): Promise<Tile> {
    const file = await readTileFile(this.#dir, name);
    if (file === null) throw corrupt(tilePath(name), 'missing');
    const sizeBytes = name.width * HASH_BYTES;
    if (file.bytes.length !== file.width * HASH_BYTES) throw corrupt(file.path, 'form');
    return { ...name, bytes: file.bytes.subarray(0, sizeBytes) };
  }
}

function corrupt(file: string, why: string): SealstreamError {
  return new SealstreamError('AUDIT_LOG_CORRUPT', { file, why });
}
