import { SealstreamError } from '@sealstream/contracts';
import type { Signer } from '@sealstream/crypto';
import { entryText, linkAfter, type ShredEntry } from './shred-chain.ts';
import { ChainedShreds } from './shred-list.ts';
import { lastEntries } from './shred-replay.ts';
import {
  entryOf,
  requireAbout,
  type SignedReceipt,
  signReceipt,
  verifyReceipt,
} from './shred-receipt.ts';
import {
  type EndedRecord,
  endedRecord,
  parseRecord,
  type SubjectRecord,
} from './subject-record.ts';
import { type SignedRegister, withShred } from './subject-register.ts';
import { againOnConflict, registerOf, type SubjectWorkplace } from './subject-workplace.ts';

/** Why and by whom. It stands in the receipt for ever: no value of a record belongs there. */
export interface ShredOrder {
  readonly reason: string;
  readonly actor: string;
}

/** What an order did: `unchanged` comes with the receipt of the first time. */
export interface Shredded {
  readonly action: 'done' | 'unchanged';
  readonly receipt: SignedReceipt;
}

/** A receipt fits into one entry of the audit log, whatever is written into it. */
const REASON_CHARACTERS_MAX = 1000;

/** What each action leaves in the subject's place. */
const LEAVES = { shred: 'tombstone', 're-enrol': 'reEnrolled' } as const;

/** Destroys a subject's key for good, or lets a shredded subject have a new one. See SubjectAdmin. */
export function endSubject(
  place: SubjectWorkplace,
  action: 'shred' | 're-enrol',
  index: string,
  order: ShredOrder,
): Promise<Shredded> {
  // Precondition: a reason is one short text.
  if (order.reason.length > REASON_CHARACTERS_MAX)
    throw new SealstreamError('USAGE', { reasonCharactersMax: REASON_CHARACTERS_MAX });
  return againOnConflict(place, async () => {
    const before = await registerOf(place);
    const [found = null] = await place.store.records([index]);
    const record = found === null ? undefined : parseRecord(found);
    const ended = record?.kind === LEAVES[action] ? receiptOf(place, index, record) : undefined;
    if (ended !== undefined && (await isLast(place, before, ended, action)))
      return { action: 'unchanged', receipt: ended };
    if (action === 're-enrol' && record?.kind !== 'tombstone')
      throw new SealstreamError('USAGE', { index }, 'This subject is not shredded.');
    const { document } = before;
    const receipt = signReceipt(
      {
        type: 'sealstream-shred',
        v: 1,
        action,
        dataset: place.dataset,
        index,
        ...keyOf(record),
        time: new Date().toISOString(),
        ...order,
        number: document.shreds + 1,
        version: document.version + 1,
      },
      place.signer,
    );
    const entry = entryText(entryOf(receipt));
    const next = withShred(document, linkAfter(document.shredChain, entry));
    const after = place.history.sign(next);
    // A key that ends in Redis has ended for good.
    await place.history.requireWritable();
    const outcome = await place.writes.end({
      index,
      register: { before: before.bytes, after: after.bytes },
      record: { before: found, after: endedRecord(LEAVES[action], receipt.bytes) },
      entry,
      entriesBefore: document.shreds,
    });
    if (outcome === 'changed') return 'changed';
    if (outcome === 'rolled-back')
      throw new SealstreamError('KEYSET_ROLLED_BACK', { keyset: place.name, shreds: 'fewer' });
    await place.history.publish(place.name, after);
    return { action: 'done', receipt };
  });
}

/** The receipt that stands in a subject's place. Throws KEYSET_BAD_SIGNATURE, KEYSET_UNREADABLE. */
export function receiptOf(
  { dataset, signer }: { readonly dataset: string; readonly signer: Pick<Signer, 'publicKey'> },
  index: string,
  { receipt }: EndedRecord,
): SignedReceipt {
  const signed = verifyReceipt(receipt, signer.publicKey);
  requireAbout(signed, { dataset, index });
  return signed;
}

/**
 * Whether the signed list ends, for this subject, with the entry of this receipt: an old tombstone
 * that somebody put back is no shred, and neither is the receipt of a re-enrolment in its place.
 */
async function isLast(
  { dataset, store }: SubjectWorkplace,
  { document }: SignedRegister,
  { digest, document: { index } }: SignedReceipt,
  action: ShredEntry['action'],
): Promise<boolean> {
  const { entries } = await store.snapshot(0);
  const counted = entries.slice(0, document.shreds);
  new ChainedShreds(dataset).follow(document, counted);
  // What stands behind the counted entries is signed by nobody.
  const last = lastEntries(counted).get(index);
  return last?.receiptDigest === digest && last.action === action;
}

function keyOf(record: SubjectRecord | undefined): { keyId?: string } {
  return record?.kind === 'live' ? { keyId: record.keyId } : {};
}
