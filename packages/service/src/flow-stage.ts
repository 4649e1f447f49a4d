import type { Bus, Compression, ReadChunk } from '@sealstream/bus';
import { auditTopic, type BatchEvent, ERRORS, SealstreamError } from '@sealstream/contracts';
import type { FlowTransform, GroupedStage } from '@sealstream/flow';
import { type Dataset, keysStay } from '@sealstream/policy';
import type { BaseConfig, StageConfig } from './base-settings.ts';
import { errorFields } from './error-fields.ts';
import type { Metrics } from './metrics.ts';
import type { OpenedService } from './open-service.ts';
import { PAUSED, PauseOrders } from './pause-orders.ts';
import type { ServiceKeys } from './service-keyring.ts';
import type { RunningStage, StageRequest } from './stages.ts';
import { checkTopics, type NeededTopic, watchCompaction } from './topic-check.ts';
import { untilAvailable } from './waiting.ts';

const SEAL_BYTES = 64 * 1024;
/** Most latencies observed of one batch. */
const MOST_OBSERVED = 64;

/** One stage of the flow on one dataset. */
export interface FlowStage {
  readonly stage: 'ingest' | 'mask' | 'encrypt';
  readonly dataset: Dataset;
  readonly source: string;
  /** Where its records go, beside rejected.D and the audit topic. */
  readonly output: string;
  readonly transform: FlowTransform;
  /** Of a transform that remembers records across batches: the topic on which they wait, and itself. */
  readonly remembers?: { readonly topic: string; readonly stage: GroupedStage };
  /** Read again before a batch that lacked a key is tried again. */
  readonly keyring: Pick<ServiceKeys, 'refresh'>;
}

/**
 * Runs a stage as part of a service: its topics checked first, its batch events in the same
 * transactions as its outputs, the operator's pauses followed, rejects and latency counted.
 */
export async function runFlowStage<C extends BaseConfig & StageConfig>(
  service: OpenedService<C>,
  flow: FlowStage,
  orders: PauseOrders,
): Promise<RunningStage> {
  const { stage, dataset, source, output } = flow;
  const { bus, config, telemetry } = service;
  const events = auditTopic(stage);
  const rejected = dataset.topics.rejected;
  const outputs = outputsOf(flow, events);
  await untilAvailable(() => checkTopics(bus, source, outputs, telemetry.logger), {
    waitMs: config.startWaitMs,
    onWait: ({ code }) => telemetry.health.waitFor(`${stage}/${dataset.name}`, code),
  });
  telemetry.health.met(`${stage}/${dataset.name}`);
  const made = new Map<number, BatchEvent>();
  const shown = { dataset: dataset.name, waiting: telemetry.metrics.waitingRecords };
  const running = await service.stage({
    stage,
    dataset: dataset.name,
    rejectedTopic: rejected,
    source,
    outputs: outputs.map(({ topic }) => topic),
    batchRecords: config.batchRecords,
    lingerMs: config.lingerMs,
    latencyMs: config.latencyMs,
    compression: config.compression as Compression,
    ...(config.instanceId === undefined ? {} : { groupInstanceId: config.instanceId }),
    sessionTimeoutMs: config.sessionTimeoutMs,
    transactionTimeoutMs: config.transactionTimeoutMs,
    ...(flow.remembers !== undefined && remembering(bus, flow.remembers, shown)),
    transform: (batch, out) => {
      const event = flow.transform(batch, out);
      if (event instanceof Promise) return event;
      made.set(batch.partition, event);
      const value = Buffer.from(JSON.stringify(event));
      out.to(events).push({ key: Buffer.from(event.emitter), value });
      return undefined;
    },
    recover: async (error) => {
      const lacksKey = error instanceof SealstreamError && error.code.startsWith('KEY');
      if (lacksKey && ERRORS[error.code].class === 'retryable') {
        await flow.keyring.refresh().catch((reason: unknown) => {
          telemetry.logger.warn(errorFields(reason), 'keysets not read');
        });
      }
    },
    onCommitted: (batch, results) => {
      flow.remembers?.stage.committed(batch.partition);
      countEvent(telemetry.metrics, made.get(batch.partition));
      const written = results.find(({ topic }) => topic === output)?.records;
      // ingest's outputs carry no time of their own: theirs is the broker's. That of groups is when they
      // left, and says nothing of when their members came.
      const of = stage === 'ingest' ? batch.records : written;
      if (of !== undefined && flow.remembers === undefined)
        observeLatency(telemetry.metrics, { stage, dataset: dataset.name }, of);
    },
  });
  const unwatch = watchCompaction(bus, outputs, running.stage, telemetry.logger);
  service.onStop(`compaction of ${output}`, async () => unwatch());
  orders.onChange(stage, dataset.name, (isPaused) => {
    if (isPaused) running.stage.pause(PAUSED);
    else running.stage.resume(PAUSED);
  });
  return running;
}

/** What the bus asks of a stage whose transform remembers. */
function remembering(
  bus: Pick<Bus, 'read'>,
  { stage, topic }: NonNullable<FlowStage['remembers']>,
  { dataset, waiting }: { readonly dataset: string; readonly waiting: Metrics['waitingRecords'] },
): Pick<StageRequest, 'opened' | 'closed' | 'wantedMs'> {
  return {
    opened: async (partition, signal) => {
      const starts = [{ topic, partition, offset: 'earliest' as const }];
      await stage.restore(partition, recordsOf(bus.read({ starts, until: 'end', signal })));
      // Part of what waits is not all of it.
      signal.throwIfAborted();
    },
    closed: (partition) => {
      stage.forget(partition);
      waiting.remove({ dataset, partition: String(partition) });
    },
    wantedMs: (partition) => stage.wantedMs(partition),
  };
}

async function* recordsOf(chunks: AsyncIterable<ReadChunk>) {
  for await (const { records } of chunks) yield records;
}

/** Topics that a stage writes to, with the room that they need. */
function outputsOf(
  { dataset, output, remembers, stage }: FlowStage,
  events: string,
): NeededTopic[] {
  const largest = dataset.maxRecordBytes * (stage === 'ingest' ? 1 : 2);
  const stays = stage === 'ingest' || keysStay(dataset.key, stage);
  const needed = (topic: string, leastBytes: number): NeededTopic => {
    return { topic, leastBytes, keysStay: topic !== output || stays };
  };
  return [
    needed(output, largest + (stage === 'ingest' ? SEAL_BYTES : 0)),
    needed(dataset.topics.rejected, dataset.maxRecordBytes + SEAL_BYTES),
    needed(events, SEAL_BYTES),
    ...(remembers === undefined ? [] : [needed(remembers.topic, largest + SEAL_BYTES)]),
  ];
}

/** Counts what the event of a committed batch tells. */
function countEvent(metrics: Metrics, event: BatchEvent | undefined): void {
  if (event === undefined) return;
  const { dataset, groups, partition, stage, suppressed = {}, undeclared = {}, waiting } = event;
  for (const [code, count] of Object.entries(event.rejected))
    metrics.rejectedRecords.inc({ stage, dataset, code }, count);
  for (const [what, count] of Object.entries(undeclared))
    metrics.undeclaredRecords.inc({ dataset, class: what }, count);
  if (groups !== undefined) metrics.publishedGroups.inc({ dataset }, groups);
  for (const [reason, count] of Object.entries(suppressed))
    metrics.suppressedRecords.inc({ dataset, reason }, count);
  if (waiting !== undefined)
    metrics.waitingRecords.set({ dataset, partition: String(partition) }, waiting);
}

/** Evenly chosen ones tell the same as all, and observing costs as much as masking a field. */
function observeLatency(
  { endToEndLatency }: Metrics,
  labels: { readonly stage: string; readonly dataset: string },
  records: { readonly length: number; timestampMs(index: number): number },
): void {
  const nowMs = Date.now();
  const step = Math.ceil(records.length / MOST_OBSERVED);
  for (let index = 0; index < records.length; index += step)
    endToEndLatency.observe(labels, Math.max(0, nowMs - records.timestampMs(index)) / 1000);
}

/** Follows the operator's wishes for all stages of a service. */
export async function openPauseOrders<C extends BaseConfig>(
  service: OpenedService<C>,
): Promise<PauseOrders> {
  const orders = new PauseOrders(service.bus, service.telemetry.logger);
  await untilAvailable(() => orders.start(service.fail), { waitMs: service.config.startWaitMs });
  service.onStop('pause orders', () => orders.stop());
  return orders;
}
