import { z } from 'zod';

import { guarded } from '../route.ts';
import { ofVersion } from '../version-of-user.ts';
import { AccountName, userAnswer, UserFacts } from './account-forms.ts';
import { credentialsRule } from './credentials-rule.ts';
import { PRINTABLE } from './forms.ts';
import { ProviderName } from './sign-in.ts';

const IdentityParams = z.object({
  name: AccountName,
  provider: ProviderName,
  subject: z
    .string()
    .min(1)
    .max(200)
    .regex(PRINTABLE)
    .describe('As the provider calls the person (`sub`); it stands on the audit log.'),
});

/**
 * Lets somebody whom a provider knows in as this user. It needs a second person also where the account has
 * no role: whoever links an identity of their own is two people, and roles may come with its claims.
 */
export const linkIdentity = guarded(
  {
    method: 'PUT',
    url: '/v1/users/:name/identities/:provider/:subject',
    summary: 'Link an identity at an OpenID provider to a user',
    tag: 'accounts',
    rule: 'accounts.credentials',
    told: 'change',
    persons: true,
    version: 'must',
    params: IdentityParams,
    answer: UserFacts,
  },
  ({ params: { name, provider, subject } }) => ({ about: { user: name, provider, subject } }),
  async ({ caller, params: { name, provider, subject }, version }, { accounts, oidc }) => {
    const { issuer } = oidc.find(provider);
    const identity = { issuer, subject };
    const change = accounts.users.linkIdentity(name, identity, caller.person, { version });
    return userAnswer(await ofVersion(version, change));
  },
);

/** Lets them in no more; sessions that began by it are over at the next request. */
export const unlinkIdentity = guarded(
  {
    method: 'DELETE',
    url: '/v1/users/:name/identities/:provider/:subject',
    summary: 'Take an identity at an OpenID provider from a user',
    tag: 'accounts',
    rule: 'accounts.write',
    told: 'change',
    persons: true,
    version: 'must',
    params: IdentityParams,
    answer: UserFacts,
  },
  ({ params: { name, provider, subject } }) => ({ about: { user: name, provider, subject } }),
  async ({ params: { name, provider, subject }, version }, { accounts, oidc }) => {
    const { issuer } = oidc.find(provider);
    const change = accounts.users.unlinkIdentity(name, { issuer, subject }, { version });
    return userAnswer(await ofVersion(version, change));
  },
  { ruleOf: ({ caller, params }, parts) => credentialsRule(caller, params.name, parts) },
);
