import { SealstreamError } from '@sealstream/contracts';
import type { Shredded, ShredOrder, SubjectAdmin, VaultRows } from '@sealstream/keyring';

import { tellShred } from './shred-event.ts';
import type { Tell } from './tell.ts';

/** 16 bytes. */
const INDEX_CHARACTERS = 22;

/** What a change of one person's key works with. */
export interface SubjectParts {
  /** Of the dataset of the order. */
  readonly admin: Pick<SubjectAdmin, 'reEnrol' | 'shred'>;
  /** Its rows of the token vault, also where the policy of now has no field in it. */
  readonly vault: <T>(work: (rows: VaultRows) => Promise<T>) => Promise<T>;
  readonly tell: Tell;
}

/** Whose key, why and by whom; reason and actor stand in the receipt for ever. */
export interface SubjectOrder extends ShredOrder {
  readonly dataset: string;
  /** 22 characters of base64url. */
  readonly index: string;
}

/** Whether a text is the index of a person: 16 bytes in the one form of base64url that they have. */
export function isSubjectIndex(text: string): boolean {
  const isLong = text.length === INDEX_CHARACTERS;
  return isLong && Buffer.from(text, 'base64url').toString('base64url') === text;
}

/**
 * Destroys the key of a person for good, tells of it with the receipt, and takes the person's rows out of
 * the token vault. A second time gives the first receipt, and finishes what was cut.
 *
 * @returns also how many rows went
 * @throws SealstreamError USAGE for a reason that is too long; KEYSET_*, REDIS_*, KAFKA_UNREACHABLE
 */
export async function shredSubject(
  { admin, tell, vault }: SubjectParts,
  { dataset, index, ...order }: SubjectOrder,
): Promise<Shredded & { readonly vaultRows: number }> {
  const done = await admin.shred(index, order);
  await tellShred(tell, dataset, done);
  // After the tombstone: a run that was cut here is finished by the next one.
  const vaultRows = await vault((rows) => rows.endSubject(index));
  return { ...done, vaultRows };
}

/**
 * Lets a shredded person have a new key; what the old one sealed stays destroyed.
 *
 * @returns undefined where an earlier order was cut, and what it left undone is done now
 * @throws SealstreamError USAGE for one that is not shredded; KEYSET_*, REDIS_*, KAFKA_UNREACHABLE
 */
export async function reEnrolSubject(
  { admin, tell, vault }: SubjectParts,
  { dataset, index, ...order }: SubjectOrder,
): Promise<Shredded | undefined> {
  const revived = (isNew: boolean) => vault((rows) => rows.reviveSubject(index, isNew));
  try {
    const enrolled = await admin.reEnrol(index, order);
    await tellShred(tell, dataset, enrolled);
    await revived(enrolled.action === 'done');
    return enrolled;
  } catch (error) {
    // Who lives again already may have been cut off from the vault: then that is finished.
    const lives = error instanceof SealstreamError && error.code === 'USAGE';
    if (!lives || !(await revived(false))) throw error;
    return undefined;
  }
}
