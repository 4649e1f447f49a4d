import type { TreeHead } from './checkpoint.ts';
import { decodeBundle } from './bundle.ts';
import type { Finding } from './finding.ts';
import { readTileFile } from './log-files.ts';
import { HASH_BYTES, leafHash } from './merkle-hash.ts';
import { TILE_WIDTH, type TileName, tilePath, widthAt } from './tile-path.ts';
import { type Tile, TreeEdge } from './tree-edge.ts';

/** Something that does not fit, before it is known which side of it the signed root stands for. */
type Suspicion =
  | {
      readonly about: 'leaf';
      readonly entry: number;
      readonly bundle: string;
      readonly tile: string;
    }
  | {
      readonly about: 'tile';
      readonly path: string;
      readonly fitsEntries: boolean;
      readonly fitsLeaves: boolean;
    };

const SUSPICIONS_MAX = 1000;
const UNKNOWN = Buffer.alloc(HASH_BYTES);

/**
 * Computes the tree of a log twice, from the entries and from the stored leaf hashes, and compares
 * every stored tile. The signed root then tells which of two that differ was changed. Memory: one
 * tile per level.
 */
export class TreeCheck {
  readonly findings: Finding[] = [];
  readonly #dir: string;
  readonly #head: TreeHead;
  readonly #suspicions: Suspicion[] = [];
  readonly #fromEntries: TreeEdge;
  readonly #fromLeaves: TreeEdge;
  readonly #entryTiles: Tile[] = [];
  readonly #leafTiles: Tile[] = [];
  readonly #rootAt: number;
  #olderRoot: Buffer | null = null;

  /** @param rootAt also remember the root over this many first entries */
  constructor(dir: string, head: TreeHead, rootAt: number) {
    this.#dir = dir;
    this.#head = head;
    this.#rootAt = rootAt;
    this.#fromEntries = new TreeEdge((tile) => this.#entryTiles.push(tile));
    this.#fromLeaves = new TreeEdge((tile) => this.#leafTiles.push(tile));
    if (rootAt === 0) this.#olderRoot = this.#fromEntries.root();
  }

  /** Root over the first `rootAt` entries, once they have been read. */
  get olderRoot(): Buffer | null {
    return this.#olderRoot;
  }

  /** Reads the next bundle and its tile of leaf hashes; gives the entries that could be read. */
  async bundle(index: number): Promise<readonly Buffer[]> {
    const width = widthAt('entries', index, this.#head.size);
    const stored = await this.#leaves({ level: 0, index, width });
    const read = await this.#entries({ level: 'entries', index, width });
    const first = index * TILE_WIDTH;
    let isNamed = false;
    for (let at = 0; at < width; at++) {
      const entry = read.entries[at];
      const kept = stored?.subarray(at * HASH_BYTES, (at + 1) * HASH_BYTES) ?? null;
      const computed = entry === undefined ? null : leafHash(entry);
      this.#fromEntries.pushHash(computed ?? kept ?? UNKNOWN);
      this.#fromLeaves.pushHash(Buffer.from(kept ?? computed ?? UNKNOWN));
      if (this.#fromEntries.size === this.#rootAt) this.#olderRoot = this.#fromEntries.root();
      if (computed === null || kept === null || computed.equals(kept) || isNamed) continue;
      // The first of a bundle: one byte changed in a length moves all that follow.
      isNamed = true;
      const tile = tilePath({ level: 0, index, width });
      this.#suspect({ about: 'leaf', entry: first + at, bundle: read.path, tile });
    }
    await this.#compareTiles();
    return read.entries;
  }

  /** Compares what is left and names what was changed. To be called once, after all bundles. */
  async finish(): Promise<void> {
    this.#entryTiles.push(...this.#fromEntries.partialTiles());
    this.#leafTiles.push(...this.#fromLeaves.partialTiles());
    await this.#compareTiles();
    const entriesHold = this.#fromEntries.root().equals(this.#head.root);
    const leavesHold = this.#fromLeaves.root().equals(this.#head.root);
    for (const suspicion of this.#suspicions) this.#judge(suspicion, entriesHold, leavesHold);
    const isNamed = this.findings.length > 0;
    if (entriesHold || (leavesHold && isNamed)) return;
    const message = isNamed
      ? 'the entries do not give the signed root'
      : `the signed root is not that of these ${this.#head.size} entries`;
    this.findings.push({ kind: 'root-differs', message });
  }

  #judge(suspicion: Suspicion, entriesHold: boolean, leavesHold: boolean): void {
    if (suspicion.about === 'leaf') {
      const { bundle, entry, tile } = suspicion;
      if (entriesHold) {
        const message = `${tile} is changed: the hash of entry ${entry}`;
        this.findings.push({ kind: 'file-changed', file: tile, entry, message });
        return;
      }
      const doubt = leavesHold ? '' : ', or its hash';
      const message = `entry ${entry} is changed${doubt} (${bundle})`;
      this.findings.push({ kind: 'entry-changed', entry, file: bundle, message });
      return;
    }
    const { fitsEntries, fitsLeaves, path } = suspicion;
    const isRight = entriesHold ? fitsEntries : fitsLeaves;
    if (isRight) return;
    const message = `${path} is changed`;
    this.findings.push({ kind: 'file-changed', file: path, message });
  }

  /** Tiles above the leaves, as far as both computations have them. */
  async #compareTiles(): Promise<void> {
    while (this.#entryTiles.length > 0) {
      const fromEntries = this.#entryTiles.shift();
      const fromLeaves = this.#leafTiles.shift();
      if (fromEntries === undefined || fromLeaves === undefined) return;
      // Level 0 is what the leaves themselves were read from.
      if (fromEntries.level === 0) continue;
      const stored = await this.#leaves(fromEntries);
      if (stored === null) continue;
      const fitsEntries = stored.equals(fromEntries.bytes);
      const fitsLeaves = stored.equals(fromLeaves.bytes);
      if (fitsEntries && fitsLeaves) continue;
      this.#suspect({ about: 'tile', path: tilePath(fromEntries), fitsEntries, fitsLeaves });
    }
  }

  #suspect(suspicion: Suspicion): void {
    if (this.#suspicions.length < SUSPICIONS_MAX) this.#suspicions.push(suspicion);
  }

  /** The stored hashes of a tile; a tile that is not there or of a wrong length is a finding. */
  async #leaves({ index, level, width }: TileName): Promise<Buffer | null> {
    const file = await readTileFile(this.#dir, { level, index, width });
    const path = file?.path ?? tilePath({ level, index, width });
    if (file === null) {
      this.findings.push({ kind: 'file-missing', file: path, message: `${path} is missing` });
      return null;
    }
    if (file.bytes.length !== file.width * HASH_BYTES) {
      const message = `${path} has not the length of a tile`;
      this.findings.push({ kind: 'file-changed', file: path, message });
      return null;
    }
    return file.bytes.subarray(0, width * HASH_BYTES);
  }

  /** The entries of a bundle as far as they can be read; what is missing is a finding. */
  async #entries(name: TileName): Promise<{ path: string; entries: readonly Buffer[] }> {
    const file = await readTileFile(this.#dir, name);
    const path = file?.path ?? tilePath(name);
    const first = name.index * TILE_WIDTH;
    if (file === null) {
      const message = `${path} is missing: entries ${first} to ${first + name.width - 1}`;
      this.findings.push({ kind: 'file-missing', file: path, entry: first, message });
      return { path, entries: [] };
    }
    const { entries, whole } = decodeBundle(file.bytes, name.width);
    const entry = first + entries.length;
    if (entries.length < name.width) {
      const message = `${path} ends inside or before entry ${entry}`;
      this.findings.push({ kind: 'entry-changed', file: path, entry, message });
    } else if (!whole && file.width === name.width) {
      const message = `${path} goes on after its last entry`;
      this.findings.push({ kind: 'file-changed', file: path, message });
    }
    return { path, entries };
  }
}
