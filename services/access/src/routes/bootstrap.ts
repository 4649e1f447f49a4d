import type { User } from '@sealstream/accounts';
import { z } from 'zod';

import { asOurs } from '../problem.ts';
import { open } from '../route.ts';

const BootstrapBody = z
  .object({
    secret: z.string().min(1).max(200).describe('As `sealstream users bootstrap` showed it.'),
    name: z.string().min(1).max(64),
    person: z.string().min(1).max(200).describe('Who it is, as the organisation knows them.'),
    password: z.string().min(1).max(1024),
  })
  .meta({ id: 'Bootstrap' });

const Bootstrapped = z
  .object({ account: z.string(), roles: z.array(z.string()) })
  .meta({ id: 'Bootstrapped' });

/** The one-time secret in, the first administrator out. */
export const bootstrap = open(
  {
    method: 'POST',
    url: '/v1/bootstrap',
    summary: 'Make the first administrator, once',
    tag: 'sign-in',
    body: BootstrapBody,
    answer: Bootstrapped,
    status: 201,
  },
  async ({ address, body, requestId: request }, { accounts, signIns, told }) => {
    const { name, person, secret } = body;
    const password = new Uint8Array(Buffer.from(body.password));
    let ordered: User | undefined;
    const tell = (type: 'account-change-ordered' | 'account-changed', more: object = {}) => {
      const details = { change: 'bootstrap', user: name, person: ordered?.person ?? '' };
      return told.written({
        type,
        actor: name,
        details: { ...details, address, request, ...more },
      });
    };
    try {
      const user = await accounts.users.bootstrap(secret, { name, person, password }, (first) => {
        ordered = first;
        return tell('account-change-ordered');
      });
      // It was done: a log that is away now has the order without an outcome, which counts as done.
      await tell('account-changed').catch(() => undefined);
      signIns.signedIn(user.name, user.person, 'bootstrap', address);
      return { answer: { account: user.name, roles: user.roles.map(({ role }) => role) } };
    } catch (error) {
      const { code } = asOurs(error);
      if (ordered !== undefined)
        await tell('account-changed', { failed: code }).catch(() => undefined);
      if (code === 'BOOTSTRAP_REFUSED')
        signIns.refused('bootstrap', 'refused', address, { request });
      throw error;
    } finally {
      password.fill(0);
    }
  },
);
