import type { Compression } from '@sealstream/bus';
import { auditTopic, type BatchEvent, ERRORS, SealstreamError } from '@sealstream/contracts';
import type { FlowTransform } from '@sealstream/flow';
import type { Dataset } from '@sealstream/policy';
import type { BaseConfig, StageConfig } from './base-settings.ts';
import { errorFields } from './error-fields.ts';
import type { Metrics } from './metrics.ts';
import type { OpenedService } from './open-service.ts';
import { PAUSED, PauseOrders } from './pause-orders.ts';
import type { ServiceKeys } from './service-keyring.ts';
import type { RunningStage } from './stages.ts';
import { checkTopics } from './topic-check.ts';
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
  const largest = dataset.maxRecordBytes * (stage === 'ingest' ? 1 : 2);
  const outputs = [
    { topic: output, leastBytes: largest + (stage === 'ingest' ? SEAL_BYTES : 0) },
    { topic: rejected, leastBytes: dataset.maxRecordBytes + SEAL_BYTES },
    { topic: events, leastBytes: SEAL_BYTES },
  ];
  await untilAvailable(() => checkTopics(bus, source, outputs, telemetry.logger), {
    waitMs: config.startWaitMs,
    onWait: ({ code }) => telemetry.health.waitFor(`${stage}/${dataset.name}`, code),
  });
  telemetry.health.met(`${stage}/${dataset.name}`);
  const made = new Map<number, BatchEvent>();
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
      const event = made.get(batch.partition);
      for (const [code, count] of Object.entries(event?.rejected ?? {})) {
        telemetry.metrics.rejectedRecords.inc({ stage, dataset: dataset.name, code }, count);
      }
      for (const [what, count] of Object.entries(event?.undeclared ?? {})) {
        const labels = { dataset: dataset.name, class: what };
        telemetry.metrics.undeclaredRecords.inc(labels, count);
      }
      const written = results.find(({ topic }) => topic === output)?.records;
      // ingest's outputs carry no time of their own: theirs is the broker's.
      const of = stage === 'ingest' ? batch.records : written;
      if (of !== undefined) observeLatency(telemetry.metrics, { stage, dataset: dataset.name }, of);
    },
  });
  orders.onChange(stage, dataset.name, (isPaused) => {
    if (isPaused) running.stage.pause(PAUSED);
    else running.stage.resume(PAUSED);
  });
  return running;
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
