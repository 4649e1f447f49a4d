import { baseSettings, type Config } from '@sealstream/service';

/** Every setting of audit. */
export const SETTINGS = {
  ...baseSettings('audit'),
  auditDir: {
    env: 'SEALSTREAM_AUDIT_DIR',
    type: 'path',
    meaning: 'Directory of the log; made when it is not there. One process writes it.',
  },
  auditKeyFile: {
    env: 'SEALSTREAM_AUDIT_KEY_FILE',
    type: 'path',
    meaning: 'Key that signs checkpoints, mode 0600; its public half beside it ends in .vkey.',
  },
  auditBeatMs: {
    env: 'SEALSTREAM_AUDIT_BEAT',
    type: 'durationMs',
    default: '1m',
    min: 100,
    max: 3_600_000,
    meaning: 'How often the log gets a heartbeat of its own and a new checkpoint when it is idle.',
  },
  auditSignMs: {
    env: 'SEALSTREAM_AUDIT_SIGN',
    type: 'durationMs',
    default: '1s',
    min: 50,
    max: 60_000,
    meaning: 'After new entries: how long until a checkpoint covers them, at most.',
  },
  auditLookMs: {
    env: 'SEALSTREAM_AUDIT_LOOK',
    type: 'durationMs',
    default: '5s',
    min: 100,
    max: 60_000,
    meaning: 'How often missing topics and new partitions are looked for.',
  },
} as const;

export type AuditConfig = Config<typeof SETTINGS>;
