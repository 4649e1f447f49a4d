/** Hashes of a full tile, and entries of a full bundle: height 8 (C2SP tlog-tiles). */
export const TILE_WIDTH = 256;

/** A tile of hashes at a level of tiles, or a bundle of entries. */
export type TileLevel = number | 'entries';

/** One file of the log: `width` is 256 when full. */
export interface TileName {
  readonly level: TileLevel;
  readonly index: number;
  readonly width: number;
}

/** An index in groups of three digits, all but the last marked: 1234067 is x001/x234/067. */
export function indexPath(index: number): string {
  const digits = String(index);
  const padded = digits.padStart(Math.ceil(digits.length / 3) * 3, '0');
  const groups = padded.match(/.{3}/g) ?? [];
  return groups.map((group, at) => (at < groups.length - 1 ? `x${group}` : group)).join('/');
}

/** Path of a tile or bundle below the log's directory, with slashes. */
export function tilePath({ index, level, width }: TileName): string {
  const full = `tile/${level}/${indexPath(index)}`;
  return width === TILE_WIDTH ? full : `${full}.p/${width}`;
}

const FORM = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/;

/** The tile that a path names, or null when the path is not one that tilePath gives. */
export function parseTilePath(path: string): TileName | null {
  const [, levelText, indexText, widthText] = FORM.exec(path) ?? [];
  if (levelText === undefined || indexText === undefined) return null;
  const level = levelText === 'entries' ? ('entries' as const) : Number(levelText);
  const name: TileName = {
    level,
    index: Number(indexText.replaceAll(/[x/]/g, '')),
    width: widthText === undefined ? TILE_WIDTH : Number(widthText),
  };
  return tilePath(name) === path && name.width <= TILE_WIDTH ? name : null;
}

/** Number of hashes (or of entries, for bundles) that a log of this size has at a level. */
export function hashesAt(level: TileLevel, size: number): number {
  return level === 'entries' ? size : Math.floor(size / TILE_WIDTH ** level);
}

/** Width that a tile has in a log of this size: 0 when it is not there yet. */
export function widthAt(level: TileLevel, index: number, size: number): number {
  const rest = hashesAt(level, size) - index * TILE_WIDTH;
  return Math.min(Math.max(rest, 0), TILE_WIDTH);
}

/** Number of levels of hash tiles in a log of this size. */
export function levelsAt(size: number): number {
  let levels = 0;
  while (hashesAt(levels, size) > 0) levels += 1;
  return levels;
}
