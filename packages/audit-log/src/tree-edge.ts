import { EMPTY_ROOT, HASH_BYTES, leafHash } from './merkle-hash.ts';
import { rootOfHashes } from './proof.ts';
import { TILE_WIDTH, type TileName } from './tile-path.ts';

/** A tile with its hashes side by side. */
export interface Tile extends TileName {
  readonly level: number;
  readonly bytes: Buffer;
}

interface EdgeLevel {
  /** Index of the tile being filled. */
  index: number;
  /** Hashes in it so far. */
  width: number;
  readonly bytes: Buffer;
}

/**
 * The right edge of a tree that grows: one tile being filled per level, so memory does not grow
 * with the log. Full tiles go to the callback in the moment they are full.
 */
export class TreeEdge {
  #size = 0;
  readonly #levels: EdgeLevel[] = [];
  readonly #onFull: (tile: Tile) => void;

  constructor(onFull: (tile: Tile) => void = () => undefined) {
    this.#onFull = onFull;
  }

  /** Continues a stored log: `tiles` are the partial tiles of its edge, from level 0 up. */
  static resume(size: number, tiles: readonly Tile[], onFull: (tile: Tile) => void): TreeEdge {
    const edge = new TreeEdge(onFull);
    edge.#size = size;
    for (let level = 0; size >= TILE_WIDTH ** level; level++) {
      const index = Math.floor(size / TILE_WIDTH ** (level + 1));
      const stored = tiles.find((tile) => tile.level === level);
      const filled = edge.#levelAt(level, index);
      if (stored === undefined) continue;
      filled.width = stored.width;
      stored.bytes.copy(filled.bytes, 0, 0, stored.width * HASH_BYTES);
    }
    return edge;
  }

  /** Number of leaves. */
  get size(): number {
    return this.#size;
  }

  /** Adds an entry and gives its leaf hash. */
  push(entry: Uint8Array): Buffer {
    const hash = leafHash(entry);
    this.pushHash(hash);
    return hash;
  }

  /** Adds a leaf by its hash. */
  pushHash(hash: Buffer): void {
    this.#add(0, hash);
    this.#size += 1;
  }

  /** Root over all leaves so far. */
  root(): Buffer {
    let root: Buffer | null = null;
    for (const { bytes, width } of this.#levels) {
      const hashes = bytes.subarray(0, width * HASH_BYTES);
      if (width > 0) root = rootOfHashes(root === null ? hashes : Buffer.concat([hashes, root]));
    }
    return root ?? EMPTY_ROOT;
  }

  /** The tiles being filled that hold at least one hash. */
  partialTiles(): Tile[] {
    return this.#levels.flatMap(({ bytes, index, width }, level) =>
      width === 0
        ? []
        : [{ level, index, width, bytes: Buffer.from(bytes.subarray(0, width * HASH_BYTES)) }],
    );
  }

  #add(level: number, hash: Buffer): void {
    const edge = this.#levelAt(level, 0);
    hash.copy(edge.bytes, edge.width * HASH_BYTES);
    edge.width += 1;
    if (edge.width < TILE_WIDTH) return;
    const bytes = Buffer.from(edge.bytes);
    this.#onFull({ level, index: edge.index, width: TILE_WIDTH, bytes });
    edge.index += 1;
    edge.width = 0;
    this.#add(level + 1, rootOfHashes(bytes));
  }

  #levelAt(level: number, index: number): EdgeLevel {
    const known = this.#levels[level];
    if (known !== undefined) return known;
    const made = { index, width: 0, bytes: Buffer.alloc(TILE_WIDTH * HASH_BYTES) };
    this.#levels[level] = made;
    return made;
  }
}
