import { readFileSync } from 'node:fs';
import { SealstreamError } from '@sealstream/contracts';
import { KEYRING_SETTINGS } from './base-settings.ts';

/**
 * The authorities to trust with Redis, as PEM; undefined for the system's.
 *
 * @throws SealstreamError CONFIG_INVALID when the file cannot be read
 */
export function redisTlsCa(config: {
  readonly redisTlsCaFile?: string | undefined;
}): string | undefined {
  if (config.redisTlsCaFile === undefined) return undefined;
  try {
    return readFileSync(config.redisTlsCaFile, 'utf8');
  } catch {
    const { env } = KEYRING_SETTINGS.redisTlsCaFile;
    throw new SealstreamError('CONFIG_INVALID', { setting: env, file: config.redisTlsCaFile });
  }
}
