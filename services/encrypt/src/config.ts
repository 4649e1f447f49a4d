import { baseSettings, KEYRING_SETTINGS, STAGE_SETTINGS } from '@sealstream/service';

/** Every setting of encrypt. */
export const SETTINGS = {
  ...baseSettings('encrypt'),
  ...KEYRING_SETTINGS,
  ...STAGE_SETTINGS,
} as const;
