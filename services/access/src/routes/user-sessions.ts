import { z } from 'zod';

import { type Caller, isProgram } from '../caller.ts';
import { guarded } from '../route.ts';
import { UserParams } from './account-forms.ts';
import { SESSION_FACTS, sessionFacts } from './sessions.ts';

/** Whose own they are needs no role for it; a program does, since it is not the person. */
const ruleOf = async (asked: { readonly caller: Caller; readonly params: { name: string } }) => {
  const { caller, params } = asked;
  return caller.account === params.name && !isProgram(caller) ? 'signed-in' : undefined;
};

/** The sessions of a user that hold now. */
export const userSessions = guarded(
  {
    method: 'GET',
    url: '/v1/users/:name/sessions',
    summary: 'Sessions of a user: since when, from where and how they began; never a token',
    tag: 'accounts',
    rule: 'accounts.read',
    told: 'read',
    params: UserParams,
    answer: z.object({ sessions: z.array(z.object(SESSION_FACTS)) }).meta({ id: 'UserSessions' }),
  },
  ({ params }) => ({ about: { user: params.name } }),
  async ({ params }, { accounts }) => {
    const { name } = await accounts.users.get(params.name);
    const found = await accounts.sessions.list(name);
    return { answer: { sessions: found.map(sessionFacts) } };
  },
  { ruleOf },
);

/** Ends all of them at once; the user may sign in again. */
export const endUserSessions = guarded(
  {
    method: 'DELETE',
    url: '/v1/users/:name/sessions',
    summary: 'End all sessions of a user, who may sign in again; API keys stay',
    tag: 'accounts',
    rule: 'accounts.write',
    told: 'change',
    makes: 'shown',
    params: UserParams,
    answer: z.object({ ended: z.int().describe('How many there were.') }).meta({ id: 'SignedOut' }),
  },
  ({ params }) => ({ about: { user: params.name } }),
  async ({ params }, { accounts }) => {
    const { name } = await accounts.users.get(params.name);
    return { answer: { ended: await accounts.sessions.signOutAll(name) } };
  },
  { ruleOf },
);
