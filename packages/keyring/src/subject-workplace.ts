import { SealstreamError } from '@sealstream/contracts';
import type { Signer } from '@sealstream/crypto';
import type { KeyArena } from './arena.ts';
import type { DocumentHistory } from './document-history.ts';
import type { EpochKeys, EpochSource } from './epoch-keys.ts';
import type { SignedRegister, SubjectRegister } from './subject-register.ts';
import type { SubjectStore } from './subject-store.ts';
import type { SubjectWrites } from './subject-writes.ts';

/** Another change of the register may come first this often. */
const CHANGE_TRIES = 20;

/** What a change of the subjects of one dataset works with. */
export interface SubjectWorkplace {
  readonly dataset: string;
  /** `subject/dataset`. */
  readonly name: string;
  readonly store: SubjectStore;
  readonly writes: SubjectWrites;
  readonly history: DocumentHistory<SubjectRegister>;
  readonly signer: Signer;
  readonly source: EpochSource;
  readonly epochs: EpochKeys;
  readonly arena: KeyArena;
}

/** The register as it stands. Throws KEYSET_MISSING when there is none. */
export async function registerOf({ history, name }: SubjectWorkplace): Promise<SignedRegister> {
  const current = await history.current(name);
  if (current === undefined) throw new SealstreamError('KEYSET_MISSING', { keyset: name });
  return current;
}

/** Does it again as long as somebody else is faster. Throws KEYSET_CONFLICT when that never ends. */
export async function againOnConflict<T>(
  { name }: SubjectWorkplace,
  work: () => Promise<T | 'changed'>,
): Promise<T> {
  for (let tries = 0; tries < CHANGE_TRIES; tries++) {
    const done = await work().catch((error: unknown) => {
      if (error instanceof SealstreamError && error.code === 'KEYSET_CONFLICT') return 'changed';
      throw error;
    });
    if (done !== 'changed') return done as T;
  }
  throw new SealstreamError('KEYSET_CONFLICT', { keyset: name });
}

/** Signs and writes the next register, made from the one that stands then, and publishes it. */
export async function changeRegister(
  place: SubjectWorkplace,
  next: (register: SubjectRegister) => Promise<SubjectRegister> | SubjectRegister,
): Promise<SignedRegister> {
  return againOnConflict(place, async () => {
    const before = await registerOf(place);
    const document = await next(before.document);
    if (document === before.document) return before;
    const after = await place.history.write(place.name, before, document);
    await place.history.publish(place.name, after);
    return after;
  });
}
