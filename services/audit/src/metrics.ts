import type { Metrics } from '@sealstream/service';
import type { LoggedBatch } from './events-to-log.ts';

/** The log's own metrics. */
export type AuditMetrics = ReturnType<typeof auditMetrics>;

export function auditMetrics({ counter, gauge }: Metrics) {
  const entries = counter('sealstream_audit_entries_total', 'Entries of the log, by source.', [
    'topic',
  ]);
  const invalid = counter(
    'sealstream_audit_invalid_events_total',
    'Events that do not follow the schema; they are logged as they came.',
    ['topic'],
  );
  const gaps = counter(
    'sealstream_audit_gaps_total',
    'Events that do not join: gaps, repeats, foreign emitters, records lost before they were read.',
    ['service', 'kind'],
  );
  return {
    treeSize: gauge('sealstream_audit_tree_size', 'Entries in the log.', []),
    checkpointAge: gauge(
      'sealstream_audit_checkpoint_age_seconds',
      'Time since the newest checkpoint was signed.',
      [],
    ),
    /** Takes over what was appended. */
    logged(batch: LoggedBatch): void {
      for (const [topic, count] of batch.counts) entries.inc({ topic }, count);
      for (const [topic, count] of batch.invalid) invalid.inc({ topic }, count);
      for (const { count = 1, kind = '', service = '' } of batch.gaps) {
        gaps.inc({ service: String(service), kind: String(kind) }, Number(count));
      }
    },
  };
}
