import { setTimeout as sleep } from 'node:timers/promises';

import type { Bus } from '@sealstream/bus';
import {
  type AlertEvent,
  auditTopic,
  CHECKPOINT_TOPIC,
  type DatasetTopics,
  type Logger,
  SERVICES,
} from '@sealstream/contracts';
import {
  type AuditEmitter,
  auditEventOf,
  type Health,
  type Metrics,
  sampleStages,
  TopicFeed,
  type WatchedStage,
  watchedStages,
} from '@sealstream/service';

import { AlertBoard } from './alert-board.ts';
import { AlertLog } from './alert-log.ts';
import { alertTimes } from './alert-times.ts';
import { AuditGaps } from './audit-gaps.ts';
import { AuditIntake } from './audit-intake.ts';
import { BrokenGlass } from './broken-glass.ts';
import { CheckpointAge } from './checkpoint-age.ts';
import type { AnomalyAlertConfig } from './config.ts';
import { LagRule } from './lag.ts';
import { Liveness } from './liveness.ts';
import { watchMetrics, type WatchMetrics } from './metrics.ts';
import { MissingOutcomes } from './missing-outcomes.ts';
import { Pauses } from './pauses.ts';
import { Throughput } from './throughput.ts';
import { UndeclaredData } from './undeclared-data.ts';
import { UnknownSchemaFields } from './unknown-schema-fields.ts';
import { watchedTopics } from './watched-flow.ts';

/** What the watcher is given. */
export interface WatcherOptions {
  readonly config: AnomalyAlertConfig;
  /** Topics of each dataset. */
  readonly flow: ReadonlyMap<string, DatasetTopics>;
  readonly bus: Pick<Bus, 'admin' | 'append' | 'read'>;
  readonly audit: Pick<AuditEmitter, 'note'>;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly health: Health;
}

const STOP_MS = 3000;

/** Milliseconds since 1970 that never go backwards and never jump. */
function now(): number {
  return performance.timeOrigin + performance.now();
}

/**
 * Watches the flow: reads what services say, asks Kafka how the stages stand, judges every rule and
 * tells what changed, on security.alerts, in metrics and as audit events.
 */
export class Watcher {
  readonly #options: WatcherOptions;
  readonly #stages: readonly WatchedStage[];
  readonly #startedMs = now();
  readonly #throughput: Throughput;
  readonly #lag: LagRule;
  readonly #liveness: Liveness;
  readonly #checkpoints: CheckpointAge;
  readonly #pauses: Pauses;
  readonly #gaps: AuditGaps;
  readonly #undeclared: UndeclaredData;
  readonly #schemas: UnknownSchemaFields;
  readonly #outcomes: MissingOutcomes;
  readonly #glass: BrokenGlass;
  readonly #board: AlertBoard;
  readonly #metrics: WatchMetrics;
  readonly #stopping = new AbortController();
  readonly #running: Promise<void>[] = [];
  readonly #closers: (() => Promise<void>)[] = [];

  constructor(options: WatcherOptions) {
    const { config, flow, metrics } = options;
    this.#options = options;
    this.#stages = watchedStages(flow);
    this.#throughput = new Throughput(watchedTopics(flow), {
      rate: config.flowRate,
      windowMs: config.flowWindowMs,
      silenceMs: config.flowSilenceMs,
    });
    const limits = { records: config.lagRecords, ageMs: config.lagAgeMs };
    this.#lag = new LagRule(this.#stages, limits);
    this.#liveness = new Liveness(this.#stages, this.#startedMs, config.startGraceMs);
    this.#checkpoints = new CheckpointAge(this.#startedMs, config.checkpointAgeMs);
    this.#pauses = new Pauses(this.#stages, config.pauseSilenceMs);
    this.#gaps = new AuditGaps(config.gapHoldMs);
    this.#undeclared = new UndeclaredData(config.undeclaredHoldMs);
    this.#schemas = new UnknownSchemaFields(config.undeclaredHoldMs);
    this.#outcomes = new MissingOutcomes({
      waitMs: config.outcomeWaitMs,
      holdMs: config.gapHoldMs,
    });
    this.#glass = new BrokenGlass(config.breakGlassHoldMs);
    this.#board = new AlertBoard({
      rules: [
        this.#throughput,
        this.#lag,
        this.#liveness,
        this.#checkpoints,
        this.#pauses,
        this.#gaps,
        this.#undeclared,
        this.#schemas,
        this.#outcomes,
        this.#glass,
      ],
      timesOf: (rule) => alertTimes(config, rule),
      runbooks: config.runbooks,
    });
    this.#metrics = watchMetrics(metrics);
  }

  /**
   * Resolves once everything that stood on the topics was read and the rules are being judged.
   *
   * @throws SealstreamError TOPIC_MISSING
   */
  async start(): Promise<void> {
    const { bus, logger } = this.#options;
    const log = await AlertLog.open(bus, logger);
    this.#closeLater(() => log.stop(STOP_MS));
    for (const event of log.firing()) this.#restore(event);
    await this.#openFeeds();
    await this.#sample();
    this.#running.push(
      this.#every(this.#options.config.sampleEveryMs, () => this.#sample()),
      this.#every(this.#options.config.lookEveryMs, () => this.#look(log)),
    );
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#running);
    for (const close of this.#closers.toReversed()) await close();
  }

  #closeLater(close: () => Promise<void>): void {
    this.#closers.push(close);
  }

  #restore(event: AlertEvent): void {
    const { expected, rule, seen, service, since, time } = event;
    this.#board.restore(event);
    // The event that told of the gap is not read again: the alert itself is what is left of it.
    if (rule === 'audit-gap' && service !== undefined)
      this.#gaps.gap(service, { atMs: Date.parse(time), expected, seen });
    if (rule === 'missing-outcome' && service !== undefined)
      this.#outcomes.restore(service, { atMs: Date.parse(since), seen });
  }

  async #openFeeds(): Promise<void> {
    const { bus, config, logger } = this.#options;
    const intake = new AuditIntake({
      throughput: this.#throughput,
      pauses: this.#pauses,
      gaps: this.#gaps,
      undeclared: this.#undeclared,
      schemas: this.#schemas,
      outcomes: this.#outcomes,
    });
    const services = new Map<string, string>(
      SERVICES.filter((name) => name !== 'anomaly-alert').map((name) => [auditTopic(name), name]),
    );
    const { flowWindowMs, outcomeWaitMs, pauseSilenceMs } = config;
    const backMs = Math.max(flowWindowMs * 2, pauseSilenceMs, outcomeWaitMs * 2);
    const events = await TopicFeed.open({
      bus,
      logger,
      topics: [...services.keys()],
      from: { atMs: Math.floor(this.#startedMs - backMs) },
      onRecord: (topic, record) => {
        const isRead = intake.take(services.get(topic) ?? '', record, this.#heardAt(record));
        if (!isRead) this.#metrics.unreadable.inc({ topic });
      },
    });
    this.#closeLater(() => events.stop());
    const checkpoints = await TopicFeed.open({
      bus,
      logger,
      topics: [CHECKPOINT_TOPIC],
      from: 'earliest',
      onRecord: (_, { timestamp }) => this.#checkpoints.checkpoint(Number(timestamp), now()),
    });
    this.#closeLater(() => checkpoints.stop());
    await this.#openCommands();
  }

  /** Who went around access while nobody watched is told all the same. */
  async #openCommands(): Promise<void> {
    const { bus, config, logger } = this.#options;
    const commands = await TopicFeed.open({
      bus,
      logger,
      topics: [auditTopic('cli')],
      from: { atMs: Math.floor(this.#startedMs - config.breakGlassHoldMs) },
      onRecord: (topic, record) => {
        const event = auditEventOf(record.value);
        if (event === null) this.#metrics.unreadable.inc({ topic });
        else if (event.type === 'break-glass') this.#glass.event(event, this.#heardAt(record));
      },
    });
    this.#closeLater(() => commands.stop());
  }

  /** What was written before the start counts at its own time, what comes counts when it comes. */
  #heardAt({ timestamp }: { readonly timestamp: bigint }): number {
    const atMs = Number(timestamp);
    return atMs < this.#startedMs ? atMs : now();
  }

  async #sample(): Promise<void> {
    const { bus, health, logger } = this.#options;
    const failure = await sampleStages({
      bus,
      logger,
      now,
      stages: this.#stages,
      lag: this.#lag,
      liveness: this.#liveness,
    });
    if (failure === null) health.met('stages');
    else health.waitFor('stages', failure);
  }

  #look(log: AlertLog): void {
    const nowMs = now();
    for (const event of this.#board.look(nowMs)) this.#tell(event, log);
    this.#metrics.show(
      {
        board: this.#board,
        throughput: this.#throughput,
        lag: this.#lag,
        liveness: this.#liveness,
        checkpoints: this.#checkpoints,
      },
      nowMs,
    );
  }

  #tell(event: AlertEvent, log: AlertLog): void {
    const { audit, logger } = this.#options;
    const { dataset, expected, id, rule, seen, since, state } = event;
    log.publish(event);
    this.#metrics.changes.inc({ rule, state });
    audit.note({
      type: 'alert',
      ...(dataset === undefined ? {} : { dataset }),
      details: { id, rule, state, expected, seen, since },
    });
    logger.warn({ alert: id, rule, state }, 'alert');
  }

  async #every(ms: number, action: () => Promise<void> | void): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      await action();
      await sleep(ms, undefined, { signal }).catch(() => undefined);
    }
  }
}
