import { z } from 'zod';

/** One change of an alert's state, as on security.alerts (key = id). */
export const AlertEvent = z.object({
  v: z.literal(1),
  id: z.string(),
  rule: z.enum([
    'throughput-stopped',
    'lag',
    'service-down',
    'audit-gap',
    'undeclared-personal-data',
    'unknown-schema-fields',
    'audit-stale',
    'stage-paused',
    'missing-outcome',
    'break-glass',
  ]),
  state: z.enum(['firing', 'resolved']),
  dataset: z.string().optional(),
  topic: z.string().optional(),
  service: z.string().optional(),
  expected: z.string(),
  seen: z.string(),
  since: z.iso.datetime(),
  time: z.iso.datetime(),
  /** `partition:offset` where it begins to show, when one is known. */
  firstOffset: z.string().optional(),
  runbook: z.string(),
});
export type AlertEvent = z.infer<typeof AlertEvent>;
