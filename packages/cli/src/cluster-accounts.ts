import { type Accounts, openAccounts } from '@sealstream/accounts';
import { Option } from 'commander';

import { noteRunningAccess } from './access/running-access.ts';
import type { CliAudit } from './cli-audit.ts';
import type { Context } from './context.ts';
import { asOurs } from './failure.ts';
import { QUIET } from './quiet-logger.ts';
import { redisOf, withBus } from './servers.ts';

/** What a change of an account is called on the audit log. */
export type AccountChange =
  | 'bootstrap'
  | 'create'
  | 'set-password'
  | 'grant-role'
  | 'revoke-role'
  | 'link-identity'
  | 'unlink-identity'
  | 'disable'
  | 'enable'
  | 'sign-out'
  | 'create-api-key'
  | 'revoke-api-key';

type Details = Readonly<Record<string, string | number>>;

/**
 * Opens the accounts in Redis, and lets them go after the work.
 *
 * @throws SealstreamError SERVER_MISSING, CONFIG_INVALID, REDIS_UNREACHABLE
 */
export async function withAccounts<T>(
  context: Context,
  work: (accounts: Accounts) => Promise<T>,
): Promise<T> {
  const prefix = context.config().namePrefix;
  const accounts = await openAccounts({ ...redisOf(context), prefix, logger: QUIET });
  try {
    return await work(accounts);
  } finally {
    await accounts.stop();
  }
}

/**
 * Changes an account: the order is on the audit log before it, and what came of it after. Without the log
 * nothing is changed.
 *
 * @param details names only: never a password, a key or a secret
 * @throws SealstreamError TOPIC_MISSING, KAFKA_UNREACHABLE, and what the change throws
 */
export function changeAccount<T>(
  context: Context,
  change: AccountChange,
  details: Details,
  work: (accounts: Accounts) => Promise<T>,
  found: (done: T) => Details = () => ({}),
): Promise<T> {
  return withBus(context, async (bus, audit) => {
    await noteRunningAccess(context, bus);
    return withAccounts(context, async (accounts) => {
      const told = (type: 'account-change-ordered' | 'account-changed', more: Details) =>
        tell(audit, type, { change, ...details, ...more });
      await told('account-change-ordered', {});
      const done = await work(accounts).catch(async (error: unknown) => {
        await told('account-changed', { failed: asOurs(error).code });
        throw error;
      });
      await told('account-changed', found(done));
      return done;
    });
  });
}

/** That the version that was looked at is the one that is changed. */
export function versionOption(read: (text: string) => number): Option {
  return new Option(
    '--if-version <number>',
    'only when the user is as `users show` showed it (default: as it is now)',
  ).argParser(read);
}

function tell(
  audit: CliAudit,
  type: 'account-change-ordered' | 'account-changed',
  details: Details,
): Promise<void> {
  return audit.tell({ type, details });
}
