import { ADMINISTRATOR } from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';

import { guarded } from '../route.ts';
import { ofVersion } from '../version-of-user.ts';
import { RoleParams, userAnswer, UserFacts } from './account-forms.ts';

/** Gives a role; a second person must agree, but for the second administrator. */
export const giveRole = guarded(
  {
    method: 'PUT',
    url: '/v1/users/:name/roles/:role',
    summary: 'Give a role',
    tag: 'accounts',
    rule: 'roles.assign',
    told: 'change',
    makes: 'shown',
    version: 'must',
    params: RoleParams,
    answer: UserFacts,
  },
  ({ params: { name, role } }) => ({ about: { user: name, role } }),
  async ({ caller, params: { name, role }, version }, { accounts, policy }) => {
    if (role !== ADMINISTRATOR && policy.access()?.roles.has(role) !== true)
      throw new SealstreamError('ROLE_UNKNOWN', { role });
    const change = accounts.users.grantRole(name, role, caller.person, { version });
    return userAnswer(await ofVersion(version, change));
  },
  { makesSecond: ({ params }) => params.role === ADMINISTRATOR },
);

/** Takes a role; a second person must agree, and two people stay administrators. */
export const takeRole = guarded(
  {
    method: 'DELETE',
    url: '/v1/users/:name/roles/:role',
    summary: 'Take a role',
    tag: 'accounts',
    rule: 'roles.assign',
    told: 'change',
    makes: 'shown',
    version: 'must',
    params: RoleParams,
    answer: UserFacts,
  },
  ({ params: { name, role } }) => ({ about: { user: name, role } }),
  async ({ params: { name, role }, version }, { accounts }) => {
    const seen = { version, keepsAdministrators: true };
    return userAnswer(await ofVersion(version, accounts.users.revokeRole(name, role, seen)));
  },
);
