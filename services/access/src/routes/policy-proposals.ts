import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import type { Caller } from '../caller.ts';
import { type KeptProposal, sha256Of, type WholeProposal } from '../policy-desk.ts';
import { guarded } from '../route.ts';
import { timeOf } from './account-forms.ts';
import { DIFFERENCES, differencesOf, PolicyText, Sha256, Why } from './policy-forms.ts';

const FACTS = {
  id: z.string(),
  state: z
    .enum(['open', 'in-use', 'outdated', 'withdrawn'])
    .describe('`outdated`: another policy is in use than the one it was compared with.'),
  sha256: Sha256,
  against: Sha256.describe('Of the policy that it was compared with.'),
  why: z.string(),
  weakens: z.boolean(),
  proposedBy: z.object({ account: z.string(), person: z.string() }),
  approved: z
    .object({ id: z.string(), by: z.string().describe('The second person.') })
    .optional()
    .describe('Where a second person had to agree.'),
  withdrawn: z.string().optional().describe('When who proposed it took it back.'),
  created: z.string(),
  expires: z.string(),
};
const ProposalFacts = z.object(FACTS).meta({ id: 'PolicyProposalFacts' });
const WholeFacts = z
  .object({ ...FACTS, text: z.string(), ...DIFFERENCES })
  .meta({ id: 'PolicyProposal' });

const NewProposal = z
  .strictObject({
    text: PolicyText,
    against: Sha256.describe(
      'Of the policy in use, as GET /v1/policy or the comparison gave it; another since is a conflict.',
    ),
    why: Why,
  })
  .meta({ id: 'NewPolicyProposal' });

const ProposalParams = z.object({ id: z.string().regex(/^[0-9A-Za-z]{12}$/) });

/** Keeps a text for whoever rolls policies out. */
export const proposePolicy = guarded(
  {
    method: 'POST',
    url: '/v1/policy/proposals',
    summary: 'Propose another policy; one that weakens needs a second person',
    tag: 'policy',
    rule: 'policy.propose',
    told: 'change',
    makes: 'shown',
    body: NewProposal,
    answer: WholeFacts,
    status: 201,
  },
  ({ body }) => ({ about: { sha256: sha256Of(body.text), against: body.against } }),
  async ({ approval, body, caller }, { policies }) => {
    const kept = await policies.propose(body, caller, approval);
    return { answer: wholeOf(kept, policies.inUse.sha256), id: kept.id };
  },
  {
    ruleOf: async ({ body, caller }, parts) => {
      // Whoever may do neither is denied before a text of theirs is compared.
      if (!(await mayPropose(caller, parts))) return undefined;
      return (await parts.policies.holding(body)).weakens ? 'policy.weaken' : 'policy.propose';
    },
    // The text is as long as it likes; its hash stands for it, and all that it changes beside it.
    shown: async ({ body }, { policies }) => {
      const review = await policies.holding(body);
      const { against, text, why } = body;
      const { access, differences, stale } = differencesOf(review);
      const changes = { differences: differences.map(plain), access: access.map(plain), stale };
      return { sha256: sha256Of(text), against, why, weakens: review.weakens, ...changes };
    },
  },
);

/** What is proposed. */
export const policyProposals = guarded(
  {
    method: 'GET',
    url: '/v1/policy/proposals',
    summary: 'Policies that are proposed, who proposed and who agreed',
    tag: 'policy',
    rule: 'policy.read',
    told: 'read',
    answer: z
      .object({
        proposals: z.array(ProposalFacts),
        problems: z
          .array(z.object({ id: z.string(), code: z.string() }))
          .describe('What stands among them and is not believed: somebody else wrote to Redis.'),
      })
      .meta({ id: 'PolicyProposals' }),
  },
  () => ({}),
  async (_asked, { policies }) => {
    const { proposals, refused } = await policies.list();
    const { sha256 } = policies.inUse;
    const problems = refused.map((id) => ({ id, code: 'PROPOSAL_NOT_AUTHENTIC' }));
    return { answer: { proposals: proposals.map((one) => factsOf(one, sha256)), problems } };
  },
);

/** One with its text. */
export const policyProposal = guarded(
  {
    method: 'GET',
    url: '/v1/policy/proposals/:id',
    summary: 'One proposed policy: its text, and what it changes',
    tag: 'policy',
    rule: 'policy.read',
    told: 'read',
    params: ProposalParams,
    answer: WholeFacts,
  },
  ({ params }) => ({ about: { proposal: params.id } }),
  async ({ params }, { policies }) => ({
    answer: wholeOf(await policies.get(params.id), policies.inUse.sha256),
  }),
);

/** Takes one back. */
export const withdrawProposal = guarded(
  {
    method: 'POST',
    url: '/v1/policy/proposals/:id/withdraw',
    summary: 'Take back what you proposed, as long as nobody agreed to it and it is not in use',
    tag: 'policy',
    rule: 'policy.propose',
    told: 'change',
    makes: 'shown',
    params: ProposalParams,
    answer: ProposalFacts,
  },
  ({ params }) => ({ about: { proposal: params.id, change: 'withdraw' } }),
  async ({ caller, params }, { policies }) => ({
    answer: factsOf(await policies.withdraw(params.id, caller), policies.inUse.sha256),
  }),
);

async function mayPropose(caller: Caller, { gate }: Pick<AccessParts, 'gate'>): Promise<boolean> {
  for (const action of ['policy.propose', 'policy.weaken'] as const)
    try {
      await gate.judge(caller, action, {}, false);
      return true;
    } catch (error) {
      if (!(error instanceof SealstreamError) || error.code !== 'ACCESS_DENIED') throw error;
    }
  return false;
}

/** As a request for approval holds it. */
function plain(difference: object): Record<string, string> {
  return Object.fromEntries(Object.entries(difference).map(([name, of]) => [name, String(of)]));
}

function factsOf(kept: KeptProposal, inUse: string): z.input<typeof ProposalFacts> {
  const { account, against, approval, createdMs, expiresMs, id, person, sha256, weakens, why } =
    kept;
  const facts = {
    id,
    state: stateOf(kept, inUse),
    sha256,
    against,
    why,
    weakens,
    proposedBy: { account, person },
    created: timeOf(createdMs),
    expires: timeOf(expiresMs),
  };
  const { withdrawnMs } = kept;
  return {
    ...facts,
    ...(approval === undefined ? {} : { approved: approval }),
    ...(withdrawnMs === undefined ? {} : { withdrawn: timeOf(withdrawnMs) }),
  };
}

function stateOf(
  { against, sha256, withdrawnMs }: KeptProposal,
  inUse: string,
): z.input<typeof ProposalFacts>['state'] {
  if (sha256 === inUse) return 'in-use';
  if (withdrawnMs !== undefined) return 'withdrawn';
  return against === inUse ? 'open' : 'outdated';
}

function wholeOf(kept: WholeProposal, inUse: string): z.input<typeof WholeFacts> {
  return { ...factsOf(kept, inUse), text: kept.text, ...differencesOf(kept.review) };
}
