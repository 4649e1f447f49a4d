import { AuditEvent } from '@sealstream/contracts';

/** The audit event in a value, or null when it does not follow the schema. Never throws. */
export function parseEvent(value: Buffer | null): AuditEvent | null {
  if (value === null) return null;
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
    return AuditEvent.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}
