import type { Counter, Metrics } from '@sealstream/service';

import type { AlertBoard } from './alert-board.ts';
import type { CheckpointAge } from './checkpoint-age.ts';
import type { LagRule } from './lag.ts';
import type { Liveness } from './liveness.ts';
import type { Throughput } from './throughput.ts';

/** What the watcher knows, as metrics. */
export interface Watched {
  readonly board: AlertBoard;
  readonly throughput: Throughput;
  readonly lag: LagRule;
  readonly liveness: Liveness;
  readonly checkpoints: CheckpointAge;
}

/** The watcher's own metrics. */
export interface WatchMetrics {
  readonly changes: Counter<'rule' | 'state'>;
  readonly unreadable: Counter<'topic'>;
  /** Brings the gauges up to date; after each look. */
  show(watched: Watched, nowMs: number): void;
}

export function watchMetrics({ counter, gauge }: Metrics): WatchMetrics {
  const alertLabels = ['rule', 'dataset', 'topic', 'service'] as const;
  const firing = gauge('sealstream_alert_firing', '1 while the alert fires.', alertLabels);
  const pending = gauge('sealstream_alert_pending', '1 while it is about to fire.', alertLabels);
  const rate = gauge(
    'sealstream_watched_topic_records_per_second',
    'Records a second over the window, from audit events.',
    ['dataset', 'topic'],
  );
  const lagRecords = gauge(
    'sealstream_watched_lag_records',
    'Last stable offset minus committed position, over all partitions.',
    ['stage', 'dataset'],
  );
  const lagSeconds = gauge(
    'sealstream_watched_lag_seconds',
    'Age of the oldest record that the stage has not committed.',
    ['stage', 'dataset'],
  );
  const up = gauge('sealstream_service_up', '1 while the consumer group has members.', [
    'service',
    'dataset',
  ]);
  const checkpointAge = gauge(
    'sealstream_watched_checkpoint_age_seconds',
    'Age of the newest checkpoint of the audit log.',
    [],
  );
  return {
    changes: counter('sealstream_alert_changes_total', 'Alerts that fired or resolved.', [
      'rule',
      'state',
    ]),
    unreadable: counter(
      'sealstream_watch_unreadable_events_total',
      'Audit events that this version does not understand.',
      ['topic'],
    ),
    show({ board, checkpoints, lag, liveness, throughput }, nowMs) {
      firing.reset();
      pending.reset();
      for (const { dataset = '', phase, rule, service = '', topic = '' } of board.standing()) {
        firing.set({ rule, dataset, topic, service }, phase === 'firing' ? 1 : 0);
        pending.set({ rule, dataset, topic, service }, phase === 'pending' ? 1 : 0);
      }
      for (const { perSecond, watched } of throughput.rates(nowMs))
        rate.set({ dataset: watched.dataset, topic: watched.topic }, perSecond);
      for (const { lag: its, watched } of lag.lags(nowMs)) {
        const { dataset, stage } = watched;
        lagRecords.set({ stage, dataset }, its.records);
        lagSeconds.set({ stage, dataset }, its.ageMs / 1000);
      }
      for (const { isUp, watched } of liveness.alive())
        up.set({ service: watched.stage, dataset: watched.dataset }, isUp ? 1 : 0);
      const ageMs = checkpoints.ageMs(nowMs);
      if (ageMs !== null) checkpointAge.set(ageMs / 1000);
    },
  };
}
