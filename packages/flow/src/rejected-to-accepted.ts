import {
  type Branch,
  emptyParts,
  type ErrorCode,
  type RejectNote,
  SealstreamError,
} from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import { type CheckPlan, checkPlan, type Dataset } from '@sealstream/policy';

import { AcceptedCodec, type SealedRecord } from './accepted.ts';
import { batchEvent } from './batch-event.ts';
import { type Envelope, viewOf } from './envelope.ts';
import type { FetchedBatch, FlowTransform } from './flow-transform.ts';
import { ProducerSeals } from './producer-seal.ts';
import { RejectedCodec } from './rejected.ts';
import {
  decodeSourceMark,
  encodeSourceMark,
  markBytes,
  revisionOf,
  type SourceMark,
} from './source-mark.ts';
import { StageCounts } from './stage-counts.ts';
import { SubjectIndex } from './subject-index.ts';

/**
 * Which branches a record is for again, by the stage that rejected it: what only mask had rejected
 * is on encrypted already. A replay that rejects again keeps the stage's name, so this stays true.
 */
const BRANCH_OF: Readonly<Record<RejectNote['stage'], Branch>> = {
  ingest: 'both',
  mask: 'mask',
  encrypt: 'encrypt',
};

/** The mark has one byte for it. */
const ATTEMPTS_MAX = 255;

/** Of one batch; whoever wants all reads the rejected topic. */
const STILL_BAD_MAX = 1000;

/** Which rejects are tried again. */
export interface ReplayChoice {
  /** Only those of these codes; all when empty. */
  readonly codes: readonly string[];
  /** Also those that were tried before under the policy of now. */
  readonly again: boolean;
  /** Only those that this stage rejected; all when absent. */
  readonly stage?: RejectNote['stage'] | undefined;
  /** Only those that stand at these places, as `partition:offset`; all when absent. */
  readonly ids?: ReadonlySet<string> | undefined;
}

/** A reject that was tried and is still bad. */
export interface StillBad {
  /** Where it stood, as `partition:offset`. */
  readonly id: string;
  readonly code: ErrorCode;
}

/** What a replay counts. */
export interface ReplayCounts {
  accepted: number;
  /** Still bad: rejected again with one attempt more. */
  rejected: number;
  /** Not chosen: put back as they were. */
  kept: number;
}

/**
 * Whether a reject is tried. One that was replayed under this very policy already would fail the
 * same way, so it is left alone unless asked for; one from a newer policy waits for that; one that
 * has no attempt left stays.
 *
 * @param id where it stands, as `partition:offset`
 */
export function isChosen(
  note: RejectNote,
  mark: SourceMark,
  dataset: Dataset,
  { again, codes, ids, stage }: ReplayChoice,
  id: string,
): boolean {
  if (ids?.has(id) === false || (stage !== undefined && note.stage !== stage)) return false;
  if (codes.length > 0 && !codes.includes(note.code)) return false;
  if (mark.attempt >= ATTEMPTS_MAX || revisionOf(mark) > dataset.revision) return false;
  return again || mark.attempt === 0 || !mark.policyId.equals(dataset.policyId);
}

/**
 * The transform of a replay: a chosen reject is opened, checked by the policy of now and goes to
 * accepted under its origin's coordinate with one attempt more, for the branch that had rejected
 * it; one that is still bad goes back to rejected with that attempt. One that is not chosen is put
 * back as it stands. So what lies behind the group's offset is settled, and each open reject stands
 * once after it.
 *
 * Throws retryable errors of the keys (KEY_UNKNOWN, KEYRING_STALE): then nothing of the batch is
 * written. Gives a promise when schemas have to be brought.
 */
export function rejectedToAccepted(
  dataset: Dataset,
  keys: KeySource,
  choice: ReplayChoice,
  onCounted: (batch: FetchedBatch, counts: ReplayCounts, stillBad: readonly StillBad[]) => void,
  plan: CheckPlan = checkPlan(dataset),
): FlowTransform {
  const codec = {
    accepted: new AcceptedCodec(dataset.name),
    rejected: new RejectedCodec(dataset.name),
  };
  const seals = new ProducerSeals(dataset);
  const subject = new FoundSubject(dataset.name);
  const parts = emptyParts();
  const { schemas } = plan;
  return (batch, out) => {
    schemas?.begin(batch.partition, batch.from);
    const counts = new StageCounts();
    // The event names the keys that sealed.
    const noted = counts.tally.noting(keys);
    const done: ReplayCounts = { accepted: 0, rejected: 0, kept: 0 };
    const stillBad: StillBad[] = [];
    const accepted = out.to(dataset.topics.accepted);
    const rejected = out.to(dataset.topics.rejected);
    for (let index = 0; index < batch.records.length; index += 1) {
      batch.records.read(index, parts);
      const headers = batch.records.headersOf(parts);
      const record = { key: viewOf(parts.key), value: viewOf(parts.value), headers };
      const { offset } = parts;
      const id = `${batch.partition}:${offset}`;
      const isWanted: Wanted = (note, mark) => isChosen(note, mark, dataset, choice, id);
      const opened = chosen(codec.rejected, record, isWanted, noted);
      if (opened === undefined) {
        rejected.push(record, offset);
        done.kept += 1;
        continue;
      }
      const { mark: origin, note } = opened;
      const { envelope, fault: sealFault } = unsealed(opened, seals, noted);
      const branch = BRANCH_OF[note.stage];
      const attempt = origin.attempt + 1;
      const mark = encodeSourceMark({ ...origin, policyId: dataset.policyId, attempt, branch });
      const isTooLarge = batch.oversized.has(offset);
      const fault =
        sealFault ?? faultOf(envelope, plan, isTooLarge) ?? subject.fault(noted, envelope, plan);
      if (fault === WAITS) continue;
      if (fault === undefined) {
        const about = { ...envelope, subject: subject.found };
        accepted.push(codec.accepted.seal(noted, mark, record.key, about), offset);
        done.accepted += 1;
        continue;
      }
      counts.reject(fault.code);
      if (stillBad.length < STILL_BAD_MAX) stillBad.push({ id, code: fault.code });
      const reason = { ...fault, stage: note.stage, topic: note.source.topic };
      rejected.push(codec.rejected.seal(noted, mark, record.key, envelope, reason), offset);
      done.rejected += 1;
    }
    if (schemas?.wants === true) return schemas.bring();
    const outputs = { [dataset.topics.accepted]: accepted, [dataset.topics.rejected]: rejected };
    onCounted(batch, done, stillBad);
    return batchEvent('replay', dataset, batch, outputs, counts);
  };
}

type Wanted = (note: RejectNote, mark: SourceMark) => boolean;

/** The opened record, or undefined when it is not chosen or is no reject of ours. */
function chosen(
  codec: RejectedCodec,
  record: SealedRecord,
  isWanted: Wanted,
  keys: KeySource,
): ReturnType<RejectedCodec['open']> | undefined {
  try {
    const mark = decodeSourceMark(markBytes(record.headers));
    return isWanted(codec.note(record), mark) ? codec.open(keys, record) : undefined;
  } catch (error) {
    const isForged = error instanceof SealstreamError && error.code === 'RECORD_NOT_AUTHENTIC';
    if (isForged) return undefined;
    throw error;
  }
}

/**
 * What a producer sealed, opened. What ingest opened already is in the clear here and counts as sealed;
 * what it refused for not being sealed is refused for that again.
 */
function unsealed(
  { envelope, note }: Pick<ReturnType<RejectedCodec['open']>, 'envelope' | 'note'>,
  seals: ProducerSeals,
  keys: KeySource,
): { readonly envelope: Envelope; readonly fault?: Fault | undefined } {
  const { key, value } = envelope;
  if (value === null) return { envelope };
  if (!seals.isSealed(value, 0, value.length)) {
    const code = note.code === 'RECORD_NOT_SEALED' ? seals.plainFault : undefined;
    return { envelope, fault: code && { code } };
  }
  const opened = seals.open(keys, key, value);
  return 'code' in opened
    ? { envelope, fault: opened }
    : { envelope: { ...envelope, value: opened.value } };
}

interface Fault {
  readonly code: ErrorCode;
  readonly byte?: number | undefined;
  readonly path?: string | undefined;
}

/** Neither: the batch is asked for again with the schema that the record names. */
const WAITS: Fault = { code: 'SCHEMAS_WANTED' };

function faultOf({ value }: Envelope, plan: CheckPlan, isTooLarge: boolean): Fault | undefined {
  if (isTooLarge) return { code: 'RECORD_TOO_LARGE' };
  if (value === null) return undefined;
  try {
    const verdict = plan.check(value);
    return verdict.ok ? undefined : verdict;
  } catch (error) {
    if (error instanceof SealstreamError && error.code === WAITS.code) return WAITS;
    throw error;
  }
}

/** Whom a record is about that fits the policy of now. */
class FoundSubject {
  /** Its index; null when the dataset has no subject. */
  found: Buffer | null = null;
  readonly #index: SubjectIndex;

  constructor(dataset: string) {
    this.#index = new SubjectIndex(dataset);
  }

  /** Finds the subject; a shredded one is refused. */
  fault(keys: KeySource, { value }: Envelope, plan: CheckPlan): Fault | undefined {
    this.found = null;
    const text = value === null ? undefined : plan.subject();
    if (text === undefined) return undefined;
    this.found = viewOf(this.#index.of(keys, text));
    const isShredded = this.found !== null && keys.shreds?.has(this.found, 0) === true;
    return isShredded ? { code: 'SUBJECT_SHREDDED' } : undefined;
  }
}
