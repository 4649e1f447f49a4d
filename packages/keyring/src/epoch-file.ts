import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fstatSync,
  fsyncSync,
  futimesSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { isKeyId } from '@sealstream/crypto';
import { z } from 'zod';
import type { EpochStore, StoredEpoch } from './epoch-store.ts';
import { readSecretFile, syncDirectory } from './secret-file.ts';
import { EPOCHS_MAX } from './subject-register.ts';

/** A change takes milliseconds; a draft that is older than this was left by a process that died. */
const DRAFT_MS_MAX = 2000;
const DRAFT_ASK_MS = 20;
const ASIDE_BYTES = 6;

const EpochFile = z.strictObject({
  type: z.literal('sealstream-epochs'),
  v: z.literal(1),
  dataset: z.string(),
  epochs: z
    .array(
      z.strictObject({
        id: z.string().refine(isKeyId),
        created: z.iso.datetime(),
        wrapped: z.base64url(),
      }),
    )
    .max(EPOCHS_MAX),
});

/** Where the epochs of a dataset lie. */
export function epochFilePath(dir: string, dataset: string): string {
  // A dataset's name may hold what no file name may.
  return join(dir, `${encodeURIComponent(dataset)}.epochs`);
}

/**
 * Epoch keys in files `<dir>/<dataset>.epochs`, 0600 and our own, in a directory that no backup may
 * hold: not of files, not of volumes, not of machines.
 *
 * Promises: a change is whole or did not happen, through any crash; of two who change at once, one
 * waits, and of one who was taken for dead nothing is written. Only one that stops for seconds between
 * its last look and the rename that follows undoes the change of the other. What was there before is
 * overwritten before it is unlinked. That destroys it where a file is written in place. It does not on
 * an SSD, which keeps old blocks until it wants them, nor on file systems that write elsewhere
 * (copy-on-write, journaled data, snapshots); there an epoch's end rests on the outermost key, under
 * which every epoch is wrapped, and on discarding the device.
 */
export function epochFiles(dir: string): EpochStore {
  return {
    async load(dataset) {
      return read(epochFilePath(dir, dataset), dataset);
    },
    async add(dataset, epoch) {
      await change(epochFilePath(dir, dataset), dataset, (epochs) => {
        if (epochs.some(({ id }) => id === epoch.id)) return epochs;
        // Precondition: at most two epochs are there at any moment.
        if (epochs.length >= EPOCHS_MAX)
          throw new SealstreamError('KEYSET_CONFLICT', { epochs: dataset });
        return [...epochs, epoch];
      });
    },
    async rewrap(dataset, after) {
      await change(epochFilePath(dir, dataset), dataset, (epochs) =>
        epochs.map((epoch) => after.find(({ id }) => id === epoch.id) ?? epoch),
      );
    },
    async destroy(dataset, id) {
      await change(epochFilePath(dir, dataset), dataset, (epochs) =>
        epochs.filter((epoch) => epoch.id !== id),
      );
    },
  };
}

function read(path: string, dataset: string): StoredEpoch[] {
  if (!existsSync(path)) return [];
  const parsed = EpochFile.safeParse(json(readSecretFile(path)));
  if (parsed.data?.dataset !== dataset)
    throw new SealstreamError('KEY_FILE_INVALID', { file: path, dataset });
  return parsed.data.epochs.map(({ id, created, wrapped }) => ({
    id,
    created,
    wrapped: Buffer.from(wrapped, 'base64url'),
  }));
}

function json(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString('utf8'));
  } catch {
    return undefined;
  }
}

function textOf(dataset: string, epochs: readonly StoredEpoch[]): Buffer {
  const listed = epochs.map(({ wrapped, ...epoch }) => ({
    ...epoch,
    wrapped: wrapped.toString('base64url'),
  }));
  const document = { type: 'sealstream-epochs', v: 1, dataset, epochs: listed };
  return Buffer.from(`${JSON.stringify(document)}\n`);
}

/**
 * Makes the next content from the one that stands; the draft keeps others out meanwhile. Throws
 * KEYSET_CONFLICT when somebody took it for one of a dead process: then nothing was changed.
 */
async function change(
  path: string,
  dataset: string,
  next: (epochs: readonly StoredEpoch[]) => readonly StoredEpoch[],
): Promise<void> {
  const draft = draftOf(path);
  let file = begin(path);
  while (file === undefined) {
    await sleep(DRAFT_ASK_MS);
    file = begin(path);
  }
  try {
    // First, so that nothing is wiped beside a file that cannot be read.
    const before = read(path, dataset);
    wipeOld(path);
    sweep(path);
    const after = next(before);
    const isSame =
      after.length === before.length && after.every((epoch, at) => epoch === before[at]);
    if (!isSame) replace(path, { name: draft, file }, textOf(dataset, after));
  } finally {
    end(draft, file);
  }
}

const draftOf = (path: string): string => `${path}.new`;

/** Creates the draft, which only one can; undefined while somebody else has one. */
function begin(path: string): number | undefined {
  const draft = draftOf(path);
  try {
    mkdirSync(dirname(draft), { recursive: true, mode: 0o700 });
    return openSync(draft, 'wx', 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST')
      throw new SealstreamError('FILE_UNREADABLE', { file: draft, error: code ?? '' });
  }
  const begun = statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
  if (Date.now() - begun <= DRAFT_MS_MAX) return undefined;
  takeAway(draft, path);
  return begin(path);
}

/**
 * Takes away what nobody seems to write. Its writer may only be slow: under a name that it does not
 * know it can no longer become the file, and where it did already, it is not overwritten.
 */
function takeAway(name: string, path: string): void {
  const aside = asideOf(path);
  try {
    renameSync(name, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const file = openSync(aside, 'r+');
  try {
    const { nlink, size } = fstatSync(file);
    if (nlink === 1) overwrite(file, Buffer.alloc(size));
  } finally {
    closeSync(file);
    rmSync(aside, { force: true });
  }
}

/** A name beside the file that nobody else uses. */
const asideOf = (path: string): string => `${path}.${randomBytes(ASIDE_BYTES).toString('hex')}`;
const ASIDE_TAIL = /^\.[0-9a-f]{12}$/;

/** Takes away what changes that were cut left under such names. */
function sweep(path: string): void {
  for (const name of readdirSync(dirname(path)))
    if (name.startsWith(basename(path)) && ASIDE_TAIL.test(name.slice(basename(path).length)))
      takeAway(join(dirname(path), name), path);
}

/** Lets the draft go, when it is still the one that was begun. */
function end(draft: string, file: number): void {
  const { nlink, size } = fstatSync(file);
  const isOurs = isFile(draft, file);
  // Only the draft, or nothing, bears what was written: it did not become the file.
  if (nlink === (isOurs ? 1 : 0)) overwrite(file, Buffer.alloc(size));
  closeSync(file);
  if (isOurs) rmSync(draft, { force: true });
}

/** Whether a name is that of an opened file. */
function isFile(path: string, file: number): boolean {
  const [named, opened] = [statSync(path, { throwIfNoEntry: false }), fstatSync(file)];
  return named?.ino === opened.ino && named.dev === opened.dev;
}

function replace(
  path: string,
  draft: { readonly name: string; readonly file: number },
  content: Buffer,
): void {
  overwrite(draft.file, content);
  // By our clock, and not that of a file server: from here on it is young again.
  futimesSync(draft.file, new Date(), new Date());
  const whole = asideOf(path);
  try {
    // A name that nobody else uses: what becomes the file cannot be another's draft.
    linkSync(draft.name, whole);
    if (!isFile(whole, draft.file)) throw conflict(path);
    // The old content gets a second name, so that it can be overwritten after it was replaced, by
    // the next change if this one is cut.
    if (existsSync(path)) linkSync(path, oldOf(path));
    if (!isFile(draft.name, draft.file)) throw conflict(path);
    renameSync(whole, path);
  } catch (error) {
    rmSync(whole, { force: true });
    const { code = '' } = error as NodeJS.ErrnoException;
    throw ['EEXIST', 'ENOENT'].includes(code) ? conflict(path) : error;
  }
  syncDirectory(path);
  // Precondition: what replaces the old content is there before that is destroyed.
  if (!readSecretFile(path).equals(content)) throw conflict(path);
  wipeOld(path);
}

const conflict = (path: string) => new SealstreamError('KEYSET_CONFLICT', { file: path });

const oldOf = (path: string): string => `${path}.old`;

function wipeOld(path: string): void {
  const old = oldOf(path);
  if (!existsSync(old)) return;
  const file = openSync(old, 'r+');
  try {
    // Cut between link and rename, both names are one file: then nothing was replaced.
    if (!isFile(path, file)) overwrite(file, Buffer.alloc(fstatSync(file).size));
  } finally {
    closeSync(file);
  }
  rmSync(old, { force: true });
  syncDirectory(path);
}

function overwrite(file: number, content: Buffer): void {
  for (let at = 0; at < content.length; )
    at += writeSync(file, content, at, content.length - at, at);
  fsyncSync(file);
}
