import { SealstreamError } from '@sealstream/contracts';
import { generateKey, type KeyHandle } from '@sealstream/crypto';
import type { StoredEpoch } from './epoch-store.ts';
import { type BackedUp, backUp } from './subject-backup.ts';
import { requireFree } from './subject-backup-file.ts';
import { parseRecord } from './subject-record.ts';
import {
  activeEpoch,
  epochContext,
  firstRegister,
  type SignedRegister,
  type SubjectRegister,
  withEpoch,
  withoutRetired,
} from './subject-register.ts';
import { changeRegister, type SubjectWorkplace } from './subject-workplace.ts';
import { openSubjectKey, randomId, wrapSubjectKey } from './subject-wrap.ts';
import type { Replaced } from './subject-writes.ts';

export interface RotateOptions {
  /** The file of the backup that is taken when all keys are moved; it must not be there. */
  readonly backup: string;
  /** Told how many subjects were looked at so far. */
  readonly onProgress?: ((subjects: number) => void) | undefined;
}

/** What a rotation did. */
export interface RotatedEpoch {
  /** The epoch under which all keys are now. */
  readonly epoch: string;
  /** The one that was destroyed. */
  readonly destroyed: string;
  /** Keys moved by this run; a run before that was cut may have moved others. */
  readonly moved: number;
  readonly backup: BackedUp;
  readonly version: number;
}

/** The first epoch and register of a dataset; an epoch that a cut left without one is taken. */
export async function firstEpoch(place: SubjectWorkplace): Promise<SignedRegister> {
  const { dataset, epochs, history, name, source } = place;
  const [left] = await source.store.load(dataset);
  const epoch = left ?? (await newEpoch(place));
  const register = firstRegister(dataset, epoch);
  // Postcondition: a register names an epoch whose key was read back and unwraps.
  await epochs.update(register);
  const signed = await history.write(name, undefined, register);
  await history.publish(name, signed);
  return signed;
}

/**
 * Moves all keys of a dataset under a new epoch, takes a backup, and destroys the old epoch. What a
 * run that was cut had begun is finished, and no further epoch begun.
 */
export async function rotateEpoch(
  place: SubjectWorkplace,
  { backup, onProgress }: RotateOptions,
): Promise<RotatedEpoch> {
  const begun = await changeRegister(place, (register) => begunRotation(place, register, backup));
  const { document } = begun;
  await place.epochs.update(document);
  const { id: epoch } = activeEpoch(document);
  const retiring = document.epochs.find(({ state }) => state === 'retiring');
  if (retiring === undefined) throw new SealstreamError('INTERNAL', { epochs: place.dataset });
  const moved = await moveAll(place, retiring.id, epoch, onProgress);
  const backedUp = await backUp(place, backup, { epoch });
  // From here on no key is under the old epoch, neither in Redis nor in the new backup.
  await place.source.store.destroy(place.dataset, retiring.id);
  const { document: ended } = await changeRegister(place, (register) =>
    register.epochs.some(({ id }) => id === retiring.id) ? withoutRetired(register) : register,
  );
  await place.epochs.update(ended);
  return { epoch, destroyed: retiring.id, moved, backup: backedUp, version: ended.version };
}

async function begunRotation(
  place: SubjectWorkplace,
  register: SubjectRegister,
  backup: string,
): Promise<SubjectRegister> {
  if (register.epochs.some(({ state }) => state === 'retiring')) return register;
  requireFree(backup);
  await place.epochs.update(register);
  const next = withEpoch(register, (await epochLeft(place, register)) ?? (await newEpoch(place)));
  await place.epochs.update(next);
  return next;
}

/**
 * The new epoch that a run which was cut has left. An older one was destroyed already and came back
 * with an old copy of the file: it is destroyed again, and never used.
 */
async function epochLeft(
  { dataset, source }: SubjectWorkplace,
  register: SubjectRegister,
): Promise<StoredEpoch | undefined> {
  const strange = (await source.store.load(dataset)).filter(
    ({ id }) => !register.epochs.some((epoch) => epoch.id === id),
  );
  const { created } = activeEpoch(register);
  for (const epoch of strange)
    if (epoch.created < created) await source.store.destroy(dataset, epoch.id);
  return strange.find((epoch) => epoch.created >= created);
}

async function newEpoch({ arena, dataset, source }: SubjectWorkplace): Promise<StoredEpoch> {
  const id = randomId();
  const key = arena.take(generateKey);
  try {
    const context = epochContext(dataset, id);
    const wrapped = await arena.lend(key, (slot) => source.provider.wrap('subject', context, slot));
    const epoch = { id, created: new Date().toISOString(), wrapped };
    await source.store.add(dataset, epoch);
    return epoch;
  } finally {
    arena.drop(key);
  }
}

/** No key is made under the old epoch any more, so one round without a miss has moved them all. */
async function moveAll(
  place: SubjectWorkplace,
  from: string,
  to: string,
  onProgress: ((subjects: number) => void) | undefined,
): Promise<number> {
  let moved = 0;
  for (let missed = 1; missed > 0; ) {
    missed = 0;
    let seen = 0;
    for await (const subjects of place.writes.all()) {
      const changes = subjects.flatMap(({ index, record }) =>
        movedRecord(place, index, record, from, to),
      );
      const done = await place.writes.replace(changes);
      moved += done;
      missed += changes.length - done;
      seen += subjects.length;
      onProgress?.(seen);
    }
  }
  return moved;
}

function movedRecord(
  place: SubjectWorkplace,
  index: string,
  before: Buffer,
  from: string,
  to: string,
): Replaced[] {
  const record = parseRecord(before);
  if (record.kind !== 'live' || record.epoch !== from) return [];
  const [old, active] = [keyOf(place, from), keyOf(place, to)];
  const key = place.arena.take((slot) => openSubjectKey(place.dataset, index, record, old, slot));
  try {
    const named = { ...record, epoch: to };
    return [{ index, before, after: wrapSubjectKey(place.dataset, index, named, active, key) }];
  } finally {
    place.arena.drop(key);
  }
}

/** Throws KEYSET_UNREADABLE: keys are under an epoch that was destroyed. */
function keyOf({ dataset, epochs }: SubjectWorkplace, id: string): KeyHandle {
  const key = epochs.get(id);
  if (key === undefined) throw new SealstreamError('KEYSET_UNREADABLE', { epoch: id, dataset });
  return key;
}
