import type { KafkaRecord } from '@sealstream/bus';
import { REJECT_HEADER, RejectNote, SealstreamError } from '@sealstream/contracts';
import { checkAlert } from './checks/alert.ts';
import { type AuditVerdict, batchEvents, checkAudit, type StageRange } from './checks/audit.ts';
import type { SecureVerdicts, Verdicts } from './checks/check.ts';
import { checkBalance, checkBranch, checkRejected, type Rejected } from './checks/flow.ts';
import { OpenedCheck } from './checks/opened.ts';
import { checkPlaintext, type PlaintextVerdict } from './checks/plaintext.ts';
import { type RecordOpener, recordOpener } from './keys.ts';
import { type Outcome, outcomeOf } from './outcomes.ts';
import type { Progress } from './progress.ts';
import { searchedPlaces } from './searched-places.ts';
import { linksOf, usersTried } from './secure-checks.ts';
import type { DemoSession } from './session.ts';

/** The log is written within seconds of the events; more is a fault. */
const AUDIT_WAIT_MS = 20_000;
const AUDIT_LOOK_MS = 250;
const AUDIT_TRIES = 5;
/** Records opened with one fetch of the keys of their subjects. */
const OPENED_AT_ONCE = 2000;

/** What the checks found, and the figures beside them. */
export interface CheckRun {
  readonly published: number;
  readonly accepted: number;
  readonly rejected: number;
  readonly masked: number;
  readonly encrypted: number;
  readonly audit: AuditVerdict;
  readonly plaintext: PlaintextVerdict;
  readonly verdicts: Verdicts;
}

/** Committed records of a topic, from its first one to its end as it stands now. */
async function readAll<T>(
  session: DemoSession,
  topic: string,
  take: (partition: number, record: KafkaRecord) => T,
): Promise<T[]> {
  const bus = session.ground.buses.readerOf(topic);
  const taken: T[] = [];
  const starts = Array.from({ length: session.ledger.partitions }, (_, partition) => {
    return { topic, partition, offset: 'earliest' as const };
  });
  for await (const { partition, records } of bus.read({ starts, until: 'end' })) {
    if (session.signal.aborted) break;
    for (const record of records) taken.push(take(partition, record));
  }
  // Chunks of different partitions come as they like; order counts within each.
  return taken;
}

function rejectedOf(partition: number, record: KafkaRecord): Rejected {
  const header = record.headers.find(([name]) => name === REJECT_HEADER)?.[1];
  const note = RejectNote.safeParse(JSON.parse(header?.toString('utf8') ?? 'null')).data;
  return {
    ...outcomeOf(partition, record),
    stage: note?.stage ?? 'unknown',
    code: note?.code ?? 'without a reason',
  };
}

async function openAll(session: DemoSession, opener: RecordOpener) {
  const check = new OpenedCheck(session.ledger);
  const { encrypted } = session.ground.dataset.topics;
  const found = await readAll(session, encrypted, (partition, record) => ({
    outcome: outcomeOf(partition, record),
    record: { ...record, value: record.value && Buffer.from(record.value) },
  }));
  for (let at = 0; at < found.length; at += OPENED_AT_ONCE) {
    const part = found.slice(at, at + OPENED_AT_ONCE);
    const opened = await opener.open(part.map(({ record }) => record));
    for (const [index, { outcome }] of part.entries()) check.add(outcome, opened[index]);
  }
  return { outcomes: found.map(({ outcome }) => outcome), verdict: check.verdict() };
}

function stageRanges(session: DemoSession, accepted: readonly Outcome[]): StageRange[] {
  const { ledger, ground } = session;
  const { topics } = ground.dataset;
  const partitions = Array.from({ length: ledger.partitions }, (_, partition) => partition);
  const rawEnds = partitions.map((partition) => (ledger.offsets(partition).at(-1) ?? -1n) + 1n);
  const acceptedEnds = partitions.map((partition) => {
    const own = accepted.filter((outcome) => outcome.partition === partition);
    return (own.at(-1)?.at ?? -1n) + 1n;
  });
  const after = { topic: topics.accepted, records: accepted.length, ends: acceptedEnds };
  return [
    { stage: 'ingest', topic: topics.raw, records: ledger.count, ends: rawEnds },
    { stage: 'mask', ...after },
    { stage: 'encrypt', ...after },
  ];
}

/** Waits until the signed log holds as many records as it should; the check judges what it holds. */
async function auditSettles(session: DemoSession, stages: readonly StageRange[]): Promise<void> {
  const { place, keys } = session.ground;
  const wanted = stages.reduce((sum, { records }) => sum + records, 0);
  let refused = 0;
  for (const deadline = performance.now() + AUDIT_WAIT_MS; performance.now() < deadline; ) {
    try {
      const events = await batchEvents(place.audit, keys.auditVkey);
      if (events.reduce((sum, { recordsIn }) => sum + recordsIn, 0) >= wanted) return;
    } catch (error) {
      if (!(error instanceof SealstreamError)) throw error;
      // A log that stays unreadable is the check's to report; waiting does not mend it.
      refused += 1;
      if (refused === AUDIT_TRIES) return;
    }
    await session.comes(() => false, AUDIT_LOOK_MS);
  }
}

/** Of a demo whose every link is on TLS; the others have none of these checks. */
async function secureVerdicts(session: DemoSession, progress: Progress): Promise<SecureVerdicts> {
  const { secure } = session.ground;
  if (secure === undefined) return {};
  progress.update('trying every port, and users that are wrong');
  const links = await linksOf(session, secure);
  return { 'every link on TLS': links, 'wrong user': await usersTried(session, secure) };
}

/** Waits until the flow has come to rest and checks everything, by reading the topics anew. */
export async function runChecks(session: DemoSession, progress: Progress): Promise<CheckRun> {
  const { dataset, access, place, keys } = session.ground;
  const { topics } = dataset;
  progress.update('waiting until all is through');
  await session.settle();
  progress.update('reading the topics');
  const rejected = await readAll(session, topics.rejected, rejectedOf);
  const accepted = await readAll(session, topics.accepted, outcomeOf);
  const masked = await readAll(session, topics.masked, outcomeOf);
  progress.update('opening what was encrypted');
  const opener = await recordOpener(access, dataset);
  const encrypted = await openAll(session, opener).finally(() => opener.stop());
  progress.update('verifying the audit log');
  const stages = stageRanges(session, accepted);
  await auditSettles(session, stages);
  const audit = await checkAudit(place.audit, keys.auditVkey, stages);
  progress.update(`searching for ${session.values.texts.length} values`);
  const plaintext = await checkPlaintext(session.values, await searchedPlaces(session));
  const secure = await secureVerdicts(session, progress);
  const { ledger } = session;
  const { published } = session.producer;
  return {
    published,
    accepted: accepted.length,
    rejected: rejected.length,
    masked: masked.length,
    encrypted: encrypted.outcomes.length,
    audit,
    plaintext,
    verdicts: {
      accepted: checkBalance(published, ledger, accepted, rejected),
      rejected: checkRejected(rejected),
      masked: checkBranch('mask', ledger, rejected, masked),
      encrypted: checkBranch('encrypt', ledger, rejected, encrypted.outcomes),
      opened: encrypted.verdict,
      'audit log': audit,
      plaintext,
      alert: checkAlert(session.measures.alert),
      ...secure,
    },
  };
}
