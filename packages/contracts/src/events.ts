import { z } from 'zod';

const base = {
  /** Schema version of the event. */
  v: z.literal(1),
  /** When it happened: RFC 3339, UTC, milliseconds. */
  time: z.iso.datetime(),
  /** Unique name of the emitter: `service/dataset/partition` of a stage, else `service/instance`. */
  emitter: z.string().min(1),
};

/** A half-open range of source offsets, as decimal strings: [from, to). */
const range = z.object({ from: z.string(), to: z.string() });

/**
 * One batch of a stage. The number of a stage's event is its source range: `from` is where the
 * emitter's last event ended, so a gap or a repeat shows without a counter that aborts would tear.
 */
export const BatchEvent = z.object({
  ...base,
  type: z.literal('batch'),
  stage: z.string(),
  dataset: z.string(),
  topic: z.string(),
  partition: z.number().int(),
  range,
  recordsIn: z.number().int(),
  bytesIn: z.number().int(),
  /** Kafka's time of the last record, where it has one. `time` less this is how late the stage was. */
  lastRecord: z.iso.datetime().optional(),
  /** Per output topic: records, bytes and the SHA-256 over key, value and headers in order. */
  outputs: z.record(
    z.string(),
    z.object({ records: z.number().int(), bytes: z.number().int(), sha256: z.string() }),
  ),
  /** Rejected records of this batch by code. */
  rejected: z.record(z.string(), z.number().int()),
  /** Times each `path transform` was applied. */
  treated: z.record(z.string(), z.number().int()),
  /** Accepted records with a field that the policy does not name and that looks personal, by class. */
  undeclared: z.record(z.string(), z.number().int()).optional(),
  /** Where masked holds groups: how many were published, and how many records wait now. */
  groups: z.number().int().optional(),
  waiting: z.number().int().optional(),
  /** Records that found no group, by reason; those of this batch and of earlier ones. */
  suppressed: z.record(z.string(), z.number().int()).optional(),
  /** Headers of ours that a producer had set and that were dropped. */
  droppedHeaders: z.number().int(),
  /** Records with a tombstone value. */
  tombstones: z.number().int(),
  /** Hex SHA-256 of the dataset's policy; its first bytes are the policy id on the records. */
  policy: z.string(),
  keyIds: z.array(z.string()),
});
export type BatchEvent = z.infer<typeof BatchEvent>;

/** Anything that is not a batch: numbered per emitter start, the same bytes resent when in doubt. */
export const PlainEvent = z.object({
  ...base,
  type: z.enum([
    'service-started',
    'service-stopped',
    'key-created',
    'key-rotated',
    'key-rewrapped',
    'key-new-epoch',
    'key-destroyed',
    'subject-shredded',
    'subject-re-enrolled',
    'epoch-rotated',
    'subjects-restored',
    'grant-created',
    'grant-revoked',
    'policy-loaded',
    'policy-refused',
    'schema-met',
    'offsets-set',
    'offsets-lost',
    'paused',
    'resumed',
    'replayed',
    'read',
    'detokenise-ordered',
    'detokenised',
    // access: asked for and about to be done, what came of it, and what was not allowed.
    'access-ordered',
    'access-done',
    'access-denied',
    // What a second person is asked for, agreed to or could not, and the one use that was made of it.
    'approval-asked',
    'approval-given',
    'approval-refused',
    'approval-used',
    'signed-in',
    'sign-in-refused',
    'signed-out',
    'account-change-ordered',
    'account-changed',
    // The command goes around access, with the operator's own credentials.
    'break-glass',
    'deleted-behind',
    'topics-changed',
    'alert',
    'heartbeat',
    'gap',
  ]),
  /** 0, 1, 2, … within one start of the emitter. */
  number: z.number().int(),
  actor: z.string(),
  dataset: z.string().optional(),
  /** Names, counts and digests only: never a value of a record, never a key. */
  details: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type PlainEvent = z.infer<typeof PlainEvent>;

export const AuditEvent = z.discriminatedUnion('type', [BatchEvent, PlainEvent]);
export type AuditEvent = z.infer<typeof AuditEvent>;
