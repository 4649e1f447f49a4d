import {
  closeSync,
  existsSync,
  fsyncSync,
  linkSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SealstreamError } from '@sealstream/contracts';
import { isKeyId } from '@sealstream/crypto';
import { z } from 'zod';
import type { EpochStore, StoredEpoch } from './epoch-store.ts';
import { createFile, readSecretFile, syncDirectory } from './secret-file.ts';
import { EPOCHS_MAX } from './subject-register.ts';

/** A change takes milliseconds; a draft that is older than this was left by a process that died. */
const DRAFT_MS_MAX = 2000;
const DRAFT_ASK_MS = 20;

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
 * waits. What was there before is overwritten before it is unlinked. That destroys it where a file
 * is written in place. It does not on an SSD, which keeps old blocks until it wants them, nor on
 * file systems that write elsewhere (copy-on-write, journaled data, snapshots); there an epoch's end
 * rests on the outermost key, under which every epoch is wrapped, and on discarding the device.
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

/** Makes the next content from the one that stands; the draft keeps others out meanwhile. */
async function change(
  path: string,
  dataset: string,
  next: (epochs: readonly StoredEpoch[]) => readonly StoredEpoch[],
): Promise<void> {
  const draft = `${path}.new`;
  await begin(draft);
  try {
    wipeOld(path);
    const before = read(path, dataset);
    const after = next(before);
    const isSame =
      after.length === before.length && after.every((epoch, at) => epoch === before[at]);
    if (!isSame) replace(path, draft, textOf(dataset, after));
  } finally {
    rmSync(draft, { force: true });
  }
}

/** Creates the draft, which only one can, once nobody else has one. */
async function begin(draft: string): Promise<void> {
  for (;;) {
    try {
      createFile(draft, Buffer.alloc(0));
      return;
    } catch (error) {
      const taken = error instanceof SealstreamError && error.code === 'FILE_EXISTS';
      if (!taken) throw error;
    }
    const begun = statSync(draft, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
    if (Date.now() - begun > DRAFT_MS_MAX) wipe(draft);
    else await sleep(DRAFT_ASK_MS);
  }
}

function replace(path: string, draft: string, content: Buffer): void {
  overwrite(draft, content);
  // The old content gets a second name, so that it can be overwritten after it was replaced, by the
  // next change if this one is cut.
  if (existsSync(path)) linkSync(path, oldOf(path));
  renameSync(draft, path);
  syncDirectory(path);
  wipeOld(path);
}

const oldOf = (path: string): string => `${path}.old`;

function wipeOld(path: string): void {
  const [old, now] = [oldOf(path), path].map((at) => statSync(at, { throwIfNoEntry: false }));
  if (old === undefined) return;
  // Cut between link and rename, both names are one file: then nothing was replaced.
  if (old.ino === now?.ino) rmSync(oldOf(path));
  else wipe(oldOf(path));
  syncDirectory(path);
}

function wipe(path: string): void {
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  if (size > 0) overwrite(path, Buffer.alloc(size));
  rmSync(path, { force: true });
}

function overwrite(path: string, content: Buffer): void {
  const file = openSync(path, 'r+');
  try {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
