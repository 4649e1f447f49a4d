import { AuditEvent } from '@sealstream/contracts';

/** The event in the value of a record of an audit topic; null when this version understands none. */
export function auditEventOf(value: Buffer | null): AuditEvent | null {
  try {
    const { data } = AuditEvent.safeParse(JSON.parse(value?.toString('utf8') ?? ''));
    return data ?? null;
  } catch {
    return null;
  }
}
