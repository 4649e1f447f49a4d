import {
  baseSettings,
  KEYRING_SETTINGS,
  REGISTRY_SETTINGS,
  STAGE_SETTINGS,
  SUBJECT_SETTINGS,
} from '@sealstream/service';

/** Every setting of encrypt. */
export const SETTINGS = {
  ...baseSettings('encrypt'),
  ...KEYRING_SETTINGS,
  ...REGISTRY_SETTINGS,
  ...STAGE_SETTINGS,
  ...SUBJECT_SETTINGS,
} as const;
