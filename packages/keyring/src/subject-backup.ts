import { existsSync } from 'node:fs';
import { SealstreamError } from '@sealstream/contracts';
import { type BackupTrailer, readBackupFile, writeBackupFile } from './subject-backup-file.ts';
import { parseRecord } from './subject-record.ts';
import { registerOf, type SubjectWorkplace } from './subject-workplace.ts';

/** What a backup holds. */
export interface BackedUp {
  readonly file: string;
  /** Subjects: keys, tombstones, and those who may have a key again. */
  readonly records: number;
  /** Shreds and re-enrolments. */
  readonly shreds: number;
  /** Epochs without which none of its keys opens. */
  readonly epochs: readonly string[];
}

/**
 * Writes all wrapped keys and tombstones of a dataset, and the list of shreds as it stood before
 * the first of them was read. A backup opens as long as its epochs are there and no longer.
 *
 * @param epoch when given, a whole backup that holds keys of this epoch alone gives way: a rotation
 * that was cut has left it, and keys were made since. One that holds more than there is now stays.
 * Throws FILE_EXISTS, DISK_FULL, FILE_UNREADABLE, REDIS_UNREACHABLE, KEYSET_*.
 */
export async function backUp(
  place: SubjectWorkplace,
  file: string,
  { epoch }: { epoch?: string } = {},
): Promise<BackedUp> {
  const there =
    epoch !== undefined && existsSync(file) ? await trailerOf(file, place.dataset) : undefined;
  const replaces = there?.epochs.every((id) => id === epoch) === true ? there : undefined;
  const { document } = await registerOf(place);
  const { entries } = await place.store.snapshot(0);
  // A shred in between is in the list and not in the register that was read: one more is no harm.
  if (entries.length < document.shreds)
    throw new SealstreamError('KEYSET_ROLLED_BACK', { keyset: place.name, shreds: entries.length });
  const trailer = await writeBackupFile(file, {
    dataset: place.dataset,
    replaces,
    entries,
    records: place.writes.all(),
    epochOf: (bytes) => {
      const record = parseRecord(bytes);
      return record.kind === 'live' ? record.epoch : undefined;
    },
  });
  return backedUp(file, trailer);
}

/** Reads a backup to its end. Throws KEYSET_UNREADABLE when it is not whole. */
async function trailerOf(file: string, dataset: string): Promise<BackupTrailer> {
  const lines = readBackupFile(file, dataset);
  for (;;) {
    const { done, value } = await lines.next();
    if (done === true) return value;
  }
}

function backedUp(file: string, { entries, epochs, records }: BackupTrailer): BackedUp {
  return { file, records, shreds: entries, epochs };
}
