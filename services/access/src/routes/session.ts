import type { Session, SessionTokens, User } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import { isConsole, requireOwnPage, rolesOf, signInError } from '../callers.ts';
import { type Asked, type Given, guarded, open } from '../route.ts';

const NAME_CHARACTERS_MAX = 256;
const PASSWORD_CHARACTERS_MAX = 1024;

const SignInBody = z
  .object({
    name: z.string().min(1).max(NAME_CHARACTERS_MAX),
    password: z.string().min(1).max(PASSWORD_CHARACTERS_MAX),
    device: z.string().max(200).optional().describe('What the list of sessions shows.'),
    deviceToken: z.string().max(200).optional().describe('Of an earlier success from here.'),
  })
  .meta({ id: 'SignIn' });

const SessionAnswer = z
  .object({
    account: z.string(),
    person: z.string(),
    roles: z.array(z.string()),
    expiresIn: z.int().describe('Seconds that the access token holds.'),
    accessToken: z.string().optional(),
    refreshToken: z.string().optional().describe('For one renewal; a second use ends the session.'),
    deviceToken: z
      .string()
      .optional()
      .describe('Give it with the next sign-in: then failures of others do not slow you down.'),
  })
  .describe('Tokens stand in cookies instead where the console asks.')
  .meta({ id: 'Session' });

const RefreshBody = z
  .object({ refreshToken: z.string().max(200).optional().describe('Left out by the console.') })
  .meta({ id: 'Refresh' });

/** Name and password in, a session out. */
export const signIn = open(
  {
    method: 'POST',
    url: '/v1/session',
    summary: 'Sign in with name and password',
    tag: 'sign-in',
    body: SignInBody,
    answer: SessionAnswer,
    status: 201,
  },
  async ({ address, body, headers }, parts) => {
    const { accounts, cookies, signIns } = parts;
    const password = new Uint8Array(Buffer.from(body.password));
    if (isConsole(headers)) requireOwnPage({ headers, method: 'POST' });
    const { device } = cookies.read(oneOf(headers.cookie));
    const answer = await accounts.signIn.withPassword({
      name: body.name,
      password,
      address,
      deviceCookie: body.deviceToken ?? device,
      deviceLabel: body.device ?? oneOf(headers['user-agent']),
    });
    if (answer.kind !== 'signed-in') {
      signIns.refused('password', answer.kind, address);
      throw signInError(answer);
    }
    const { deviceCookie, session, user } = answer;
    signIns.signedIn(user.name, user.person, 'password', address);
    return sessionOf(parts, headers, { user, tokens: session, device: deviceCookie });
  },
);

/** A refresh token in, new tokens out. */
export const refresh = open(
  {
    method: 'POST',
    url: '/v1/session/refresh',
    summary: 'Renew a session',
    tag: 'sign-in',
    body: RefreshBody,
    answer: SessionAnswer,
  },
  async ({ address, body, headers }, parts) => {
    const { accounts, cookies, signIns } = parts;
    const { refresh: sent } = cookies.read(oneOf(headers.cookie));
    const token = body.refreshToken ?? sent;
    if (token === undefined) throw new SealstreamError('SIGN_IN_REFUSED');
    if (body.refreshToken === undefined) requireOwnPage({ headers, method: 'POST' });
    const renewed = await accounts.sessions.refresh(token);
    if (renewed.kind === 'refused') {
      const why = renewed.why === 'reused' ? 'reused' : 'refused';
      const { session } = renewed;
      const about = session === undefined ? {} : { account: session.user };
      signIns.refused('session', why, address, about);
      throw new SealstreamError('SIGN_IN_REFUSED');
    }
    return sessionOf(parts, headers, renewed);
  },
);

/** Ends the session that asks. */
export const signOut = guarded(
  {
    method: 'DELETE',
    url: '/v1/session',
    summary: 'Sign out',
    tag: 'sign-in',
    rule: 'signed-in',
    told: 'nothing',
    beforeOwnPassword: true,
    answer: z.null(),
    status: 204,
  },
  () => ({}),
  async ({ caller }, { accounts, cookies, signIns }) => {
    const ended =
      caller.session !== undefined && (await accounts.sessions.end(caller.account, caller.session));
    signIns.signedOut(caller.account, caller.person, ended ? 1 : 0);
    return { answer: null, headers: { 'set-cookie': cookies.ended() } };
  },
);

interface Begun {
  readonly user: User;
  readonly tokens: SessionTokens;
  /** Of one that was renewed. */
  readonly session?: Session;
  readonly device?: string;
}

function sessionOf(
  { cookies }: AccessParts,
  headers: Asked['headers'],
  { device, session, tokens, user }: Begun,
): Given<z.input<typeof SessionAnswer>> {
  const now = Date.now();
  const expiresIn = Math.max(0, Math.floor((tokens.accessExpiresMs - now) / 1000));
  const { name: account, person } = user;
  const known = { account, person, roles: rolesOf(user, session), expiresIn };
  if (isConsole(headers))
    return { answer: known, headers: { 'set-cookie': cookies.of(tokens, now, device) } };
  const own = { accessToken: tokens.access, refreshToken: tokens.refresh };
  return {
    answer: { ...known, ...own, ...(device === undefined ? {} : { deviceToken: device }) },
  };
}

/** Of a header that came more than once nothing is believed. */
function oneOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : undefined;
}
