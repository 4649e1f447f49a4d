import { dirname, join } from 'node:path';
import { SealstreamError } from '@sealstream/contracts';
import type { Config } from './setting.ts';

/** What a service that seals fields, under keys of single subjects too, can be told besides. */
export const SUBJECT_SETTINGS = {
  redisWriteUrl: {
    env: 'REDIS_WRITE_URL',
    type: 'url',
    secret: true,
    optional: true,
    meaning: 'The same Redis as a user that may create subject keys and count uses of keys.',
  },
  epochDir: {
    env: 'SEALSTREAM_EPOCH_DIR',
    type: 'path',
    optional: true,
    meaning:
      'Folder of the epoch keys that wrap subject keys, in no backup; epochs beside the key dir if absent.',
  },
  subjectCache: {
    env: 'SEALSTREAM_SUBJECT_CACHE',
    type: 'int',
    unit: 'subjects',
    default: '131072',
    min: 1,
    meaning: 'Subjects whose keys stay in memory, 32 bytes of locked memory for each sealed field.',
  },
} as const;

export type SubjectConfig = Config<typeof SUBJECT_SETTINGS>;

/**
 * Where epoch keys lie: beside the key files and never among them, since those are backed up.
 * Throws CONFIG_INVALID when nothing says where.
 */
export function epochFolder(config: {
  readonly epochDir?: string | undefined;
  readonly keyDir?: string | undefined;
}): string {
  if (config.epochDir !== undefined) return config.epochDir;
  if (config.keyDir !== undefined) return join(dirname(config.keyDir), 'epochs');
  throw new SealstreamError('CONFIG_INVALID', { setting: SUBJECT_SETTINGS.epochDir.env });
}
