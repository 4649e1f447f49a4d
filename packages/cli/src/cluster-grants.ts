import type { Bus } from '@sealstream/bus';
import type { GrantRecord, Purpose } from '@sealstream/contracts';
import { type GrantAdmin, openGrantAdmin, readSignerFile } from '@sealstream/keyring';
import { grantEvent, KafkaKeysetHeads, outermostKeys } from '@sealstream/service';

import type { CliAudit } from './cli-audit.ts';
import type { Context } from './context.ts';
import { keyPlacesOf } from './key-places.ts';
import type { KeyOptions } from './options.ts';
import { QUIET } from './quiet-logger.ts';
import { redisOf, withBus } from './servers.ts';

/** What a command about grants works with. */
export interface OpenedGrants {
  readonly admin: GrantAdmin;
  readonly bus: Bus;
  readonly audit: CliAudit;
}

/**
 * Opens the side that grants, and closes it after the work.
 *
 * @param purposes whose keysets the work unwraps
 * @throws SealstreamError SERVER_MISSING, KAFKA_UNREACHABLE, REDIS_UNREACHABLE, KEY_FILE_*
 */
export function withGrants<T>(
  context: Context,
  options: KeyOptions,
  purposes: readonly Purpose[],
  work: (opened: OpenedGrants) => Promise<T>,
): Promise<T> {
  return withBus(context, async (bus, audit) => {
    const { dir, signer } = keyPlacesOf(context, options);
    const config = context.config();
    const admin = await openGrantAdmin({
      ...redisOf(context),
      prefix: config.namePrefix,
      provider: outermostKeys({ ...config, keyDir: dir }, purposes),
      signer: readSignerFile(signer),
      heads: new KafkaKeysetHeads(bus),
      logger: QUIET,
      allowUnlocked: config.allowUnlocked,
    });
    try {
      return await work({ admin, bus, audit });
    } finally {
      admin.stop();
    }
  });
}

/** Resolves when the audit topic has what was done with a grant. */
export function tellGrant(
  audit: CliAudit,
  type: 'grant-created' | 'grant-revoked',
  record: GrantRecord,
): Promise<void> {
  return audit.tell(grantEvent(type, record));
}
