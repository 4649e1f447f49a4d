import { z } from 'zod';

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
  async ({ address, body }, { accounts, signIns }) => {
    const { name, person, secret } = body;
    const password = new Uint8Array(Buffer.from(body.password));
    try {
      const user = await accounts.users.bootstrap(secret, { name, person, password });
      signIns.signedIn(user.name, user.person, 'bootstrap', address);
      return { answer: { account: user.name, roles: user.roles.map(({ role }) => role) } };
    } finally {
      password.fill(0);
    }
  },
);
