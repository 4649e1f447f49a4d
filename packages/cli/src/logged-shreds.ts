import { decodeEntry, parseEvent, readEntries, verifyLog } from '@sealstream/audit-log';
import { SealstreamError } from '@sealstream/contracts';

const TYPES: readonly string[] = ['subject-shredded', 'subject-re-enrolled'];

/**
 * Receipts of all shreds and re-enrolments that an audit log holds, after the whole log was
 * verified: a log from which something was taken away would bring somebody back. Who told the log is
 * not asked: a receipt is proved by its signature, and what is none is for the restore to pass over.
 *
 * @throws SealstreamError AUDIT_LOG_CORRUPT
 */
export async function* loggedShreds(dir: string, vkey: string): AsyncGenerator<Buffer> {
  const report = await verifyLog(dir, vkey);
  const [finding] = report.findings;
  if (!report.intact)
    throw new SealstreamError('AUDIT_LOG_CORRUPT', { dir, finding: finding?.kind });
  for await (const { bytes } of readEntries(dir, vkey)) {
    const entry = decodeEntry(bytes);
    if (entry.kind === 'unreadable') continue;
    const event = parseEvent(entry.value);
    if (event === null || event.type === 'batch' || !TYPES.includes(event.type)) continue;
    const { receipt } = event.details;
    if (typeof receipt === 'string') yield Buffer.from(receipt);
  }
}
