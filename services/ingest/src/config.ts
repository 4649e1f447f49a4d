import {
  baseSettings,
  KEYRING_SETTINGS,
  REGISTRY_SETTINGS,
  STAGE_SETTINGS,
} from '@sealstream/service';

/** Every setting of ingest. */
export const SETTINGS = {
  ...baseSettings('ingest'),
  ...KEYRING_SETTINGS,
  ...REGISTRY_SETTINGS,
  ...STAGE_SETTINGS,
  deleteEveryMs: {
    env: 'SEALSTREAM_DELETE_EVERY',
    type: 'durationMs',
    default: '60s',
    min: 100,
    meaning: 'How often plaintext that is sealed and committed is deleted from the raw topic.',
  },
  downstreamAgeMs: {
    env: 'SEALSTREAM_DOWNSTREAM_AGE',
    type: 'durationMs',
    default: '12h',
    min: 1000,
    meaning: 'Accept nothing while mask or encrypt has an unread record older than this.',
  },
  downstreamEveryMs: {
    env: 'SEALSTREAM_DOWNSTREAM_EVERY',
    type: 'durationMs',
    default: '30s',
    min: 100,
    meaning: 'How often the age of the oldest unread accepted record is looked at.',
  },
} as const;
