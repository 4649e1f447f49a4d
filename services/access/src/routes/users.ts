import { z } from 'zod';

import { guarded } from '../route.ts';
import { PRINTABLE } from './forms.ts';
import { ofVersion } from '../version-of-user.ts';
import {
  AccountName,
  Page,
  Password,
  userAnswer,
  UserFacts,
  userFacts,
  UserParams,
} from './account-forms.ts';

const UserList = z
  .object({
    users: z.array(UserFacts),
    cursor: z.string().optional().describe('Of the next page.'),
  })
  .meta({ id: 'Users' });

/** All users, by name. */
export const users = guarded(
  {
    method: 'GET',
    url: '/v1/users',
    summary: 'List users',
    tag: 'accounts',
    rule: 'accounts.read',
    told: 'read',
    query: z.object(Page),
    answer: UserList,
  },
  () => ({}),
  async ({ query: { cursor, limit } }, { accounts }) => {
    const page = await accounts.users.list({ cursor, count: limit });
    const shown = page.users.map(userFacts);
    return { answer: page.cursor === undefined ? { users: shown } : { ...page, users: shown } };
  },
);

/** One user; whoever asks for the own one needs no role. */
export const user = guarded(
  {
    method: 'GET',
    url: '/v1/users/:name',
    summary: 'See a user',
    tag: 'accounts',
    rule: 'accounts.read',
    told: 'read',
    params: UserParams,
    answer: UserFacts,
  },
  ({ params }) => ({ about: { user: params.name } }),
  async ({ params }, { accounts }) => userAnswer(await accounts.users.get(params.name)),
  {
    ruleOf: async ({ caller, params }) =>
      caller.account === params.name ? 'signed-in' : undefined,
  },
);

const UserBody = z
  .object({
    name: AccountName,
    person: z
      .string()
      .min(1)
      .max(200)
      .regex(PRINTABLE)
      .describe('Who it is, as the organisation knows them: what four eyes go by.'),
    password: Password.optional().describe('To begin with: the user sets an own one first of all.'),
  })
  .meta({ id: 'NewUser' });

/** Makes a user without any role. */
export const createUser = guarded(
  {
    method: 'POST',
    url: '/v1/users',
    summary: 'Make a user without roles',
    tag: 'accounts',
    rule: 'accounts.write',
    told: 'change',
    makes: 'shown',
    body: UserBody,
    answer: UserFacts,
    status: 201,
  },
  ({ body }) => ({ about: { user: body.name, userPerson: body.person } }),
  async ({ body, caller }, { accounts }) => {
    const { name, person } = body;
    const password = body.password && new Uint8Array(Buffer.from(body.password));
    try {
      const by = caller.person;
      const made = await accounts.users.create({
        name,
        person,
        password: password || undefined,
        by,
      });
      return { ...userAnswer(made), id: made.name };
    } finally {
      if (password) password.fill(0);
    }
  },
  {
    makesSecond: () => true,
    shown: ({ body: { name, person } }) => ({ name, person }),
  },
);

/** Lets a user in no more. */
export const disableUser = guarded(
  {
    method: 'POST',
    url: '/v1/users/:name/disable',
    summary: 'Let a user in no more',
    tag: 'accounts',
    rule: 'accounts.write',
    told: 'change',
    makes: 'shown',
    version: 'must',
    params: UserParams,
    answer: UserFacts,
  },
  ({ params }) => ({ about: { user: params.name } }),
  async ({ params, version }, { accounts }) => {
    const seen = { version, keepsAdministrators: true };
    return userAnswer(await ofVersion(version, accounts.users.disable(params.name, seen)));
  },
);

/** Lets a user in again. */
export const enableUser = guarded(
  {
    method: 'POST',
    url: '/v1/users/:name/enable',
    summary: 'Let a disabled user in again',
    tag: 'accounts',
    rule: 'accounts.write',
    told: 'change',
    makes: 'shown',
    version: 'must',
    params: UserParams,
    answer: UserFacts,
  },
  ({ params }) => ({ about: { user: params.name } }),
  async ({ params, version }, { accounts }) =>
    userAnswer(await ofVersion(version, accounts.users.enable(params.name, { version }))),
);
