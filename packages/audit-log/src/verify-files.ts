import { join } from 'node:path';
import { readdir } from 'node:fs/promises';
import { decodeBundle } from './bundle.ts';
import type { Finding } from './finding.ts';
import { namesIn, readIfThere, readTileFile } from './log-files.ts';
import { HASH_BYTES } from './merkle-hash.ts';
import { hashesAt, parseTilePath, TILE_WIDTH, type TileName, widthAt } from './tile-path.ts';

/** Every path below `tile/`, with slashes. Memory: one directory per depth. */
async function* filesBelow(dir: string, path: string): AsyncGenerator<string> {
  if ((await namesIn(join(dir, path))).length === 0) return;
  const names = await readdir(join(dir, path), { withFileTypes: true });
  for (const name of names.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const below = `${path}/${name.name}`;
    if (name.isDirectory()) yield* filesBelow(dir, below);
    else yield below;
  }
}

/**
 * Looks at the files that a log of this size does not need: leftovers of a crash must be the
 * beginning of what took their place; a name that is none of ours is a finding. What lies beyond
 * the checkpoint is counted only, since a crash, or a writer at work, puts it there.
 */
export async function verifyOtherFiles(
  dir: string,
  size: number,
): Promise<{ findings: Finding[]; beyond: number }> {
  const findings: Finding[] = [];
  let beyond = 0;
  for await (const path of filesBelow(dir, 'tile')) {
    const name = parseTilePath(path);
    if (name === null) {
      const message = `${path} does not belong into a log`;
      findings.push({ kind: 'file-unexpected', file: path, message });
      continue;
    }
    const width = widthAt(name.level, name.index, size);
    if (name.width > width) beyond += 1;
    if (width === 0 || name.width === width) continue;
    if (await beginsAlike(dir, path, name, width)) continue;
    const message = `${path} is left over and differs from what took its place`;
    findings.push({ kind: 'file-changed', file: path, message });
  }
  return { findings, beyond };
}

/** Whether a leftover and the needed file say the same as far as both go. */
async function beginsAlike(
  dir: string,
  path: string,
  name: TileName,
  width: number,
): Promise<boolean> {
  const leftover = await readIfThere(join(dir, path));
  const needed = await readTileFile(dir, { ...name, width });
  // Gone meanwhile, or missing, which is a finding of its own.
  if (leftover === null || needed === null) return true;
  if (!isWhole(leftover, name)) return false;
  const [shorter, longer] =
    leftover.length < needed.bytes.length ? [leftover, needed.bytes] : [needed.bytes, leftover];
  return longer.subarray(0, shorter.length).equals(shorter);
}

function isWhole(bytes: Buffer, { level, width }: TileName): boolean {
  if (level !== 'entries') return bytes.length === width * HASH_BYTES;
  const { entries, whole } = decodeBundle(bytes);
  return whole && entries.length === width;
}

/** Indexes of the bundles that a log of this size has. */
export function bundleCount(size: number): number {
  return Math.ceil(hashesAt('entries', size) / TILE_WIDTH);
}
