import type { Logger } from '@sealstream/contracts';

const nothing = (): undefined => undefined;

/** What links say while they try again is not for the person at the terminal. */
export const QUIET: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };
