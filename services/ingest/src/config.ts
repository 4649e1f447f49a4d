import { baseSettings, KEYRING_SETTINGS, STAGE_SETTINGS } from '@sealstream/service';

/** Every setting of ingest. */
export const SETTINGS = {
  ...baseSettings('ingest'),
  ...KEYRING_SETTINGS,
  ...STAGE_SETTINGS,
  deleteEveryMs: {
    env: 'SEALSTREAM_DELETE_EVERY',
    type: 'durationMs',
    default: '60s',
    min: 100,
    meaning: 'How often plaintext that is sealed and committed is deleted from the raw topic.',
  },
} as const;
