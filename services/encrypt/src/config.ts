import { baseSettings, KEYRING_SETTINGS } from '@sealstream/service';

/** Every setting of encrypt. */
export const SETTINGS = { ...baseSettings('encrypt'), ...KEYRING_SETTINGS } as const;
