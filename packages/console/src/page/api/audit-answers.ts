/** What the access service answers about the audit log, as far as the page shows it. */

export interface AuditCheckpoint {
  readonly origin: string;
  /** Entries under it. */
  readonly size: number;
  /** Base64. */
  readonly root: string;
  /** The signed note as it is. */
  readonly checkpoint: string;
  /** The log was complete and signed then. */
  readonly heartbeat?: string;
  readonly ageSeconds?: number;
}

export interface AuditEntry {
  readonly index: number;
  /** Absent of what the log's own writer said. */
  readonly source?: { readonly topic: string; readonly partition: number; readonly offset: string };
  /** null where it is no event of the schema. */
  readonly event: Readonly<Record<string, unknown>> | null;
}
