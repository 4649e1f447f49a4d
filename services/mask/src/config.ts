import {
  baseSettings,
  KEYRING_SETTINGS,
  REGISTRY_SETTINGS,
  STAGE_SETTINGS,
  VAULT_SETTINGS,
} from '@sealstream/service';

/** Every setting of mask. */
export const SETTINGS = {
  ...baseSettings('mask'),
  ...KEYRING_SETTINGS,
  ...REGISTRY_SETTINGS,
  ...VAULT_SETTINGS,
  ...STAGE_SETTINGS,
} as const;
