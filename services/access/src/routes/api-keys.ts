import { ANY, type KeyScopes } from '@sealstream/accounts';
import { type AccessRules, ACTIONS } from '@sealstream/authorization';
import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import { isProgram } from '../caller.ts';
import { guarded } from '../route.ts';
import { PRINTABLE } from './forms.ts';
import { AccountName, ApiKeyFacts, apiKeyFacts, Page, Scopes } from './account-forms.ts';

const DAY_MS = 86_400_000;
const DAYS_MAX = 366;

const ApiKeyList = z
  .object({
    keys: z.array(ApiKeyFacts),
    cursor: z.string().optional().describe('Of the next page.'),
  })
  .meta({ id: 'ApiKeys' });

/** The caller's own keys; with a role those of others. */
export const apiKeys = guarded(
  {
    method: 'GET',
    url: '/v1/api-keys',
    summary: 'List API keys',
    tag: 'accounts',
    rule: 'accounts.read',
    told: 'read',
    query: z.object({
      ...Page,
      owner: z
        .union([z.literal(ANY), AccountName])
        .optional()
        .describe('Your own if absent; * for all. A page may hold fewer than the limit, or none.'),
    }),
    answer: ApiKeyList,
  },
  ({ caller, query }) => ({ about: { owner: query.owner ?? caller.account } }),
  async ({ caller, query: { cursor, limit, owner = caller.account } }, { accounts }) => {
    const one = owner === ANY ? undefined : owner;
    const page = await accounts.apiKeys.list({ cursor, count: limit, owner: one });
    const keys = page.keys.map(apiKeyFacts);
    return { answer: page.cursor === undefined ? { keys } : { keys, cursor: page.cursor } };
  },
  {
    ruleOf: async ({ caller, query: { owner = caller.account } }) =>
      owner === caller.account ? 'signed-in' : undefined,
  },
);

const ApiKeyBody = z
  .object({
    name: z.string().min(1).max(200).regex(PRINTABLE).describe('What it is for.'),
    scopes: Scopes,
    days: z.int().min(1).max(DAYS_MAX).describe('After so many days it holds no more.'),
    owner: AccountName.optional().describe('Whose roles it has; yourself if absent.'),
  })
  .meta({ id: 'NewApiKey' });

const MadeKey = ApiKeyFacts.extend({
  key: z.string().describe('Shown here and never again.'),
}).meta({
  id: 'MadeApiKey',
});

/** Makes a key; one of somebody else needs a second person, since whoever has it acts as the other. */
export const createApiKey = guarded(
  {
    method: 'POST',
    url: '/v1/api-keys',
    summary: 'Make an API key',
    tag: 'accounts',
    rule: 'accounts.credentials',
    told: 'change',
    persons: true,
    makes: 'secret',
    body: ApiKeyBody,
    answer: MadeKey,
    status: 201,
  },
  ({ body: { days, name, owner, scopes }, caller }) => ({
    about: {
      owner: owner ?? caller.account,
      name,
      actions: scopes.actions.join(','),
      datasets: scopes.datasets.join(','),
      days,
    },
  }),
  async ({ body, caller }, { accounts, policy }) => {
    const { days, name, owner = caller.account, scopes } = body;
    const { roles } = await accounts.users.get(owner);
    requireScopes(
      policy.access(),
      roles.map(({ role }) => role),
      scopes,
    );
    const lifeMs = days * DAY_MS;
    const { key, text } = await accounts.apiKeys.create({ owner, name, scopes, lifeMs });
    return { answer: { ...apiKeyFacts(key), key: text }, id: key.id };
  },
  {
    ruleOf: async ({ body: { owner }, caller }) =>
      owner === undefined || owner === caller.account ? 'signed-in' : undefined,
  },
);

/** Takes a key back. */
export const revokeApiKey = guarded(
  {
    method: 'DELETE',
    url: '/v1/api-keys/:id',
    summary: 'Take an API key back',
    tag: 'accounts',
    rule: 'accounts.write',
    told: 'change',
    makes: 'shown',
    params: z.object({ id: z.string().regex(/^[0-9A-Za-z]{12}$/) }),
    answer: ApiKeyFacts,
  },
  ({ params }) => ({ about: { apiKeyId: params.id } }),
  async ({ params }, { accounts }) => ({
    answer: apiKeyFacts(await accounts.apiKeys.revoke(params.id)),
  }),
  {
    ruleOf: async ({ caller, params }, { accounts }) => {
      const owner = await accounts.apiKeys.ownerOf(params.id);
      return !isProgram(caller) && owner === caller.account ? 'signed-in' : undefined;
    },
  },
);

/**
 * A key narrows what its owner may, so what it names must be something of that.
 *
 * @throws SealstreamError SCOPE_BEYOND_ROLES
 */
function requireScopes(
  access: AccessRules | undefined,
  roles: readonly string[],
  { actions, datasets }: KeyScopes,
): void {
  const own = roles.flatMap((role) => access?.roles.get(role)?.allow ?? []);
  const isAllowed = (action: string) =>
    own.some((rule) => rule.actions.some((one) => one === action));
  const beyond = actions.find((action) => action !== ANY && !isAllowed(action));
  if (beyond !== undefined) throw new SealstreamError('SCOPE_BEYOND_ROLES', { scope: beyond });
  const fitting = own.filter(
    (rule) => actions.includes(ANY) || rule.actions.some((one) => actions.includes(one)),
  );
  // Actions on the whole system name no dataset, and a scope says nothing of theirs.
  const named = fitting.filter((rule) => rule.actions.some((one) => ACTIONS[one].on !== 'system'));
  const isNamed = (dataset: string) =>
    named.some((rule) => rule.datasets.includes(ANY) || rule.datasets.includes(dataset));
  const strange = datasets.find((dataset) => dataset !== ANY && !isNamed(dataset));
  if (strange !== undefined) throw new SealstreamError('SCOPE_BEYOND_ROLES', { scope: strange });
}
