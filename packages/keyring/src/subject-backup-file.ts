import { createHash } from 'node:crypto';
import { createReadStream, existsSync } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { createInterface } from 'node:readline';
import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';
import { syncDirectory } from './secret-file.ts';

/*
 * A backup of the subjects of one dataset: lines of ASCII. First a header in JSON, then `e` and an
 * entry of the list of shreds for each, then `r`, index and record (base64) for each subject, and
 * last `end` and a trailer in JSON with the SHA-256 of all before it, so that half a file is none.
 * It needs no more protection than Redis has: keys are wrapped, receipts signed, the list chained.
 */

const OWNER_ONLY = 0o600;
const WRITE_BYTES = 1 << 20;

const Header = z.strictObject({
  type: z.literal('sealstream-subjects-backup'),
  v: z.literal(1),
  dataset: z.string(),
  created: z.iso.datetime(),
});

const Trailer = z.strictObject({
  entries: z.int(),
  records: z.int(),
  /** Of all live records in it. */
  epochs: z.array(z.string()),
  sha256: z.string(),
});
export type BackupTrailer = z.infer<typeof Trailer>;

export interface BackupContent {
  readonly dataset: string;
  /** The end of the backup whose place it takes, unless that one holds more; undefined for none. */
  readonly replaces: BackupTrailer | undefined;
  readonly entries: readonly string[];
  readonly records: AsyncIterable<readonly { index: string; record: Buffer }[]>;
  /** The epoch of a record, undefined for one without a key. */
  readonly epochOf: (record: Buffer) => string | undefined;
}

/** One line between header and trailer. */
export type BackupLine =
  | { readonly entry: string }
  | { readonly index: string; readonly record: Buffer };

/**
 * Writes a backup, 0600 and durable. What a write that was cut had left beside it is replaced.
 * Throws FILE_EXISTS: no backup is overwritten but the one that `replaces` is the end of.
 */
export async function writeBackupFile(
  path: string,
  content: BackupContent,
): Promise<BackupTrailer> {
  const { replaces } = content;
  if (replaces === undefined) requireFree(path);
  const draft = `${path}.part`;
  await rm(draft, { force: true });
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(draft, 'wx', OWNER_ONLY);
    let trailer: BackupTrailer;
    try {
      trailer = await writeLines((text) => file.appendFile(text), content);
      await file.sync();
    } finally {
      await file.close();
    }
    if (replaces === undefined) await link(draft, path);
    else {
      if (trailer.entries < replaces.entries || trailer.records < replaces.records)
        throw new SealstreamError(
          'FILE_EXISTS',
          { file: path, records: replaces.records, now: trailer.records },
          'It holds more than Redis does now: keep it, and name another file.',
        );
      await rename(draft, path);
    }
    syncDirectory(path);
    return trailer;
  } catch (error) {
    if (error instanceof SealstreamError) throw error;
    if (replaces === undefined) requireFree(path);
    const { code } = error as NodeJS.ErrnoException;
    throw new SealstreamError(code === 'ENOSPC' ? 'DISK_FULL' : 'FILE_UNREADABLE', {
      file: path,
      error: code,
    });
  } finally {
    await rm(draft, { force: true });
  }
}

/** Throws FILE_EXISTS. */
export function requireFree(path: string): void {
  if (existsSync(path)) throw new SealstreamError('FILE_EXISTS', { file: path });
}

async function writeLines(
  write: (text: string) => Promise<void>,
  { dataset, entries, epochOf, records }: BackupContent,
): Promise<BackupTrailer> {
  const hash = createHash('sha256');
  const epochs = new Set<string>();
  let [text, count] = ['', 0];
  const flush = async (): Promise<void> => {
    hash.update(text);
    await write(text);
    text = '';
  };
  const created = new Date().toISOString();
  text += `${JSON.stringify({ type: 'sealstream-subjects-backup', v: 1, dataset, created })}\n`;
  for (const entry of entries) text += `e ${entry}\n`;
  for await (const part of records) {
    for (const { index, record } of part) {
      text += `r ${index} ${record.toString('base64')}\n`;
      const epoch = epochOf(record);
      if (epoch !== undefined) epochs.add(epoch);
      count++;
    }
    if (text.length > WRITE_BYTES) await flush();
  }
  await flush();
  const counted = { entries: entries.length, records: count, epochs: [...epochs] };
  const trailer = { ...counted, sha256: hash.digest('hex') };
  await write(`end ${JSON.stringify(trailer)}\n`);
  return trailer;
}

/**
 * Reads a backup line by line; what it yields is only to be trusted once it has ended without an
 * error, so whoever changes anything reads it twice.
 *
 * Throws FILE_UNREADABLE, and KEYSET_UNREADABLE for a file that was cut or is of another dataset.
 */
export async function* readBackupFile(
  path: string,
  dataset: string,
): AsyncGenerator<BackupLine, BackupTrailer> {
  const hash = createHash('sha256');
  const counted = { entries: 0, records: 0 };
  let isFirst = true;
  for await (const line of linesOf(path)) {
    if (line.startsWith('end ')) {
      const trailer = Trailer.safeParse(jsonOf(line.slice('end '.length))).data;
      const whole =
        trailer?.sha256 === hash.digest('hex') &&
        trailer.entries === counted.entries &&
        trailer.records === counted.records;
      if (!whole) throw unreadable(path);
      return trailer;
    }
    hash.update(`${line}\n`);
    if (isFirst) {
      if (Header.safeParse(jsonOf(line)).data?.dataset !== dataset) throw unreadable(path);
      isFirst = false;
      continue;
    }
    if (line.startsWith('e ')) {
      counted.entries++;
      yield { entry: line.slice('e '.length) };
      continue;
    }
    const [, index, record] = /^r ([A-Za-z0-9_-]{22}) ([A-Za-z0-9+/=]+)$/.exec(line) ?? [];
    if (index === undefined) throw unreadable(path);
    counted.records++;
    yield { index, record: Buffer.from(record, 'base64') };
  }
  throw unreadable(path);
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const input = createReadStream(path, { encoding: 'latin1', highWaterMark: WRITE_BYTES });
  try {
    yield* createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new SealstreamError('FILE_UNREADABLE', { file: path, error: code });
  } finally {
    input.destroy();
  }
}

function unreadable(path: string): SealstreamError {
  return new SealstreamError(
    'KEYSET_UNREADABLE',
    { file: path },
    'It is no whole backup of this dataset.',
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
