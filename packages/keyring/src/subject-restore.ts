import { SealstreamError } from '@sealstream/contracts';
import { parseEntry, type ShredEntry } from './shred-chain.ts';
import { receiptOf } from './shred-change.ts';
import { ChainedShreds } from './shred-list.ts';
import {
  allEntries,
  lastEntries,
  type LastEntries,
  readReceipts,
  receiptDigest,
} from './shred-replay.ts';
import { type BackupLine, readBackupFile } from './subject-backup-file.ts';
import {
  type EndedRecord,
  endedRecord,
  parseRecord,
  type SubjectRecord,
} from './subject-record.ts';
import {
  activeEpoch,
  type SignedRegister,
  type SubjectRegister,
  withoutRetired,
} from './subject-register.ts';
import { chunks } from './subject-store.ts';
import type { SubjectWorkplace } from './subject-workplace.ts';

const AT_ONCE = 1000;

/** What a restore did. */
export interface RestoredSubjects {
  /** Keys written; those that were there already, and open, are not counted. */
  readonly keys: number;
  /** Keys of the backup left out, since they were destroyed. */
  readonly destroyed: number;
  /** Keys of the backup left out, since their epoch is gone: nothing opens them. */
  readonly unreadable: number;
  /** Subjects that are shredded now. */
  readonly tombstones: number;
  /** Keys that an old Redis held, whose epoch is gone, and of which this backup has no other form. */
  readonly stuck: number;
  /** What the log calls receipts and the key of whoever signs keysets does not verify. */
  readonly refusedReceipts: number;
  readonly version: number;
}

/** What decides about a key of the backup. */
interface Judgement {
  readonly last: LastEntries;
  readonly shreds: ChainedShreds;
  /** Those that the register names and that are still there. */
  readonly epochs: ReadonlySet<string>;
}

/** A key of the backup that is to stand in Redis. */
interface Kept {
  readonly index: string;
  readonly keyId: string;
  readonly record: Buffer;
}

/**
 * Puts subjects back from a backup. Services find no register until all is done, and Redis takes no
 * new key; cut anywhere, it is to be run again.
 *
 * @param receipts of all shreds and re-enrolments that the audit log holds
 * Throws KEYSET_MISSING without a head, and, before anything is changed, KEYSET_ROLLED_BACK when
 * backup and log do not hold every shred that the head counts, and KEYSET_UNREADABLE when the epoch
 * in use is not there: from another epoch store, no key of the backup would seem to open.
 */
export async function restoreBackup(
  place: SubjectWorkplace,
  file: string,
  receipts: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<RestoredSubjects> {
  const newest = await newestRegister(place);
  const logged = await readReceipts(place.dataset, place.signer.publicKey, receipts);
  const backup = await endsIn(file, place.dataset);
  const { entries: left } = await place.store.snapshot(0);
  const sources = { receipts: logged.byNumber, lists: [backup.entries, left] };
  const { entries: texts, register: replayed } = allEntries(newest.document, sources);
  const { epochs, register } = await epochsThere(place, replayed);
  const entries = texts.map(parseEntry);
  const last = lastEntries(texts);
  const shreds = new ChainedShreds(place.dataset);
  shreds.follow(replayed, texts);
  const judgement = { last, shreds, epochs };
  const known = new Map([...logged.byNumber.values()].map(({ bytes, digest }) => [digest, bytes]));
  for (const receipt of backup.receipts) known.set(receiptDigest(receipt), receipt);
  const ended = await endedRecords(place, file, judgement, known);

  await place.writes.close();
  // Shreds first, so that no key stands where one was destroyed, not for a moment.
  const tombstones = [...last.values()].filter(({ action }) => action === 'shred');
  await place.writes.putRecords(tombstones.map(({ index }) => recordFor(index, ended)));
  await place.writes.putKeyIds(
    entries.flatMap(({ index, keyId }) => (keyId === undefined ? [] : [{ index, keyId }])),
  );
  const counts = await putKeys(place, file, judgement);
  await putMarkers(place, judgement, ended);
  const stuck = await countStuck(place, epochs);
  await place.writes.putShreds(texts);
  const signed = register === newest.document ? newest : place.history.sign(register);
  await place.history.putBack(place.name, signed);
  return {
    ...counts,
    tombstones: tombstones.length,
    stuck,
    refusedReceipts: logged.refused,
    version: signed.document.version,
  };
}

/**
 * The epochs of a register that are there. One that it gives up and that is gone ends a rotation
 * which was cut: were it named on, keys of an old Redis under it would stop every later rotation.
 */
async function epochsThere(
  { dataset, source }: SubjectWorkplace,
  register: SubjectRegister,
): Promise<{ epochs: ReadonlySet<string>; register: SubjectRegister }> {
  const stored = new Set((await source.store.load(dataset)).map(({ id }) => id));
  const epochs = new Set(register.epochs.map(({ id }) => id).filter((id) => stored.has(id)));
  const { id: epoch } = activeEpoch(register);
  if (!epochs.has(epoch))
    throw new SealstreamError(
      'KEYSET_UNREADABLE',
      { epoch, dataset },
      'The epoch file does not hold it: is it the one that subjects are rotated with?',
    );
  const isWhole = epochs.size === register.epochs.length;
  return { epochs, register: isWhole ? register : withoutRetired(register) };
}

/** The head, or what Redis holds when that is newer: a change whose publishing was cut. */
async function newestRegister({ history, name, store }: SubjectWorkplace): Promise<SignedRegister> {
  const head = await history.head(name);
  if (head === undefined) throw new SealstreamError('KEYSET_MISSING', { keyset: name });
  const { register } = await store.snapshot(0);
  const there = register === null ? undefined : history.believed(name, register);
  if (there === undefined || there.document.version <= head.document.version) return head;
  await history.publish(name, there);
  return there;
}

/** Entries and receipts of a backup; having read it to its end, it is whole. */
async function endsIn(
  file: string,
  dataset: string,
): Promise<{ entries: string[]; receipts: Buffer[] }> {
  const [entries, receipts]: [string[], Buffer[]] = [[], []];
  for await (const line of readBackupFile(file, dataset))
    if ('entry' in line) entries.push(line.entry);
    else {
      const record = parseRecord(line.record);
      if (record.kind !== 'live') receipts.push(record.receipt);
    }
  return { entries, receipts };
}

/**
 * The record of each subject whose last entry it is; none of a re-enrolled one who has a key, whose
 * receipt may have stood in Redis alone. Throws KEYSET_ROLLED_BACK without a receipt.
 */
async function endedRecords(
  place: SubjectWorkplace,
  file: string,
  judgement: Judgement,
  receipts: Map<string, Buffer>,
): Promise<ReadonlyMap<string, Buffer>> {
  const { dataset } = place;
  const entries = [...judgement.last.values()];
  const missing = entries.filter(({ receiptDigest: id }) => !receipts.has(id));
  const wanted = new Set(missing.map(({ index }) => index));
  const living = new Set<string>();
  const found = await place.store.records([...wanted]);
  for (const [at, { index }] of missing.entries()) {
    const record = recordOf(found[at]);
    if (record === undefined) continue;
    if (record.kind !== 'live') receipts.set(receiptDigest(record.receipt), record.receipt);
    else if (!judgement.shreds.hasDestroyed(index, record)) living.add(index);
  }
  if (missing.some(({ receiptDigest: id }) => !receipts.has(id)))
    for await (const line of readBackupFile(file, dataset)) {
      const key = judged(line, judgement);
      if (typeof key === 'object' && wanted.has(key.index)) living.add(key.index);
    }
  const records = new Map<string, Buffer>();
  for (const { action, index, receiptDigest: digest } of entries) {
    const receipt = receipts.get(digest);
    if (receipt === undefined && action === 're-enrol' && living.has(index)) continue;
    if (receipt === undefined)
      throw new SealstreamError(
        'KEYSET_ROLLED_BACK',
        { dataset, index },
        'Neither backup nor audit log holds the receipt of this shred: give the whole log.',
      );
    const kind = action === 'shred' ? 'tombstone' : 'reEnrolled';
    records.set(index, endedRecord(kind, receipt));
  }
  return records;
}

async function putKeys(
  place: SubjectWorkplace,
  file: string,
  judgement: Judgement,
): Promise<Pick<RestoredSubjects, 'keys' | 'destroyed' | 'unreadable'>> {
  const counts = { keys: 0, destroyed: 0, unreadable: 0 };
  let waiting: Kept[] = [];
  const put = async (): Promise<void> => {
    await place.writes.putKeyIds(waiting);
    counts.keys += await putRecords(place, waiting, judgement);
    waiting = [];
  };
  for await (const line of readBackupFile(file, place.dataset)) {
    const outcome = judged(line, judgement);
    if (outcome === undefined) continue;
    if (typeof outcome === 'string') counts[outcome]++;
    else waiting.push(outcome);
    if (waiting.length === AT_ONCE) await put();
  }
  await put();
  return counts;
}

/** Writes keys where none stands that is as good. @returns how many */
async function putRecords(
  place: SubjectWorkplace,
  keys: readonly Kept[],
  judgement: Judgement,
): Promise<number> {
  const found = await place.store.records(keys.map(({ index }) => index));
  const added = await place.writes.addRecords(keys.filter((_, at) => found[at] === null));
  const replaced = keys.flatMap(({ index, record: after }, at) => {
    const before = found[at];
    if (before === null || stays(place, index, before, judgement)) return [];
    return [{ index, before, after }];
  });
  return added + (await place.writes.replace(replaced));
}

/**
 * What an old Redis may hold is no reason to leave a key out: one under an epoch that is gone, one
 * that was destroyed, a tombstone from before a re-enrolment.
 */
function stays(
  place: SubjectWorkplace,
  index: string,
  found: Buffer,
  { epochs, shreds }: Judgement,
): boolean {
  const record = recordOf(found);
  if (record?.kind === 'live')
    return epochs.has(record.epoch) && !shreds.hasDestroyed(index, record);
  return isLaterShred(place, index, record, shreds);
}

/** A shred that was cut before anybody was told of it is the only one that the log may lack. */
function isLaterShred(
  place: SubjectWorkplace,
  index: string,
  record: SubjectRecord | undefined,
  shreds: ChainedShreds,
): boolean {
  return record?.kind === 'tombstone' && numberOf(place, index, record) > shreds.count;
}

/** The number of the receipt in a tombstone; 0 when it is none of ours. */
function numberOf(place: SubjectWorkplace, index: string, tombstone: EndedRecord): number {
  try {
    return receiptOf(place, index, tombstone).document.number;
  } catch {
    return 0;
  }
}

/** Undefined for what is no record. */
function recordOf(bytes: Buffer | null): SubjectRecord | undefined {
  try {
    return bytes === null ? undefined : parseRecord(bytes);
  } catch {
    return undefined;
  }
}

/** They stay as they are: another backup may have them under an epoch that is there. */
async function countStuck(
  { writes }: SubjectWorkplace,
  epochs: ReadonlySet<string>,
): Promise<number> {
  // An index may come twice.
  const stuck = new Set<string>();
  for await (const part of writes.all())
    for (const { index, record: bytes } of part) {
      const record = recordOf(bytes);
      if (record?.kind === 'live' && !epochs.has(record.epoch)) stuck.add(index);
    }
  return stuck.size;
}

function judged(
  line: BackupLine,
  { epochs, last, shreds }: Judgement,
): undefined | 'destroyed' | 'unreadable' | Kept {
  if ('entry' in line) return undefined;
  const record = parseRecord(line.record);
  if (record.kind !== 'live') return undefined;
  const { index } = line;
  if (last.get(index)?.action === 'shred' || shreds.hasDestroyed(index, record)) return 'destroyed';
  if (!epochs.has(record.epoch)) return 'unreadable';
  return { index, keyId: record.keyId, record: line.record };
}

/** Subjects that may live again do so under a new key, or under the one they have had since. */
async function putMarkers(
  place: SubjectWorkplace,
  { last, shreds }: Judgement,
  ended: ReadonlyMap<string, Buffer>,
): Promise<void> {
  const again = [...last.values()].filter(({ action }) => action === 're-enrol');
  for (const part of chunks<ShredEntry>(again, AT_ONCE)) {
    const found = await place.store.records(part.map(({ index }) => index));
    const without = part.filter(({ index }, at) => {
      const record = recordOf(found[at]);
      if (record?.kind === 'live') return shreds.hasDestroyed(index, record);
      return !isLaterShred(place, index, record, shreds);
    });
    await place.writes.putRecords(without.map(({ index }) => recordFor(index, ended)));
  }
}

function recordFor(
  index: string,
  records: ReadonlyMap<string, Buffer>,
): { index: string; record: Buffer } {
  const record = records.get(index);
  if (record === undefined) throw new SealstreamError('INTERNAL', { index });
  return { index, record };
}
