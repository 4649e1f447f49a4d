import type { Accounts } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';
import type { LivePolicy, OpenedService } from '@sealstream/service';

import type { AccessParts } from './access-parts.ts';
import { AuditDesk } from './audit-desk.ts';
import { type AccessConfig, SETTINGS } from './config.ts';
import { PolicyDesk } from './policy-desk.ts';

/** Desks of the two documents that everything rests on: the policy, and the audit log. */
export interface DocumentDesks {
  readonly parts: Pick<AccessParts, 'auditDesk' | 'policies'>;
  /** Ends exports, which would keep the server from closing. */
  readonly stop: () => void;
}

/**
 * Opens them. Where the settings name no log, its part throws AUDIT_COPY_MISSING.
 *
 * @throws SealstreamError CONFIG_INVALID when one of the two settings of the log is missing,
 *   KEY_FILE_MISSING, KEY_FILE_INVALID
 */
export async function openDocumentDesks(
  { config }: Pick<OpenedService<AccessConfig>, 'config'>,
  live: Pick<LivePolicy, 'access' | 'datasets' | 'text'>,
  accounts: Pick<Accounts, 'proposals'>,
): Promise<DocumentDesks> {
  const audit = await openAuditDesk(config);
  const policies = new PolicyDesk({ policy: live, file: config.policyFile, accounts });
  const auditDesk = (): AuditDesk => {
    if (audit === undefined) throw new SealstreamError('AUDIT_COPY_MISSING');
    return audit;
  };
  return { parts: { policies, auditDesk }, stop: () => audit?.stop() };
}

async function openAuditDesk({
  auditDir: dir,
  auditVkeyFile: vkeyFile,
}: AccessConfig): Promise<AuditDesk | undefined> {
  if (dir !== undefined && vkeyFile !== undefined) return AuditDesk.open({ dir, vkeyFile });
  if (dir === undefined && vkeyFile === undefined) return undefined;
  const { env } = dir === undefined ? SETTINGS.auditDir : SETTINGS.auditVkeyFile;
  throw new SealstreamError('CONFIG_INVALID', { setting: env, what: 'goes with the other one' });
}
