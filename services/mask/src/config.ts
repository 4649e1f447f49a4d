import { baseSettings, KEYRING_SETTINGS } from '@sealstream/service';

/** Every setting of mask. */
export const SETTINGS = { ...baseSettings('mask'), ...KEYRING_SETTINGS } as const;
