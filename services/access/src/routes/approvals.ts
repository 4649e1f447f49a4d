import { ACTIONS } from '@sealstream/authorization';
import { z } from 'zod';

import { guarded } from '../route.ts';
import type { OpenApproval } from '../second-persons.ts';
import { timeOf } from './account-forms.ts';

const ApprovalFacts = z
  .object({
    id: z.string(),
    state: z.enum(['open', 'approved']).describe('An approved one waits for its use.'),
    digest: z.string().describe('Of all that is asked for; give it back to approve exactly this.'),
    words: z.string().describe('What would happen.'),
    action: z.string(),
    person: z.string().describe('Who asks.'),
    details: z.record(z.string(), z.unknown()).describe('The request, without secrets and values.'),
    created: z.string(),
    expires: z.string(),
    approvedBy: z.string().optional(),
  })
  .meta({ id: 'Approval' });

/** What waits for a second person. */
export const approvals = guarded(
  {
    method: 'GET',
    url: '/v1/approvals',
    summary: 'What waits for a second person',
    tag: 'approvals',
    rule: 'approvals.decide',
    told: 'read',
    answer: z.object({ approvals: z.array(ApprovalFacts) }).meta({ id: 'Approvals' }),
  },
  () => ({}),
  async (_asked, { seconds }) => {
    const open = await seconds.open();
    return { answer: { approvals: open.map(factsOf) } };
  },
);

/** Agrees to exactly what was shown. */
export const approveRequest = guarded(
  {
    method: 'POST',
    url: '/v1/approvals/:id/approve',
    summary: 'Agree to what another person asks for',
    tag: 'approvals',
    rule: 'approvals.decide',
    told: 'change',
    persons: true,
    makes: 'shown',
    params: z.object({ id: z.string().regex(/^[\w-]{1,64}$/) }),
    body: z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/) }).meta({ id: 'Approve' }),
    answer: ApprovalFacts,
  },
  ({ params }) => ({ about: { approvalId: params.id } }),
  async ({ body, caller, params }, { seconds }) => ({
    answer: factsOf(await seconds.approve(params.id, body.digest, caller)),
  }),
);

function factsOf({ approval, id }: OpenApproval): z.input<typeof ApprovalFacts> {
  const { createdMs, digest, expiresMs, request, state } = approval;
  const { action, details, person } = request;
  const agreed = state === 'approved' ? { approvedBy: approval.approvedBy } : {};
  const times = { created: timeOf(createdMs), expires: timeOf(expiresMs) };
  const words = wordsOf(request);
  return { id, state, digest, words, action, person, details, ...times, ...agreed };
}

/** The route's own words, with the names in its path: `ann: Give a role (name bob, role analyst)`. */
function wordsOf({ action, details, person }: OpenApproval['approval']['request']): string {
  const { params, what } = details;
  const names = Object.entries(Object(params ?? {}) as Record<string, unknown>)
    .map(([name, value]) => `${name} ${String(value)}`)
    .join(', ');
  const said = typeof what === 'string' ? what : ACTIONS[action].meaning;
  return `${person}: ${said}${names === '' ? '' : ` (${names})`}`;
}
