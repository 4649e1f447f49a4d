import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type ErrorCode, SealstreamError } from '@sealstream/contracts';

/** Far above any key file. */
const SECRET_BYTES_MAX = 64 * 1024;
const OTHERS = 0o077;
const OWNER_ONLY = 0o600;
const PART_BYTES = 6;
const CODES: Readonly<Record<string, ErrorCode>> = { EEXIST: 'FILE_EXISTS', ENOSPC: 'DISK_FULL' };

function errno(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? '';
}

/**
 * Reads a file that only we may read. The caller zeroes the result.
 * Throws KEY_FILE_MISSING, KEY_FILE_OPEN when others may touch it or own it, FILE_UNREADABLE.
 */
export function readSecretFile(path: string, missing: ErrorCode = 'KEY_FILE_MISSING'): Buffer {
  const file = openExisting(path, missing);
  try {
    const { mode, uid, size } = fstatSync(file);
    // The opened file is asked, not the path, so it cannot be another one a moment later.
    if ((mode & OTHERS) !== 0 || uid !== process.geteuid?.())
      throw new SealstreamError('KEY_FILE_OPEN', { file: path });
    if (size > SECRET_BYTES_MAX) throw new SealstreamError('KEY_FILE_INVALID', { file: path });
    const content = Buffer.alloc(size);
    const read = readSync(file, content);
    return content.subarray(0, read);
  } catch (error) {
    if (error instanceof SealstreamError) throw error;
    throw new SealstreamError('FILE_UNREADABLE', { file: path, error: errno(error) });
  } finally {
    closeSync(file);
  }
}

function openExisting(path: string, missing: ErrorCode): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    const code = errno(error) === 'ENOENT' ? missing : 'FILE_UNREADABLE';
    throw new SealstreamError(code, { file: path, error: errno(error) });
  }
}

/**
 * Writes a new file and makes it durable: it is there whole, or not at all. Its directory is made when
 * missing (0700). Throws FILE_EXISTS: nothing is ever overwritten. DISK_FULL, FILE_UNREADABLE.
 */
export function createFile(path: string, content: Uint8Array, mode: number = OWNER_ONLY): void {
  // A name of its own: of two who make the file, none takes away what the other is writing.
  const part = `${path}.${randomBytes(PART_BYTES).toString('hex')}.part`;
  try {
    makeDirectory(dirname(path));
    writePart(part, content, mode);
    linkSync(part, path);
    syncDirectory(path);
  } catch (error) {
    const code = CODES[errno(error)] ?? 'FILE_UNREADABLE';
    throw new SealstreamError(code, { file: path, error: errno(error) });
  } finally {
    rmSync(part, { force: true });
  }
}

/**
 * Puts a file that createFile made in the place of another one, whole and durable.
 *
 * @throws SealstreamError FILE_UNREADABLE
 */
export function replaceFile(from: string, to: string): void {
  try {
    renameSync(from, to);
    syncDirectory(to);
  } catch (error) {
    throw new SealstreamError('FILE_UNREADABLE', { file: to, error: errno(error) });
  }
}

function makeDirectory(path: string): void {
  const first = mkdirSync(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  // Each new directory's name is durable when the one above it is.
  for (let at = resolve(path); at.length >= resolve(first).length; at = dirname(at))
    syncDirectory(at);
}

function writePart(part: string, content: Uint8Array, mode: number): void {
  const file = openSync(part, 'wx', mode);
  try {
    // The umask may have taken bits away; it never adds any.
    fchmodSync(file, mode);
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/** Makes a name durable: a new or renamed file is there after a crash only when its directory is. */
export function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), 'r');
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
