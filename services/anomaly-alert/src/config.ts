import { baseSettings, type Config } from '@sealstream/service';

/** Every setting of anomaly-alert. */
export const SETTINGS = {
  ...baseSettings('anomaly-alert'),
  lookEveryMs: {
    env: 'SEALSTREAM_LOOK_EVERY',
    type: 'durationMs',
    default: '500ms',
    min: 50,
    meaning: 'How often every rule is judged.',
  },
  sampleEveryMs: {
    env: 'SEALSTREAM_SAMPLE_EVERY',
    type: 'durationMs',
    default: '2s',
    min: 100,
    meaning: 'How often offsets and consumer groups are asked.',
  },
  flowRate: {
    env: 'SEALSTREAM_FLOW_RATE',
    type: 'int',
    unit: 'records/s',
    default: '1',
    min: 1,
    meaning: 'A topic that carried so much over the window is expected to go on.',
  },
  flowWindowMs: {
    env: 'SEALSTREAM_FLOW_WINDOW',
    type: 'durationMs',
    default: '30s',
    min: 1000,
    meaning: 'The window, which ends at the last record.',
  },
  flowSilenceMs: {
    env: 'SEALSTREAM_FLOW_SILENCE',
    type: 'durationMs',
    default: '5s',
    min: 500,
    meaning: 'No record for so long makes throughput-stopped pending.',
  },
  flowPendingMs: {
    env: 'SEALSTREAM_FLOW_PENDING',
    type: 'durationMs',
    default: '5s',
    meaning: 'So much longer makes it firing.',
  },
  lagRecords: {
    env: 'SEALSTREAM_LAG_RECORDS',
    type: 'int',
    unit: 'records',
    default: '100000',
    min: 2,
    meaning: 'A stage that is so many records behind is bad; good again below half.',
  },
  lagAgeMs: {
    env: 'SEALSTREAM_LAG_AGE',
    type: 'durationMs',
    default: '60s',
    min: 1000,
    meaning: 'A stage whose oldest unread record is so old is bad; good again below half.',
  },
  lagPendingMs: {
    env: 'SEALSTREAM_LAG_PENDING',
    type: 'durationMs',
    default: '5s',
    meaning: 'Bad for so long makes lag firing.',
  },
  downPendingMs: {
    env: 'SEALSTREAM_DOWN_PENDING',
    type: 'durationMs',
    default: '10s',
    meaning: 'A consumer group without members for so long makes service-down firing.',
  },
  startGraceMs: {
    env: 'SEALSTREAM_START_GRACE',
    type: 'durationMs',
    default: '60s',
    meaning: 'A service that was never seen has so long from the start of this one.',
  },
  checkpointAgeMs: {
    env: 'SEALSTREAM_CHECKPOINT_AGE',
    type: 'durationMs',
    default: '90s',
    min: 1000,
    meaning: 'The newest checkpoint of the audit log must be younger.',
  },
  auditPendingMs: {
    env: 'SEALSTREAM_AUDIT_PENDING',
    type: 'durationMs',
    default: '5s',
    meaning: 'Older for so long makes audit-stale firing.',
  },
  pausePendingMs: {
    env: 'SEALSTREAM_PAUSE_PENDING',
    type: 'durationMs',
    default: '5s',
    meaning: 'A partition paused for so long makes stage-paused firing.',
  },
  pauseSilenceMs: {
    env: 'SEALSTREAM_PAUSE_SILENCE',
    type: 'durationMs',
    default: '90s',
    min: 1000,
    meaning: 'A pause that its service did not repeat for so long is over: the process is gone.',
  },
  gapHoldMs: {
    env: 'SEALSTREAM_GAP_HOLD',
    type: 'durationMs',
    default: '1d',
    meaning: 'How long audit-gap stays firing after the last gap.',
  },
  outcomeWaitMs: {
    env: 'SEALSTREAM_OUTCOME_WAIT',
    type: 'durationMs',
    default: '5m',
    min: 1000,
    meaning:
      'An order on the audit log without an outcome for so long makes missing-outcome firing, ' +
      'until the outcome comes or SEALSTREAM_GAP_HOLD is over.',
  },
  undeclaredHoldMs: {
    env: 'SEALSTREAM_UNDECLARED_HOLD',
    type: 'durationMs',
    default: '1h',
    meaning:
      'How long undeclared-personal-data stays firing after the last such record, and ' +
      'unknown-schema-fields after the schema was met.',
  },
  breakGlassHoldMs: {
    env: 'SEALSTREAM_BREAK_GLASS_HOLD',
    type: 'durationMs',
    default: '1d',
    meaning: 'How long break-glass stays firing after a command last went around access.',
  },
  resolveMs: {
    env: 'SEALSTREAM_RESOLVE',
    type: 'durationMs',
    default: '5s',
    meaning: 'Good for so long resolves any alert.',
  },
  resolveMaxMs: {
    env: 'SEALSTREAM_RESOLVE_MAX',
    type: 'durationMs',
    default: '5m',
    meaning: 'Each firing soon after a resolution doubles that time, up to this.',
  },
  calmMs: {
    env: 'SEALSTREAM_CALM',
    type: 'durationMs',
    default: '10m',
    meaning: 'What fires within this time of its resolution is flapping.',
  },
  runbooks: {
    env: 'SEALSTREAM_RUNBOOKS',
    type: 'string',
    unit: 'URL or path',
    default: 'docs/runbooks',
    meaning: 'Where the runbooks stand that alerts link to.',
  },
} as const;

export type AnomalyAlertConfig = Config<typeof SETTINGS>;
