import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import { signInError } from '../callers.ts';
import { guarded } from '../route.ts';
import { ofVersion } from '../version-of-user.ts';
import { credentialsRule } from './credentials-rule.ts';
import { Password, userAnswer, UserFacts, UserParams } from './account-forms.ts';

const PasswordBody = z
  .object({
    password: Password.describe('The new one.'),
    present: Password.optional().describe('The one that holds now; needed for the own one.'),
  })
  .meta({ id: 'NewPassword' });

/**
 * Sets a password, and ends all sessions of the user. The own one needs the present one and no role; that
 * of somebody with roles needs a second person, since whoever sets it can be two people.
 */
export const setPassword = guarded(
  {
    method: 'PUT',
    url: '/v1/users/:name/password',
    summary: 'Set a password',
    tag: 'accounts',
    rule: 'accounts.write',
    told: 'change',
    persons: true,
    beforeOwnPassword: true,
    makes: 'shown',
    version: 'may',
    params: UserParams,
    body: PasswordBody,
    answer: UserFacts,
  },
  ({ params }) => ({ about: { user: params.name } }),
  async ({ address, body, caller, params: { name }, version }, parts) => {
    const { users } = parts.accounts;
    if (caller.account === name) await requirePresent(parts, name, body.present, address);
    const password = new Uint8Array(Buffer.from(body.password));
    try {
      const change = users.setPassword(name, password, { version }, caller.person);
      return userAnswer(await ofVersion(version, change));
    } finally {
      password.fill(0);
    }
  },
  {
    ruleOf: async ({ caller, params }, parts) => {
      if (caller.account === params.name) return 'signed-in';
      if (caller.needsOwnPassword === true) throw new SealstreamError('OWN_PASSWORD_NEEDED');
      return credentialsRule(caller, params.name, parts);
    },
    shown: () => ({}),
  },
);

/** @throws SealstreamError REQUEST_INVALID, SIGN_IN_REFUSED, TOO_MANY_REQUESTS */
async function requirePresent(
  { accounts }: Pick<AccessParts, 'accounts'>,
  name: string,
  present: string | undefined,
  address: string,
): Promise<void> {
  if (present === undefined)
    throw new SealstreamError('REQUEST_INVALID', { at: 'body/present', rule: 'required' });
  const password = new Uint8Array(Buffer.from(present));
  const answer = await accounts.signIn.prove({ name, password, address });
  if (answer.kind !== 'proved') throw signInError(answer);
}
