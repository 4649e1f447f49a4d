import { openVaultRows, type VaultRows } from '@sealstream/keyring';
import { type Dataset, maskPurpose, partsOf } from '@sealstream/policy';

import type { Context } from './context.ts';
import { QUIET } from './quiet-logger.ts';
import { redisOf } from './servers.ts';

/** Where the vault of a dataset is. Throws SERVER_MISSING, CONFIG_INVALID. */
export function vaultPlaceOf(
  context: Context,
  dataset: string,
): Parameters<typeof openVaultRows>[0] {
  return { ...redisOf(context), prefix: context.config().namePrefix, logger: QUIET, dataset };
}

/** Whether values of a dataset stand in the vault by this policy. */
export function hasVault(dataset: Dataset): boolean {
  return partsOf(dataset).some((field) => maskPurpose(field) === 'vault');
}

/**
 * Does something with the vault of a dataset and lets it go. Also where the policy of now has no field in
 * it: an earlier one may have had.
 *
 * @throws SealstreamError REDIS_UNREACHABLE, REDIS_REFUSED
 */
export async function withVaultRows<T>(
  context: Context,
  dataset: string,
  work: (rows: VaultRows) => Promise<T>,
): Promise<T> {
  const rows = await openVaultRows(vaultPlaceOf(context, dataset));
  try {
    return await work(rows);
  } finally {
    rows.stop();
  }
}
