import { setTimeout as sleep } from 'node:timers/promises';

import type { AccessRules } from '@sealstream/authorization';
import { type Logger, SealstreamError } from '@sealstream/contracts';
import type { FlowTransform } from '@sealstream/flow';
import {
  type Dataset,
  type DatasetRules,
  keysStay,
  maskPurpose,
  parsePolicy,
  partsOf,
  type Policy,
} from '@sealstream/policy';

import type { AuditEmitter } from './audit-emitter.ts';
import type { BaseConfig, StageConfig } from './base-settings.ts';
import { besidePolicy } from './beside-policy.ts';
import { errorFields } from './error-fields.ts';
import type { Metrics } from './metrics.ts';
import type { OpenedService } from './open-service.ts';
import { readPolicyText } from './policy-file.ts';

export interface LivePolicyOptions {
  readonly file: string;
  /** What the service started with. */
  readonly policy: Policy;
  /** How often the file is looked at; 0: never. */
  readonly everyMs: number;
  readonly audit: Pick<AuditEmitter, 'note'>;
  readonly logger: Logger;
  readonly metrics: Pick<Metrics, 'policyInfo' | 'policyReloads'>;
}

/** What a running service has built on, so that it is read at start alone. */
const FIXED = [
  'topics',
  'subject',
  'maxRecordBytes',
  'deleteAfterIngest',
  'format',
  'kAnonymity',
] as const satisfies readonly (keyof DatasetRules)[];

/**
 * The policy that a service goes by, followed while it runs.
 *
 * Promises: another text of the file is taken whole or not at all. One that does not hold, that
 * changes a dataset without raising its revision, or that needs a restart is told in the log, in a
 * metric and as an audit event, once, and the old one stays. Whoever asks `of` gets the rules of that
 * moment; a batch asks once, so no batch is treated by two.
 */
export class LivePolicy {
  readonly #options: LivePolicyOptions;
  readonly #stopping = new AbortController();
  #datasets: ReadonlyMap<string, Dataset>;
  #access: AccessRules | undefined;
  /** The text that holds. */
  #text: string;
  /** The text that was refused last: told once, and tried again, since files that it names may come. */
  #refused: string | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(options: LivePolicyOptions) {
    this.#options = options;
    this.#datasets = options.policy.datasets;
    this.#access = options.policy.access;
    this.#text = options.policy.text;
  }

  /** Who may do what now; undefined where the policy does not say, and so nothing is allowed. */
  get access(): AccessRules | undefined {
    return this.#access;
  }

  /** The rules of all datasets now. */
  get datasets(): ReadonlyMap<string, Dataset> {
    return this.#datasets;
  }

  /** What the file held when these rules were taken; a text that was refused never stands here. */
  get text(): string {
    return this.#text;
  }

  /** The rules of a dataset now: the same object until they change. */
  of(name: string): Dataset {
    const dataset = this.#datasets.get(name);
    if (dataset === undefined) throw new SealstreamError('INTERNAL', { dataset: name });
    return dataset;
  }

  start(): void {
    if (this.#options.everyMs > 0) this.#running = this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#running;
  }

  /** Looks at the file now. */
  look(): void {
    const { audit, file, logger, metrics } = this.#options;
    let text: string | undefined;
    try {
      text = readPolicyText(file);
      if (text === this.#text) return;
      if (this.#take(parsePolicy(text, file, besidePolicy(file))))
        metrics.policyReloads.inc({ outcome: 'taken' });
      this.#text = text;
    } catch (error) {
      // A file that is being replaced is not there for a moment.
      if (error instanceof SealstreamError && error.code === 'FILE_UNREADABLE') return;
      if (text === this.#refused) return;
      this.#refused = text;
      logger.error(errorFields(error), 'another policy was refused; the one in use stays');
      metrics.policyReloads.inc({ outcome: 'refused' });
      const code = error instanceof SealstreamError ? error.code : 'INTERNAL';
      audit.note({ type: 'policy-refused', details: { code } });
    }
  }

  /** @returns whether anything changed */
  #take({ access, datasets }: Policy): boolean {
    const changed = [...this.#datasets.values()].flatMap((old) => {
      const now = datasets.get(old.name);
      if (now?.sha256 === old.sha256) return [];
      requireTakeable(old, now);
      return [{ old, now }];
    });
    const added = [...datasets.keys()].find((name) => !this.#datasets.has(name));
    if (added !== undefined)
      throw new SealstreamError('POLICY_NEEDS_RESTART', { dataset: added, what: 'a new dataset' });
    this.#datasets = new Map(
      [...this.#datasets.keys()].map((name) => [
        name,
        changed.find(({ old }) => old.name === name)?.now ?? this.of(name),
      ]),
    );
    for (const { now, old } of changed) this.#tell(old, now);
    return this.#takeAccess(access) || changed.length > 0;
  }

  /** No record carries these rules, so they have a hash and no revision. */
  #takeAccess(access: AccessRules | undefined): boolean {
    const { audit, logger } = this.#options;
    if (access?.sha256 === this.#access?.sha256) return false;
    this.#access = access;
    const sha256 = access?.sha256 ?? 'none';
    audit.note({ type: 'policy-loaded', details: { access: sha256 } });
    logger.info({ sha256 }, 'goes by other access rules from now on');
    return true;
  }

  #tell(old: Dataset, { name, revision, sha256 }: Dataset): void {
    const { audit, logger, metrics } = this.#options;
    const { policyInfo } = metrics;
    policyInfo.remove({ dataset: name, revision: String(old.revision), sha256: old.sha256 });
    policyInfo.set({ dataset: name, revision: String(revision), sha256 }, 1);
    audit.note({ type: 'policy-loaded', dataset: name, details: { revision, sha256 } });
    logger.info({ dataset: name, revision, sha256 }, 'goes by another policy from now on');
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await sleep(this.#options.everyMs, undefined, { signal }).catch(() => undefined);
      if (!signal.aborted) this.look();
    }
  }
}

function requireTakeable(old: Dataset, now: Dataset | undefined): asserts now is Dataset {
  const { name: dataset, revision } = old;
  if (now === undefined)
    throw new SealstreamError('POLICY_NEEDS_RESTART', { dataset, what: 'the dataset is gone' });
  if (now.revision <= revision)
    throw new SealstreamError('POLICY_REVISION', {
      dataset,
      revision: now.revision,
      used: revision,
    });
  // What waits to be in a group was put there by the rules of its time.
  if (old.kAnonymity !== undefined)
    throw new SealstreamError('POLICY_NEEDS_RESTART', {
      dataset,
      what: 'a dataset with kAnonymity',
    });
  // Vaults are opened at the start, for datasets that have a use for one.
  if (usesVault(now) && !usesVault(old))
    throw new SealstreamError('POLICY_NEEDS_RESTART', { dataset, what: 'its first tokenise' });
  // Whether an output may be compacted was looked at with the keys of the start.
  const lost = (['mask', 'encrypt'] as const).find(
    (stage) => keysStay(old.key, stage) && !keysStay(now.key, stage),
  );
  if (lost !== undefined)
    throw new SealstreamError('POLICY_NEEDS_RESTART', { dataset, what: `key: ${lost}` });
  const what = FIXED.find((word) => JSON.stringify(old[word]) !== JSON.stringify(now[word]));
  if (what !== undefined) throw new SealstreamError('POLICY_NEEDS_RESTART', { dataset, what });
}

function usesVault(dataset: Dataset): boolean {
  return partsOf(dataset).some((field) => maskPurpose(field) === 'vault');
}

/** A transform that goes by the rules of the moment at which each batch begins. */
export function livingTransform(
  policy: Pick<LivePolicy, 'of'>,
  name: string,
  make: (dataset: Dataset) => FlowTransform,
): FlowTransform {
  let dataset = policy.of(name);
  let transform = make(dataset);
  return (batch, out) => {
    const now = policy.of(name);
    if (now !== dataset) {
      transform = make(now);
      dataset = now;
    }
    return transform(batch, out);
  };
}

/** Follows the policy file of a service for as long as it runs. */
export function openLivePolicy(
  service: OpenedService<BaseConfig & Pick<StageConfig, 'policyPollMs'>>,
): LivePolicy {
  const { audit, config, onStop, policy, telemetry } = service;
  const { policyFile: file, policyPollMs: everyMs } = config;
  const live = new LivePolicy({ file, policy, everyMs, audit, ...telemetry });
  live.start();
  onStop('policy', () => live.stop());
  return live;
}
