import { AuditEvent, formTest } from '@sealstream/contracts';

const isAuditEvent = formTest(AuditEvent);

/** The event in the value of a record of an audit topic; null when this version understands none. */
export function auditEventOf(value: Buffer | null): AuditEvent | null {
  try {
    const event: unknown = JSON.parse(value?.toString('utf8') ?? '');
    if (isAuditEvent?.(event) === true) return event as AuditEvent;
    return AuditEvent.safeParse(event).data ?? null;
  } catch {
    return null;
  }
}
