import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';

import { VERSION } from './version.ts';

const LATENCY_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

/** How often the lag of the event loop is looked at; the library's 10 ms wake an idle process. */
const LOOP_LOOK_MS = 100;

export type { Counter, Gauge, Histogram };

/** The metrics that stages and services share; names and labels are those of docs/metrics.md. */
export type Metrics = ReturnType<typeof openMetrics>;

/**
 * The metrics of one process, in a registry of its own.
 *
 * Promises: Prometheus's conventions (base units, `_total`), labels only of bounded number, and
 * never a value of a record in a label. counter, gauge and histogram make a service's own metrics
 * in the same registry.
 */
export function openMetrics(service: string) {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_LOOK_MS });
  const counter = <L extends string>(name: string, help: string, labels: readonly L[]) =>
    new Counter({ name, help, labelNames: labels, registers: [registry] });
  const gauge = <L extends string>(name: string, help: string, labels: readonly L[]) =>
    new Gauge({ name, help, labelNames: labels, registers: [registry] });
  const histogram = <L extends string>(
    name: string,
    help: string,
    labels: readonly L[],
    buckets: number[] = LATENCY_SECONDS,
  ) => new Histogram({ name, help, labelNames: labels, buckets, registers: [registry] });
  gauge('sealstream_build_info', 'What runs here; always 1.', ['service', 'version', 'node']).set(
    { service, version: VERSION, node: process.version },
    1,
  );
  return {
    counter,
    gauge,
    histogram,
    ...stageMetrics(counter, gauge, histogram),
    policyInfo: gauge('sealstream_policy_info', 'The policy that this process applies; always 1.', [
      'dataset',
      'revision',
      'sha256',
    ]),
    policyReloads: counter(
      'sealstream_policy_reloads_total',
      'Other texts of the policy file that were seen: taken, or refused.',
      ['outcome'],
    ),
    tlsExpiry: gauge(
      'sealstream_tls_certificate_expiry_seconds',
      'When the certificate in use ends, in seconds since 1970.',
      ['use'],
    ),
    tlsReloads: counter(
      'sealstream_tls_reloads_total',
      'Other certificates that were seen in the files: taken, or refused.',
      ['use', 'outcome'],
    ),
    contentType: registry.contentType,
    /** The text that /metrics answers. */
    text: () => registry.metrics(),
  };
}

type MakeCounter = <L extends string>(
  name: string,
  help: string,
  labels: readonly L[],
) => Counter<L>;
type MakeGauge = <L extends string>(name: string, help: string, labels: readonly L[]) => Gauge<L>;
type MakeHistogram = <L extends string>(
  name: string,
  help: string,
  labels: readonly L[],
) => Histogram<L>;

function stageMetrics(counter: MakeCounter, gauge: MakeGauge, histogram: MakeHistogram) {
  return {
    /** outcome is in, out, rejected or skipped. */
    stageRecords: counter(
      'sealstream_stage_records_total',
      'Records of committed batches by topic and outcome (in, out, rejected, skipped).',
      ['stage', 'dataset', 'topic', 'outcome'],
    ),
    stageBytes: counter(
      'sealstream_stage_bytes_total',
      'Bytes of keys and values of committed batches by topic and outcome.',
      ['stage', 'dataset', 'topic', 'outcome'],
    ),
    stageLag: gauge(
      'sealstream_stage_lag_records',
      'Last stable offset minus the committed position.',
      ['stage', 'dataset', 'partition'],
    ),
    rejectedRecords: counter(
      'sealstream_rejected_records_total',
      'Records sent to the rejected topic, by code of docs/errors.md.',
      ['stage', 'dataset', 'code'],
    ),
    undeclaredRecords: counter(
      'sealstream_undeclared_personal_records_total',
      'Accepted records with a field that the policy does not name and that looks personal.',
      ['dataset', 'class'],
    ),
    publishedGroups: counter(
      'sealstream_groups_published_total',
      'Groups that look alike, published on masked.',
      ['dataset'],
    ),
    /** reason is one of docs/policy.md. */
    suppressedRecords: counter(
      'sealstream_group_suppressed_records_total',
      'Records that found no group and are not on masked, by reason.',
      ['dataset', 'reason'],
    ),
    waitingRecords: gauge(
      'sealstream_group_waiting_records',
      'Records that wait for a group, by partition of this process.',
      ['dataset', 'partition'],
    ),
    endToEndLatency: histogram(
      'sealstream_end_to_end_latency_seconds',
      'From the raw record to the commit of its output; up to 64 evenly chosen records a batch.',
      ['stage', 'dataset'],
    ),
    batchDuration: histogram('sealstream_batch_seconds', 'From a fetched batch to its commit.', [
      'stage',
      'dataset',
    ]),
    /** result is committed, aborted or fenced. */
    transactions: counter(
      'sealstream_transactions_total',
      'Transactions by how they ended (committed, aborted, fenced).',
      ['stage', 'dataset', 'result'],
    ),
    /** 1 while paused; the row is removed when the partition goes on. */
    stagePaused: gauge('sealstream_stage_paused', 'Paused partitions and why; 1 while paused.', [
      'stage',
      'dataset',
      'partition',
      'code',
    ]),
  };
}
