import type { GrantRecord } from '@sealstream/contracts';

import type { AuditNote } from './audit-emitter.ts';

/** What the audit log is told of a grant: who may open which fields until when, and no key. */
export function grantEvent(
  type: 'grant-created' | 'grant-revoked',
  { consumer, dataset, expires, fields, fingerprint, id }: GrantRecord,
): Required<Pick<AuditNote, 'type' | 'dataset' | 'details'>> {
  const paths = fields.map(({ path }) => path).join(',');
  const details = { grant: id, consumer, paths, expires, keyFingerprint: fingerprint };
  return { type, dataset, details };
}
