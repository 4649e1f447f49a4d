import type { Accounts } from '@sealstream/accounts';
import type { AccessRules } from '@sealstream/authorization';
import type { GrantRecord } from '@sealstream/contracts';
import type { GrantAdmin, GrantResolver, KeysetReader } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';

import type { AccessLog } from './access-log.ts';
import type { AlertDesk } from './alert-desk.ts';
import type { AuditDesk } from './audit-desk.ts';
import type { FlowStreams } from './flow-streams.ts';
import type { FlowWatch } from './flow-watch.ts';
import type { Gate } from './gate.ts';
import type { KeyDesk } from './key-desk.ts';
import type { MaskedFields } from './masked-fields.ts';
import type { PolicyDesk } from './policy-desk.ts';
import type { OidcSignIns } from './oidc-sign-ins.ts';
import type { RejectPages } from './reject-pages.ts';
import type { ReplayDesk } from './replay-desk.ts';
import type { SealedFields } from './sealed-fields.ts';
import type { SecondPersons } from './second-persons.ts';
import type { SessionCookies } from './session-cookies.ts';
import type { SubjectDesk } from './subject-desk.ts';
import type { ToldAccess } from './told-access.ts';
import type { ToldSignIns } from './told-sign-ins.ts';

/** What can be done with the values of one dataset. */
export interface DatasetDesk {
  readonly sealed: SealedFields;
  readonly masked: MaskedFields;
  /** Index of a person by what the subject field holds; 16 bytes, the caller's own. */
  readonly subjectIndex: (subject: string) => Buffer;
}

/** The policy of now. */
export interface PolicyOfNow {
  readonly datasets: () => ReadonlyMap<string, Dataset>;
  /** Who may do what; undefined allows nothing. */
  readonly access: () => AccessRules | undefined;
  /** Throws POLICY_UNKNOWN_DATASET. */
  readonly of: (dataset: string) => Dataset;
}

/** What routes work with. */
export interface AccessParts {
  readonly policy: PolicyOfNow;
  /** Throws POLICY_UNKNOWN_DATASET. */
  readonly desk: (dataset: string) => DatasetDesk;
  readonly gate: Gate;
  readonly seconds: SecondPersons;
  readonly accounts: Accounts;
  readonly cookies: SessionCookies;
  readonly signIns: ToldSignIns;
  readonly told: ToldAccess;
  readonly oidc: OidcSignIns;
  readonly resolver: Pick<GrantResolver, 'list' | 'record' | 'resolve'>;
  /** Throws KEY_FILE_MISSING where the service was given no signer. */
  readonly grantAdmin: () => Pick<GrantAdmin, 'create' | 'revoke'>;
  /** Resolves when the audit topic has what was done with a grant. */
  readonly tellGrant: (
    type: 'grant-created' | 'grant-revoked',
    record: GrantRecord,
    actor: string,
  ) => Promise<void>;
  readonly isReady: () => boolean;
  readonly flow: FlowWatch;
  readonly streams: FlowStreams;
  readonly alerts: AlertDesk;
  readonly rejects: RejectPages;
  readonly replays: ReplayDesk;
  readonly keysets: Pick<KeysetReader, 'list'>;
  readonly accesses: AccessLog;
  readonly policies: PolicyDesk;
  /** Throws AUDIT_COPY_MISSING where the service was given no log. */
  readonly auditDesk: () => AuditDesk;
  readonly keyDesk: KeyDesk;
  readonly subjectDesk: SubjectDesk;
}
