import { createHash } from 'node:crypto';
import { SealstreamError } from '@sealstream/contracts';
import { entryText, FIRST_LINK, linkAfter, parseEntry, type ShredEntry } from './shred-chain.ts';
import { entryOf, type SignedReceipt, verifyReceipt } from './shred-receipt.ts';
import { type SubjectRegister, withShred } from './subject-register.ts';

/** What a restore is told about shreds; from each it takes what the others lack. */
export interface ShredSources {
  /** Receipts from the audit log, by their number. */
  readonly receipts: ReadonlyMap<number, SignedReceipt>;
  /** Lists of entries from their beginning, as of a backup and of what is left in Redis. */
  readonly lists: readonly (readonly string[])[];
}

/** The last entry about a subject. */
export type LastEntries = ReadonlyMap<string, ShredEntry>;

/** What a log holds about one dataset. */
export interface LoggedReceipts {
  readonly byNumber: ReadonlyMap<number, SignedReceipt>;
  /** How many are no receipts of ours, of whichever dataset they may be. */
  readonly refused: number;
}

/**
 * Reads receipts of one dataset. What does not verify is passed over: the log keeps for ever what
 * anybody who may write to it once told it. Whether all are there, allEntries says.
 */
export async function readReceipts(
  dataset: string,
  signerPublicKey: Uint8Array,
  receipts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<LoggedReceipts> {
  const byNumber = new Map<number, SignedReceipt>();
  let refused = 0;
  for await (const bytes of receipts) {
    const signed = believedReceipt(bytes, signerPublicKey);
    if (signed === undefined) refused++;
    else if (signed.document.dataset === dataset) byNumber.set(signed.document.number, signed);
  }
  return { byNumber, refused };
}

function believedReceipt(
  bytes: Uint8Array,
  signerPublicKey: Uint8Array,
): SignedReceipt | undefined {
  try {
    return verifyReceipt(bytes, signerPublicKey);
  } catch {
    return undefined;
  }
}

/**
 * Every entry that a register counts, and those that the log holds after it.
 *
 * Throws KEYSET_ROLLED_BACK when one is missing, or they do not lead to the register's chain.
 */
export function allEntries(
  register: SubjectRegister,
  { lists, receipts }: ShredSources,
): { entries: string[]; register: SubjectRegister } {
  const entries: string[] = [];
  let link = FIRST_LINK;
  let after = register;
  for (let number = 1; ; number++) {
    const signed = receipts.get(number);
    const isCounted = number <= register.shreds;
    const listed = lists.map((list) => list[number - 1]).find((text) => text !== undefined);
    const text = signed === undefined ? listed : entryText(entryOf(signed));
    if (!isCounted && signed === undefined) break;
    if (text === undefined)
      throw new SealstreamError(
        'KEYSET_ROLLED_BACK',
        { dataset: register.dataset, shred: number, of: register.shreds },
        'Backup and audit log do not hold every shred: give the whole log.',
      );
    entries.push(text);
    link = linkAfter(link, text);
    if (number === register.shreds && link !== register.shredChain)
      throw new SealstreamError('KEYSET_ROLLED_BACK', { dataset: register.dataset, shred: number });
    if (!isCounted) after = withShred(after, link);
  }
  return { entries, register: after };
}

/** What became of each subject in the end. */
export function lastEntries(entries: readonly string[]): LastEntries {
  return new Map(entries.map(parseEntry).map((entry) => [entry.index, entry]));
}

/** SHA-256 of a receipt as entries hold it. */
export function receiptDigest(receipt: Uint8Array): string {
  return createHash('sha256').update(receipt).digest('hex');
}
