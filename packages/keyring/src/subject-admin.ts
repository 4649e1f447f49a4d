import type { Signer } from '@sealstream/crypto';
import { KeyArena } from './arena.ts';
import { DocumentHistory } from './document-history.ts';
import { EpochKeys, type EpochSource } from './epoch-keys.ts';
import {
  firstEpoch,
  type RotatedEpoch,
  rotateEpoch,
  type RotateOptions,
} from './epoch-rotation.ts';
import type { KeysetHeads } from './keyset-heads.ts';
import { KeysetStore } from './keyset-store.ts';
import { RedisLink, type RedisOptions } from '@sealstream/redis-link';
import { endSubject, type Shredded, type ShredOrder } from './shred-change.ts';
import { type BackedUp, backUp } from './subject-backup.ts';
import { parseRecord } from './subject-record.ts';
import { type ShownSubject, shownSubject } from './subject-reader.ts';
import { type Epoch, REGISTER_FORM, registerName } from './subject-register.ts';
import { type RestoredSubjects, restoreBackup } from './subject-restore.ts';
import { SubjectStore } from './subject-store.ts';
import { registerOf, type SubjectWorkplace } from './subject-workplace.ts';
import { SubjectWrites } from './subject-writes.ts';

export interface SubjectAdminOptions extends RedisOptions {
  readonly dataset: string;
  readonly epochs: EpochSource;
  readonly signer: Signer;
  readonly heads: KeysetHeads;
  readonly allowUnlocked?: boolean | undefined;
}

/** What ensure did. */
export interface EnsuredSubjects {
  /** `subject/dataset`. */
  readonly name: string;
  readonly version: number;
  /** The epoch under which keys are made. */
  readonly epoch: string;
  readonly action: 'created' | 'unchanged';
}

/** All subjects of a dataset by number. */
export interface ListedSubjects {
  readonly dataset: string;
  readonly version: number;
  readonly live: number;
  readonly tombstones: number;
  /** Shredded once, and not seen again since they may be. */
  readonly reEnrolled: number;
  /** Shreds and re-enrolments so far. */
  readonly shreds: number;
  readonly epochs: readonly (Epoch & { readonly keys: number })[];
}

/** Opens the side that changes the subjects of a dataset. Throws REDIS_UNREACHABLE. */
export async function openSubjectAdmin(options: SubjectAdminOptions): Promise<SubjectAdmin> {
  const link = new RedisLink(options);
  try {
    await link.connect();
    return new SubjectAdmin(options, link);
  } catch (error) {
    link.stop();
    throw error;
  }
}

/**
 * Creates, shreds, moves, backs up and restores the subjects of one dataset.
 *
 * Promises: register, list and record of a shred change together or not at all; the receipt of a
 * shred is the same for ever; a change that was cut at any point is finished by running it again.
 */
export class SubjectAdmin {
  readonly #place: SubjectWorkplace;
  readonly #link: RedisLink;

  constructor(options: SubjectAdminOptions, link: RedisLink) {
    const { dataset, epochs: source, heads, signer } = options;
    this.#link = link;
    const arena = new KeyArena({ allowUnlocked: options.allowUnlocked ?? false });
    const store = new SubjectStore(dataset, link);
    this.#place = {
      dataset,
      name: registerName(dataset),
      store,
      writes: new SubjectWrites(store, link),
      history: new DocumentHistory(REGISTER_FORM, {
        store: new KeysetStore(options, link),
        heads,
        signer,
        restore: 'sealstream subjects restore',
      }),
      signer,
      source,
      epochs: new EpochKeys(dataset, source, arena),
      arena,
    };
  }

  /** Creates register and first epoch; leaves a register that is there as it is. */
  async ensure(): Promise<EnsuredSubjects> {
    const { history, name } = this.#place;
    const current = await history.current(name);
    const { document } = current ?? (await firstEpoch(this.#place));
    const epoch = document.epochs.find(({ state }) => state === 'active')?.id ?? '';
    const action = current === undefined ? 'created' : 'unchanged';
    return { name, version: document.version, epoch, action };
  }

  /**
   * Destroys the key of a subject and leaves a tombstone, also where there was no key yet. A second
   * time gives the first receipt.
   *
   * @param index 22 characters of base64url
   */
  shred(index: string, order: ShredOrder): Promise<Shredded> {
    return endSubject(this.#place, 'shred', index, order);
  }

  /** Lets a shredded subject have a new key. Throws USAGE for one that is not shredded. */
  reEnrol(index: string, order: ShredOrder): Promise<Shredded> {
    return endSubject(this.#place, 're-enrol', index, order);
  }

  /** Moves all keys under a new epoch and destroys the old one, with a backup in between. */
  rotateEpoch(options: RotateOptions): Promise<RotatedEpoch> {
    return rotateEpoch(this.#place, options);
  }

  /** Writes a backup file, 0600. Throws FILE_EXISTS. */
  backup(file: string): Promise<BackedUp> {
    return backUp(this.#place, file);
  }

  /**
   * Puts subjects back from a backup, after every shred of the log.
   *
   * @param receipts from the audit log, in any order, of any dataset
   */
  restore(
    file: string,
    receipts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  ): Promise<RestoredSubjects> {
    return restoreBackup(this.#place, file, receipts);
  }

  /** How one subject stands. */
  show(index: string): Promise<ShownSubject> {
    return shownSubject(this.#place, index);
  }

  /** Counts all subjects: reads each of them once. */
  async list(): Promise<ListedSubjects> {
    const { document } = await registerOf(this.#place);
    const seen = new Map<string, string>();
    for await (const part of this.#place.writes.all())
      for (const { index, record: bytes } of part) {
        const record = parseRecord(bytes);
        seen.set(index, record.kind === 'live' ? record.epoch : record.kind);
      }
    const counts = new Map<string, number>();
    for (const what of seen.values()) counts.set(what, (counts.get(what) ?? 0) + 1);
    const of = (what: string): number => counts.get(what) ?? 0;
    const epochs = document.epochs.map((epoch) => ({ ...epoch, keys: of(epoch.id) }));
    const { dataset, shreds, version } = document;
    const [tombstones, reEnrolled] = [of('tombstone'), of('reEnrolled')];
    const live = seen.size - tombstones - reEnrolled;
    return { dataset, version, live, tombstones, reEnrolled, shreds, epochs };
  }

  stop(): void {
    this.#link.stop();
    this.#place.epochs.close();
    this.#place.arena.clear();
  }
}
