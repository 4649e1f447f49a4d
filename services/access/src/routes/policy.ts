import type { Problem } from '@sealstream/policy';
import { z } from 'zod';

import { sha256Of } from '../policy-desk.ts';
import { guarded } from '../route.ts';
import { DIFFERENCES, differencesOf, PolicyProblem, PolicyText, Sha256 } from './policy-forms.ts';

const InUse = z
  .object({
    text: z.string().describe('The file, as this service goes by it.'),
    sha256: Sha256,
    access: z
      .string()
      .optional()
      .describe('Hex SHA-256 of the section access, where there is one.'),
    datasets: z.array(
      z.object({
        name: z.string(),
        revision: z.int(),
        policy: z.string().describe('Hex SHA-256 of the rules.'),
      }),
    ),
  })
  .meta({ id: 'PolicyInUse' });

/** The policy in use. */
export const policyInUse = guarded(
  {
    method: 'GET',
    url: '/v1/policy',
    summary: 'The policy in use: its text, and the hashes of what it says',
    tag: 'policy',
    rule: 'policy.read',
    told: 'read',
    answer: InUse,
  },
  () => ({}),
  async (_asked, { policies, policy }) => {
    const access = policy.access()?.sha256;
    const datasets = [...policy.datasets().values()].map(({ name, revision, sha256 }) => ({
      name,
      revision,
      policy: sha256,
    }));
    const answer = { ...policies.inUse, datasets };
    return { answer: access === undefined ? answer : { ...answer, access } };
  },
);

const Compared = z
  .object({
    sha256: Sha256,
    against: Sha256.describe('Of the policy in use, which it was compared with.'),
    holds: z.boolean().describe('Whether it is a policy; if not, `problems` says why.'),
    problems: z.array(PolicyProblem).describe('The first 200, in the order of the text.'),
    warnings: z.array(PolicyProblem).describe('What is allowed and worth a second look.'),
    ...DIFFERENCES,
    weakens: z
      .boolean()
      .optional()
      .describe(
        'Whether somebody may or sees more, or perhaps: then it needs policy.weaken and a second person.',
      ),
  })
  .meta({ id: 'ComparedPolicy' });

/** What another policy would do; also of one that does not hold, since that is what is asked. */
export const comparePolicy = guarded(
  {
    method: 'POST',
    url: '/v1/policy/diff',
    summary: 'What another policy makes readable and lets callers do, and what is wrong with it',
    tag: 'policy',
    rule: 'policy.read',
    told: 'read',
    body: z.strictObject({ text: PolicyText }),
    answer: Compared,
  },
  ({ body }) => ({ about: { sha256: sha256Of(body.text) } }),
  async ({ body }, { policies }) => {
    const { sha256: against } = policies.inUse;
    const review = await policies.review(body.text);
    const facts = { sha256: sha256Of(body.text), against, holds: review.holds };
    const empty = { problems: [], warnings: [], differences: [], access: [], stale: [] };
    if (!review.holds)
      return { answer: { ...facts, ...empty, problems: review.problems.map(placeOf) } };
    const { warnings, weakens } = review;
    const told = { ...empty, warnings: warnings.map(placeOf), ...differencesOf(review), weakens };
    return { answer: { ...facts, ...told } };
  },
);

function placeOf({ column, line, message, path }: Problem): z.input<typeof PolicyProblem> {
  return path === undefined ? { line, column, message } : { line, column, path, message };
}
