import type { Session } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import { guarded } from '../route.ts';
import { timeOf } from './account-forms.ts';

/** What is told of a session: never a token, nor what one is made from. */
export const SESSION_FACTS = {
  id: z.string(),
  device: z.string().describe('As the client called itself; empty when it did not.'),
  address: z.string(),
  created: z.string(),
  renewed: z.string(),
  ends: z.string(),
  identity: z
    .object({ issuer: z.string(), subject: z.string(), roles: z.array(z.string()) })
    .optional()
    .describe('Who an OpenID provider said it is; absent where it began with a password.'),
};
const OwnSession = z.object({
  ...SESSION_FACTS,
  isThis: z.boolean().describe('Whether it is the one that asks.'),
});

/** The caller's own sessions. */
export const sessions = guarded(
  {
    method: 'GET',
    url: '/v1/sessions',
    summary: 'Your own sessions',
    tag: 'sign-in',
    rule: 'signed-in',
    told: 'nothing',
    persons: true,
    answer: z.object({ sessions: z.array(OwnSession) }).meta({ id: 'Sessions' }),
  },
  () => ({}),
  async ({ caller }, { accounts }) => {
    const own = await accounts.sessions.list(caller.account);
    const shown = own.map((one) => ({ ...sessionFacts(one), isThis: one.id === caller.session }));
    return { answer: { sessions: shown } };
  },
);

/** A session as routes tell of it. */
export function sessionFacts(session: Session): z.input<z.ZodObject<typeof SESSION_FACTS>> {
  const { address, createdMs, device, endsMs, id, identity, usedMs } = session;
  const times = { created: timeOf(createdMs), renewed: timeOf(usedMs), ends: timeOf(endsMs) };
  const known =
    identity === undefined ? {} : { identity: { ...identity, roles: [...identity.roles] } };
  return { id, device, address, ...times, ...known };
}

/** Ends one of the caller's own sessions, at once. */
export const endSession = guarded(
  {
    method: 'DELETE',
    url: '/v1/sessions/:id',
    summary: 'End one of your own sessions',
    tag: 'sign-in',
    rule: 'signed-in',
    told: 'change',
    persons: true,
    params: z.object({ id: z.string().regex(/^[0-9A-Za-z]{12}$/) }),
    answer: z.null(),
    status: 204,
  },
  ({ params }) => ({ about: { session: params.id } }),
  async ({ caller, params }, { accounts }) => {
    if (!(await accounts.sessions.end(caller.account, params.id)))
      throw new SealstreamError('ACCOUNT_UNKNOWN', {}, 'You have no such session.');
    return { answer: null };
  },
);
