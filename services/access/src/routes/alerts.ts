import { z } from 'zod';

import type { ShownAlert } from '../alert-desk.ts';
import { SEVERITIES, SEVERITY } from '../alert-severity.ts';
import { guarded } from '../route.ts';
import { PRINTABLE } from './forms.ts';

const NOTE_CHARACTERS_MAX = 200;

const Alert = z
  .object({
    id: z.string(),
    rule: z.string(),
    state: z.enum(['firing', 'resolved']),
    severity: z.enum(SEVERITIES),
    dataset: z.string().optional(),
    service: z.string().optional(),
    topic: z.string().optional(),
    expected: z.string(),
    seen: z.string(),
    since: z.iso.datetime(),
    changedAt: z.iso.datetime(),
    runbook: z.string().describe('Path of the documents, or a URL.'),
    acknowledged: z
      .object({ by: z.string(), at: z.iso.datetime(), note: z.string().optional() })
      .optional()
      .describe('Of this firing; gone when it resolves.'),
  })
  .meta({ id: 'Alert' });

function asAnswer({ acknowledged, event }: ShownAlert): z.input<typeof Alert> {
  const { dataset, expected, id, rule, runbook, seen, service, since, state, time, topic } = event;
  const { at = '', by = '', note } = acknowledged ?? {};
  return {
    id,
    rule,
    state,
    severity: SEVERITY[rule],
    ...(dataset === undefined ? {} : { dataset }),
    ...(service === undefined ? {} : { service }),
    ...(topic === undefined ? {} : { topic }),
    expected,
    seen,
    since,
    changedAt: time,
    runbook,
    ...(acknowledged === undefined ? {} : { acknowledged: { by, at, note } }),
  };
}

/** All alerts. */
export const alerts = guarded(
  {
    method: 'GET',
    url: '/v1/alerts',
    summary: 'Alerts: those that fire first, then the newest',
    tag: 'alerts',
    rule: 'alerts.read',
    told: 'nothing',
    answer: z.object({ items: z.array(Alert) }).meta({ id: 'Alerts' }),
  },
  () => ({}),
  async (_asked, parts) => ({ answer: { items: (await parts.alerts.list()).map(asAnswer) } }),
);

/** Says who looks after an alert. */
export const acknowledgeAlert = guarded(
  {
    method: 'POST',
    url: '/v1/alerts/:id/acknowledge',
    summary: 'Say that you look after an alert that fires',
    tag: 'alerts',
    rule: 'alerts.acknowledge',
    told: 'change',
    params: z.object({ id: z.string().min(1).max(200).describe('URL-encoded: it has slashes.') }),
    body: z.strictObject({
      note: z
        .string()
        .max(NOTE_CHARACTERS_MAX)
        .regex(PRINTABLE)
        .optional()
        .describe('What you do about it; whoever reads alerts reads it, so no value of a record.'),
    }),
    answer: Alert,
  },
  ({ params }) => ({ target: params.id }),
  async ({ body, caller, params }, parts) => ({
    answer: asAnswer(await parts.alerts.acknowledge(params.id, caller.account, body.note)),
  }),
);
