/**
 * accounts: people and programs that may sign in, in Redis: users, API keys, sessions.
 *
 * Promises: of a secret only a hash is kept; an unknown name takes as long as a known one.
 */
export { accountKeys } from './account-keys.ts';
