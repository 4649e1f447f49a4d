import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import { requireOwnPage } from '../callers.ts';
import { statusOf } from '../problem.ts';
import { headerOf } from '../request-headers.ts';
import { type Asked, type Given, open, type Route } from '../route.ts';

/**
 * One parameter of a provider's answer: characters that can be seen, and blanks (RFC 6749, appendix A).
 * All of them, as long as they may be and escaped, fit into the head of a request.
 */
const part = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[ -~]*$/)
    .optional();
const CODE_CHARACTERS_MAX = 4096;
const SHORT_CHARACTERS_MAX = 200;

export const ProviderName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,39}$/)
  .describe('Name of a provider of GET /v1/sign-in.');
const ProviderParams = z.object({ provider: ProviderName });

/** RFC 6749, 4.1.2; RFC 9207. Whatever else a provider adds is left. */
const CallbackQuery = z.object({
  code: part(CODE_CHARACTERS_MAX),
  state: part(SHORT_CHARACTERS_MAX),
  iss: part(SHORT_CHARACTERS_MAX),
  error: part(SHORT_CHARACTERS_MAX),
});

const ProviderList = z
  .object({
    providers: z.array(
      z.object({
        name: z.string(),
        title: z.string().describe('What people call it.'),
      }),
    ),
  })
  .meta({ id: 'SignInProviders' });

/** What the person can do something about. */
const WHYS = ['unlinked', 'not-begun'] as const;

const location = { type: 'string', description: 'Where the browser goes on.' };
const Elsewhere = z
  .null()
  .describe('Sent on, to the provider or to a page of the console.')
  .meta({ headers: { location } });

/** The OpenID providers that people may sign in through. */
const providers = open(
  {
    method: 'GET',
    url: '/v1/sign-in',
    summary: 'OpenID providers to sign in through',
    tag: 'sign-in',
    answer: ProviderList,
  },
  async (_asked, { oidc }) => ({ answer: { providers: [...oidc.providers] } }),
);

/** Sends a browser to a provider. */
const begin = open(
  {
    method: 'GET',
    url: '/v1/sign-in/:provider',
    summary: 'Begin to sign in through an OpenID provider',
    tag: 'sign-in',
    params: ProviderParams,
    answer: Elsewhere,
    status: 303,
  },
  (asked, { cookies, oidc }) =>
    explained(asked, async () => {
      const { address, headers, params, requestId } = asked;
      requireOwnPage({ headers, method: 'GET' });
      const { secret, url } = await oidc.begin(params.provider, { address, requestId });
      return sentTo(url, [cookies.pending(secret)]);
    }),
);

/** Lets in who comes back from a provider. It is the provider that sends them, so no page of ours does. */
const finish = open(
  {
    method: 'GET',
    url: '/v1/sign-in/callback/:provider',
    summary: 'Come back from an OpenID provider',
    tag: 'sign-in',
    params: ProviderParams,
    query: CallbackQuery,
    answer: Elsewhere,
    status: 303,
  },
  (asked, { cookies, oidc }) =>
    explained(asked, async () => {
      const { address, headers, params, query, requestId } = asked;
      const said = Object.entries(query).filter(([, text]) => text !== undefined);
      const { pending: secret } = cookies.read(headerOf(headers, 'cookie'));
      const tokens = await oidc.finish({
        provider: params.provider,
        query: Object.fromEntries(said) as Record<string, string>,
        secret,
        address,
        requestId,
        deviceLabel: headerOf(headers, 'user-agent'),
      });
      return sentTo('/', [...cookies.of(tokens, Date.now()), cookies.forgotten()]);
    }),
);

export const SIGN_IN_ROUTES: readonly Route[] = [providers, begin, finish];

function sentTo(location: string, cookies: string[] = []): Given<null> {
  const kept = cookies.length === 0 ? {} : { 'set-cookie': cookies };
  return { answer: null, headers: { location, ...kept } };
}

/**
 * What goes wrong is told by a page, since it is a browser that asks: always the console's own, with the
 * code and the id of the request, and never with a word of the request or of the provider.
 */
async function explained(
  { requestId }: Pick<Asked, 'requestId'>,
  work: () => Promise<Given<null>>,
): Promise<Given<null>> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SealstreamError) || statusOf(error.code) === 500) throw error;
    const { code, place } = error;
    const why = WHYS.find((one) => one === place['why']);
    const more = why === undefined ? {} : { why };
    const told = new URLSearchParams({ problem: code, ...more, request: requestId });
    return sentTo(`/#/sign-in?${told.toString()}`);
  }
}
