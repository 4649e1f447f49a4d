import type { AuditNote } from '@sealstream/service';

/**
 * Tells the audit log what was done; whoever calls adds who ordered it. Resolves when every in-sync
 * replica has the event.
 */
export type Tell = (note: Omit<AuditNote, 'actor'>) => Promise<void>;
