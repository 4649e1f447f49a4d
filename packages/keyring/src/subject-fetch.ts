import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { generateKey } from '@sealstream/crypto';
import sodium from 'sodium-native';
import { keyMemory } from './arena.ts';
import type { EpochKeys } from './epoch-keys.ts';
import type { SubjectCache } from './subject-cache.ts';
import { INDEX_BYTES, parseRecord } from './subject-record.ts';
import { activeEpoch, registerName } from './subject-register.ts';
import type { Created, SubjectStore } from './subject-store.ts';
import type { WatchedSubjects } from './subject-watch.ts';
import { openSubjectKey, randomId, wrapSubjectKey } from './subject-wrap.ts';

/** Each is made under a register that was just read, so only a storm of changes takes more. */
const CREATE_TRIES = 10;

export interface FetchOptions {
  readonly store: SubjectStore;
  readonly watched: WatchedSubjects;
  readonly epochs: EpochKeys;
  readonly cache: SubjectCache;
  /** Reads the register again now. */
  readonly refresh: () => Promise<void>;
  readonly allowUnlocked: boolean;
}

/** A subject whose key is wanted. */
export interface WantedSubject {
  /** 22 characters of base64url. */
  readonly index: string;
  readonly bytes: Buffer;
  /** Whether it gets a key when it has none. */
  readonly mayCreate: boolean;
}

/** Whom an index in base64url names; undefined when it is none. */
export function wantedSubject(index: string, mayCreate: boolean): WantedSubject | undefined {
  const bytes = Buffer.from(index, 'base64url');
  const proper = bytes.length === INDEX_BYTES && bytes.toString('base64url') === index;
  return proper ? { index, bytes, mayCreate } : undefined;
}

/**
 * Brings keys of subjects from Redis into memory, and makes those that are to be made.
 *
 * Promises: a key that was made is durable in Redis, and was unwrapped from what went there, before
 * it can be used; of two who make one at once, both get the winner's; a key whose subject is
 * shredded is not taken in, whenever the shred came; of one who was let live again, no key is that
 * was made before. That rests on `created`, which the wrapped key is bound to.
 */
export class SubjectFetch {
  readonly #options: FetchOptions;
  readonly #dataset: string;
  /** Holds a key while it is wrapped. */
  readonly #scratch: Buffer;

  constructor(options: FetchOptions) {
    this.#options = options;
    this.#dataset = options.store.dataset;
    this.#scratch = keyMemory(1, options.allowUnlocked);
  }

  /**
   * One round trip for those that are there, one more for those that are made.
   *
   * @returns why somebody cannot be given, by index
   * Throws REDIS_UNREACHABLE, KEYSET_CONFLICT, and why there is no register.
   */
  async bring(subjects: readonly WantedSubject[]): Promise<Map<string, ErrorCode>> {
    const refused = new Map<string, ErrorCode>();
    const records = await this.#options.store.records(subjects.map(({ index }) => index));
    const absent: WantedSubject[] = [];
    const later: WantedSubject[] = [];
    let livesAgain = false;
    for (const [at, subject] of subjects.entries()) {
      const record = records[at];
      const outcome = record === null ? 'absent' : this.#take(subject, record, refused);
      if (outcome === 'later') later.push(subject);
      if (outcome !== 'absent') continue;
      livesAgain ||= subject.mayCreate && record !== null;
      if (subject.mayCreate) absent.push(subject);
      else refused.set(subject.index, record === null ? 'KEY_UNKNOWN' : 'SUBJECT_SHREDDED');
    }
    // Its key is made for later than the re-enrolment, of which this process has to know for that.
    if (livesAgain) await this.#options.refresh();
    await this.#create(absent, later, refused);
    await this.#fetchAgain(later, refused);
    return refused;
  }

  /** For keys that were moved to an epoch of which this process had not heard. */
  async #fetchAgain(
    subjects: readonly WantedSubject[],
    refused: Map<string, ErrorCode>,
  ): Promise<void> {
    if (subjects.length === 0) return;
    await this.#options.refresh();
    const records = await this.#options.store.records(subjects.map(({ index }) => index));
    for (const [at, subject] of subjects.entries()) {
      const record = records[at];
      if (record !== null && this.#take(subject, record, refused) === 'done') continue;
      refused.set(subject.index, 'KEYSET_UNREADABLE');
    }
  }

  /** Takes in what stands in Redis, or notes why not. `later`: its epoch is not known here. */
  #take(
    subject: WantedSubject,
    found: Buffer,
    refused: Map<string, ErrorCode>,
  ): 'done' | 'absent' | 'later' {
    const { bytes, index } = subject;
    try {
      const record = parseRecord(found);
      if (record.kind === 'reEnrolled') return 'absent';
      // The shred may have come after Redis answered, or an old Redis may hold the key still.
      if (record.kind !== 'live' || this.#options.watched.hasEnded(subject, record)) {
        refused.set(index, 'SUBJECT_SHREDDED');
        return 'done';
      }
      const epoch = this.#options.epochs.get(record.epoch);
      if (epoch === undefined) return 'later';
      this.#options.cache.take(bytes, record.keyId, (slot) =>
        openSubjectKey(this.#dataset, index, record, epoch, slot),
      );
    } catch (error) {
      // One record that does not open keeps nobody else from being brought.
      const isUnreadable = error instanceof SealstreamError && error.code === 'KEYSET_UNREADABLE';
      if (!isUnreadable) throw error;
      refused.set(index, error.code);
    }
    return 'done';
  }

  async #create(
    absent: readonly WantedSubject[],
    later: WantedSubject[],
    refused: Map<string, ErrorCode>,
  ): Promise<void> {
    let left = absent;
    for (let tries = 0; left.length > 0; tries++) {
      if (tries === CREATE_TRIES)
        throw new SealstreamError('KEYSET_CONFLICT', { keyset: registerName(this.#dataset) });
      if (tries > 0) await this.#options.refresh();
      const { id: epoch } = activeEpoch(this.#options.watched.register.document);
      const fresh = left.map(({ index }) => this.#freshKey(index, epoch));
      const answers = await this.#options.store.create(epoch, fresh);
      const without = (subject: WantedSubject, at: number): boolean => {
        const outcome = this.#settle(subject, answers?.[at], fresh[at].record, refused);
        if (outcome === 'later') later.push(subject);
        return outcome === 'absent';
      };
      left = left.filter(without);
    }
  }

  #freshKey(index: string, epoch: string): { index: string; keyId: string; record: Buffer } {
    const wrapping = this.#options.epochs.get(epoch);
    if (wrapping === undefined) throw new SealstreamError('KEYSET_UNREADABLE', { epoch });
    try {
      const key = generateKey(this.#scratch);
      // A clock that lags behind the operator's makes no key that seems older than the shred.
      const created = Math.max(Date.now(), this.#options.watched.endedAt(index) + 1);
      const named = { keyId: randomId(), epoch, created };
      const record = wrapSubjectKey(this.#dataset, index, named, wrapping, key);
      return { index, keyId: named.keyId, record };
    } finally {
      sodium.sodium_memzero(this.#scratch);
    }
  }

  /** `absent`: it has no key yet, since the epoch had changed or its key id was taken. */
  #settle(
    subject: WantedSubject,
    answer: Created | undefined,
    record: Buffer,
    refused: Map<string, ErrorCode>,
  ): 'done' | 'absent' | 'later' {
    if (answer === undefined || answer === 'id-taken') return 'absent';
    // Postcondition: what is used was unwrapped from the very bytes that Redis has.
    return this.#take(subject, answer === 'made' ? record : answer, refused);
  }
}
