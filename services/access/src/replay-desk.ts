import type { Bus } from '@sealstream/bus';
import { type Purpose, type RejectNote, SealstreamError } from '@sealstream/contracts';
import type { StillBad } from '@sealstream/flow';
import type { CheckPlan, Dataset } from '@sealstream/policy';
import {
  endsOf,
  openRejects,
  openServiceKeyring,
  runReplay,
  type ServiceKeys,
  surveyRejects,
} from '@sealstream/service';

import { kafkaAnswer } from './kafka-answer.ts';

/** What a replay opens and seals with; only where the service was given these keys. */
export const REPLAY_PURPOSES: readonly Purpose[] = [
  'accepted',
  'rejected',
  'subject-index',
  'producer',
];
/** Open rejects of a dataset, beyond which a request would last too long. */
const OPEN_MAX = 20_000;
const SURVEY_MS = 30_000;
const PATIENCE_MS = 10_000;

/** Which rejects are tried: those named, or all, or those of a stage or of codes. */
export interface ReplayOrder {
  readonly ids?: readonly string[] | undefined;
  readonly stage?: RejectNote['stage'] | undefined;
  readonly codes?: readonly string[] | undefined;
  /** Also what was tried under this policy before. */
  readonly again: boolean;
  readonly dryRun: boolean;
}

export interface ReplayOutcome {
  /** Accepted; of a dry run those that would be tried. */
  readonly replayed: number;
  /** Open, and left as they were. */
  readonly skipped: number;
  /** Named and not there, or tried and still bad; the first thousand. */
  readonly refused: readonly StillBad[];
}

export interface ReplayDeskOptions {
  readonly bus: Pick<Bus, 'admin' | 'read' | 'stage'>;
  /** Undefined where the service was not given the keys. */
  readonly keys: ServiceKeys | undefined;
  /** How records of a dataset are checked; with a registry where they name schemas of one. */
  readonly planOf: (dataset: Dataset) => CheckPlan;
}

/**
 * Tries rejects again as `sealstream replay` does, by the same code and the same group.
 *
 * Promises: one at a time for a dataset; what was settled stays settled, whatever ends the request.
 */
export class ReplayDesk {
  readonly #options: ReplayDeskOptions;
  readonly #running = new Set<string>();

  constructor(options: ReplayDeskOptions) {
    this.#options = options;
  }

  /** Whether this service was given what a replay needs. */
  get isAble(): boolean {
    return this.#options.keys !== undefined;
  }

  /**
   * @throws SealstreamError KEY_FILE_MISSING without the keys; REPLAY_TOO_LARGE; TOO_MANY_REQUESTS while
   *   another runs; SERVER_MISSING where records need a registry and none is named; KAFKA_UNREACHABLE,
   *   OFFSETS_LOST, or what holds the records up
   */
  async replay(dataset: Dataset, order: ReplayOrder): Promise<ReplayOutcome> {
    const { keys } = this.#options;
    if (keys === undefined)
      throw new SealstreamError('KEY_FILE_MISSING', { purpose: 'rejected', service: 'access' });
    if (this.#running.has(dataset.name))
      throw new SealstreamError('TOO_MANY_REQUESTS', { dataset: dataset.name });
    this.#running.add(dataset.name);
    try {
      return await this.#replay(dataset, order, keys);
    } finally {
      this.#running.delete(dataset.name);
    }
  }

  async #replay(
    dataset: Dataset,
    { again, codes = [], dryRun, ids, stage }: ReplayOrder,
    keys: ServiceKeys,
  ): Promise<ReplayOutcome> {
    const { bus, planOf } = this.#options;
    const named = ids === undefined ? undefined : new Set(ids);
    const choice = { codes, again, ids: named, stage };
    const ends = await kafkaAnswer(this.#boundedEnds(dataset));
    const unknown = new Set(named);
    const surveyed = surveyRejects(bus, dataset, ends, choice, (id) => unknown.delete(id));
    const survey = await kafkaAnswer(surveyed, SURVEY_MS);
    const missing = Array.from(unknown, (id): StillBad => ({ id, code: 'REJECT_UNKNOWN' }));
    const skipped = survey.open - survey.chosen;
    if (dryRun) return { replayed: survey.chosen, skipped, refused: missing };
    if (survey.chosen === 0) return { replayed: 0, skipped, refused: missing };
    const { counts, stillBad } = await runReplay(bus, {
      program: 'access',
      dataset,
      ends,
      choice,
      keys: keys.of(dataset),
      plan: planOf(dataset),
      refresh: () => keys.refresh(),
      patienceMs: PATIENCE_MS,
    });
    return { replayed: counts.accepted, skipped: counts.kept, refused: [...missing, ...stillBad] };
  }

  async #boundedEnds(dataset: Dataset): Promise<bigint[]> {
    const { bus } = this.#options;
    const ends = await endsOf(bus, dataset.topics.rejected);
    const open = (await openRejects(bus, dataset)).reduce(
      (sum, { offset, partition }) => sum + (ends[partition] ?? offset) - offset,
      0n,
    );
    if (open > OPEN_MAX)
      throw new SealstreamError('REPLAY_TOO_LARGE', { dataset: dataset.name, most: OPEN_MAX });
    return ends;
  }
}

/**
 * The keys of replays, where the service was given them: an outermost key file for `rejected` and the
 * others of REPLAY_PURPOSES beside its own. Undefined where one is not there.
 *
 * @throws SealstreamError what openServiceKeyring throws, but for a missing file
 */
export async function openReplayKeys(
  service: Parameters<typeof openServiceKeyring>[1],
): Promise<ServiceKeys | undefined> {
  try {
    const part = { part: 'replay keys', purposes: REPLAY_PURPOSES };
    return await openServiceKeyring('access', service, part);
  } catch (error) {
    if (error instanceof SealstreamError && error.code === 'KEY_FILE_MISSING') return undefined;
    throw error;
  }
}
