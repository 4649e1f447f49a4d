import { randomUUID } from 'node:crypto';
import { type FileHandle, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { SealstreamError } from '@sealstream/contracts';
import { TILE_WIDTH, type TileName, tilePath } from './tile-path.ts';

/** The signed state of the log. */
export const CHECKPOINT_FILE = 'checkpoint';
/** Entries that are on disk but not yet under a checkpoint. */
export const JOURNAL_FILE = 'journal';
/** Files on their way to their place; emptied at every open. */
export const SCRATCH_DIR = 'tmp';

/** The word of a system error, such as ENOSPC. */
export function errnoOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
}

/** System errors that pass once somebody makes room. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);

/** An error about a file of the log: the name below the log's directory and the system's word. */
export function fileError(file: string, error: unknown): SealstreamError {
  if (error instanceof SealstreamError) return error;
  const errno = errnoOf(error);
  return new SealstreamError(NO_ROOM.has(errno) ? 'DISK_FULL' : 'FILE_UNREADABLE', { file, errno });
}

/** The bytes of a file, or null when it is not there. */
export async function readIfThere(path: string): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return null;
    throw fileError(path, error);
  }
}

/** Waits until the names in a directory are on disk. */
export async function syncDirectory(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Writes all of it, or throws. */
export async function writeFully(handle: FileHandle, bytes: Buffer, at: number): Promise<void> {
  let done = 0;
  while (done < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, done, bytes.length - done, at + done);
    done += bytesWritten;
  }
}

/**
 * Puts a whole file in its place: a reader sees the old bytes or the new ones. On disk when it
 * resolves, save its name, which is when `syncDirectories` over the returned directories has.
 */
export async function replaceFile(dir: string, file: string, bytes: Buffer): Promise<string[]> {
  const target = join(dir, file);
  const parent = dirname(target);
  const made = await mkdir(parent, { recursive: true });
  const scratch = join(dir, SCRATCH_DIR, randomUUID());
  const handle = await open(scratch, 'wx', 0o644);
  try {
    await writeFully(handle, bytes, 0);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(scratch, target);
  return made === undefined ? [parent] : ancestors(parent, dirname(made));
}

/** Every directory from one up to another, both included. */
function ancestors(from: string, to: string): string[] {
  const list = [from];
  for (let at = from; at !== to && at !== dirname(at); at = dirname(at)) list.push(dirname(at));
  return list;
}

/** Syncs each of the directories once. */
export async function syncDirectories(paths: Iterable<string>): Promise<void> {
  for (const path of new Set(paths)) await syncDirectory(path);
}

/** What stands on disk for a tile: its bytes, and the width of the file they come from. */
export interface TileFile {
  readonly bytes: Buffer;
  readonly path: string;
  readonly width: number;
}

/**
 * Reads a tile or bundle. When the exact file is gone because the log grew over it, the narrowest
 * wider one holds the same beginning. Null when there is none.
 */
export async function readTileFile(dir: string, name: TileName): Promise<TileFile | null> {
  // The writer may replace a partial file by a wider one between two looks.
  for (let attempt = 0; attempt < 3; attempt++) {
    const widths = [name.width, ...(await partialWidths(dir, name)), TILE_WIDTH];
    for (const width of widths) {
      if (width < name.width) continue;
      const path = tilePath({ ...name, width });
      const bytes = await readIfThere(join(dir, path));
      if (bytes !== null) return { bytes, path, width };
    }
  }
  return null;
}

async function partialWidths(dir: string, name: TileName): Promise<number[]> {
  const widths = await partialsOf(dir, name);
  return widths.filter((width) => width > name.width);
}

/** Widths of the partial files of a tile, ascending. */
export async function partialsOf(
  dir: string,
  name: Pick<TileName, 'level' | 'index'>,
): Promise<number[]> {
  const files = await namesIn(join(dir, dirname(tilePath({ ...name, width: 1 }))));
  return files
    .map(Number)
    .filter((width) => Number.isInteger(width) && width > 0 && width < TILE_WIDTH)
    .sort((a, b) => a - b);
}

/** Deletes the partial files of a tile, save the one of this width. */
export async function removePartials(dir: string, name: TileName): Promise<void> {
  const parent = join(dir, dirname(tilePath({ ...name, width: 1 })));
  if (name.width === TILE_WIDTH) {
    await rm(parent, { recursive: true, force: true });
    return;
  }
  for (const file of await namesIn(parent)) {
    if (file !== String(name.width)) await rm(join(parent, file), { force: true });
  }
}

/** Names in a directory; none when it is not there. */
export async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes(errnoOf(error))) return [];
    throw fileError(path, error);
  }
}
