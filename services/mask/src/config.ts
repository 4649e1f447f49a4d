import { baseSettings, KEYRING_SETTINGS, STAGE_SETTINGS } from '@sealstream/service';

/** Every setting of mask. */
export const SETTINGS = {
  ...baseSettings('mask'),
  ...KEYRING_SETTINGS,
  ...STAGE_SETTINGS,
} as const;
