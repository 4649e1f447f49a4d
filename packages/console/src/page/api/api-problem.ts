/** Problem details of RFC 9457 as the service writes them, or what stands for them when it cannot. */
export interface ProblemFacts {
  /** HTTP status; 0 when no answer came. */
  readonly status: number;
  readonly code: string;
  readonly title: string;
  /** What to do about it. */
  readonly detail?: string;
  readonly requestId?: string;
  /** Names, paths and numbers that belong to the code, such as the id of an approval. */
  readonly place?: Readonly<Record<string, string | number>>;
  readonly retryAfterSeconds?: number;
}

/** A request that did not do what it was asked for, with all that may be shown of why. */
export class ApiProblem extends Error {
  readonly facts: ProblemFacts;

  constructor(facts: ProblemFacts) {
    super(`${facts.code}: ${facts.title}`);
    this.name = 'ApiProblem';
    this.facts = facts;
  }
}

const UNREACHED: ProblemFacts = {
  status: 0,
  code: 'NO_ANSWER',
  title: 'The access service did not answer.',
  detail: 'See whether it runs and whether this machine is connected, then try again.',
};

const text = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function placeOf(value: unknown): ProblemFacts['place'] {
  if (typeof value !== 'object' || value === null) return undefined;
  const said = Object.entries(value).filter(
    (one): one is [string, string | number] =>
      typeof one[1] === 'string' || typeof one[1] === 'number',
  );
  return said.length === 0 ? undefined : Object.fromEntries(said);
}

function retryAfter(headers: Headers): number | undefined {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? Math.ceil(seconds) : undefined;
}

/** What an answer of 400 and above says. A body that is no problem is not shown at all. */
export async function problemFrom(response: Response): Promise<ApiProblem> {
  const { headers, status } = response;
  const isProblem = (headers.get('content-type') ?? '').startsWith('application/problem+json');
  const body: unknown = isProblem ? await response.json().catch(() => null) : null;
  const told = (typeof body === 'object' && body !== null ? body : {}) as Record<string, unknown>;
  const detail = text(told['detail']);
  const requestId = text(told['requestId']);
  const place = placeOf(told['place']);
  const seconds = retryAfter(headers);
  return new ApiProblem({
    status,
    code: text(told['code']) ?? 'ANSWER_UNKNOWN',
    title: text(told['title']) ?? `The answer was not one of the access service (HTTP ${status}).`,
    ...(detail === undefined ? {} : { detail }),
    ...(requestId === undefined ? {} : { requestId }),
    ...(place === undefined ? {} : { place }),
    ...(seconds === undefined ? {} : { retryAfterSeconds: seconds }),
  });
}

/** Anything thrown, as facts to show: its own text is shown only when it is a problem of the API. */
export function factsOf(error: unknown): ProblemFacts {
  if (error instanceof ApiProblem) return error.facts;
  // fetch rejects with a TypeError when there was no connection.
  if (error instanceof TypeError) return UNREACHED;
  return {
    status: 0,
    code: 'PAGE_FAILED',
    title: 'The page could not show the answer.',
    detail: 'Load the page again; if it stays so, the console and the service differ in version.',
  };
}
