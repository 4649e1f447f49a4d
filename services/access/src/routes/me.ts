import type { AccessRules, Rule } from '@sealstream/authorization';
import { z } from 'zod';

import { guarded } from '../route.ts';

const Me = z
  .object({
    account: z.string(),
    person: z.string(),
    by: z.enum(['password', 'session', 'api-key', 'certificate']),
    roles: z.array(z.string()),
    actions: z.array(z.string()).describe('All that some role allows on something, at some time.'),
    purposes: z.array(
      z.object({
        name: z.string(),
        meaning: z.string(),
        reference: z.enum(['required', 'optional', 'none']),
      }),
    ),
  })
  .meta({ id: 'Me' });

/** Who asks, and what some role of theirs allows. */
export const me = guarded(
  {
    method: 'GET',
    url: '/v1/me',
    summary: 'Who you are, and what your roles allow',
    tag: 'sign-in',
    rule: 'signed-in',
    told: 'nothing',
    beforeOwnPassword: true,
    answer: Me,
  },
  () => ({}),
  async ({ caller: { account, by, person, roles, scopes } }, { policy }) => {
    const access = policy.access();
    const rules = roles.flatMap((role) => access?.roles.get(role)?.allow ?? []);
    const isIn = (action: string) => scopes?.actions.some((one) => one === action || one === '*');
    const all = new Set(rules.flatMap((rule) => rule.actions));
    const actions = [...all].filter((action) => isIn(action) ?? true).sort();
    const shown = { account, person, by, roles: [...roles], actions };
    return { answer: { ...shown, purposes: purposesOf(access, rules) } };
  },
);

function purposesOf(access: AccessRules | undefined, rules: readonly Rule[]) {
  const named = new Set(rules.flatMap(({ purposes = [] }) => purposes));
  return [...(access?.purposes ?? [])]
    .filter(([name]) => named.has(name))
    .map(([name, { meaning, reference }]) => ({ name, meaning, reference }));
}
