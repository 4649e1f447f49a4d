import type { ProblemFacts } from '../api/api-problem.ts';

type Words = Pick<ProblemFacts, 'title' | 'detail'>;

/** Why somebody who went to an OpenID provider was not let in; by `why` where there is one, else by code. */
const WORDS: Readonly<Record<string, Words>> = {
  unlinked: {
    title: 'The provider knows you, but no account here is linked to you.',
    detail:
      'Ask an administrator to link your account. Tell them the request below: the audit log has under ' +
      'it who you are at the provider.',
  },
  'not-begun': {
    title: 'This sign-in was not begun in this browser, was used before, or took over ten minutes.',
    detail: 'Begin again here. Sign in through one tab at a time.',
  },
  SIGN_IN_REFUSED: {
    title: 'The provider did not let you in, or its answer did not hold.',
    detail: 'Try again. If it stays so, tell an administrator the request below.',
  },
  OIDC_UNREACHABLE: {
    title: 'The provider does not answer.',
    detail: 'Try again in a while, or sign in with name and password.',
  },
  OIDC_REFUSED: {
    title: 'The provider and this service are not set up for each other.',
    detail: 'Tell an administrator the request below, or sign in with name and password.',
  },
  OIDC_PROVIDER_UNKNOWN: {
    title: 'No provider of that name is set up here.',
    detail: 'Take one of those that stand here.',
  },
  TOO_MANY_REQUESTS: {
    title: 'Too many sign-ins were begun and not finished.',
    detail: 'Wait ten minutes, or sign in with name and password.',
  },
};
const OTHER: Words = {
  title: 'The sign-in did not work.',
  detail: 'Try again in a while.',
};

const REQUEST = /^[A-Za-z0-9._-]{8,64}$/;

/**
 * What an address such as `#/sign-in?problem=CODE` says. Anybody can write an address, so nothing of it is
 * shown but codes that are known here and an id of the form that ids have.
 */
export function signInProblem(hash: string): ProblemFacts | undefined {
  const [path = '', query = ''] = hash.split('?');
  if (path !== '#/sign-in') return undefined;
  const told = new URLSearchParams(query);
  const code = told.get('problem') ?? '';
  const known = Object.hasOwn(WORDS, code) && /^[A-Z]/.test(code) ? code : 'SIGN_IN_FAILED';
  const why = told.get('why') ?? '';
  const words = (Object.hasOwn(WORDS, why) ? WORDS[why] : WORDS[known]) ?? OTHER;
  const request = told.get('request') ?? '';
  const found = REQUEST.test(request) ? { requestId: request } : {};
  return { status: 401, code: known, ...words, ...found };
}
