import { ApiProblem, problemFrom } from './api-problem.ts';

type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** Foreign pages cannot send it without CORS, which the service never grants. */
const CONSOLE_HEADER = { 'x-sealstream-console': '1' };
const SESSION = '/v1/session';

/**
 * Requests to the access service of this page's own origin.
 *
 * Promises: a refusal for want of a session is answered with one refresh, shared by all requests of
 * that moment, and then told to `onSignedOut`; errors are ApiProblem; no answer is kept by the browser.
 */
export class ApiClient {
  readonly #fetch: Fetch;
  readonly #onSignedOut: () => void;
  #refreshing: Promise<boolean> | undefined;

  constructor(fetch: Fetch, onSignedOut: () => void) {
    this.#fetch = fetch;
    this.#onSignedOut = onSignedOut;
  }

  /** @throws ApiProblem for an answer of 400 and above; TypeError when none came */
  get<T>(path: string): Promise<T> {
    return this.#asked<T>('GET', path);
  }

  /**
   * @param approval id of a second person's approval, where one was given for this very request
   * @throws ApiProblem, TypeError as `get`
   */
  post<T>(path: string, body: unknown, approval?: string): Promise<T> {
    return this.#asked<T>('POST', path, body, approval);
  }

  /**
   * @param approval as of `post`
   * @throws ApiProblem, TypeError as `get`
   */
  delete<T>(path: string, approval?: string): Promise<T> {
    return this.#asked<T>('DELETE', path, undefined, approval);
  }

  /** @throws ApiProblem SIGN_IN_REFUSED, TOO_MANY_REQUESTS; TypeError as `get` */
  async signIn(name: string, password: string): Promise<void> {
    await this.#answer(await this.#send('POST', SESSION, { name, password }));
  }

  /** Ends the session here in any case, and at the service if it can be reached. */
  async signOut(): Promise<void> {
    try {
      await this.#send('DELETE', SESSION);
    } finally {
      this.#onSignedOut();
    }
  }

  async #asked<T>(method: string, path: string, body?: unknown, approval?: string): Promise<T> {
    const send = () => this.#send(method, path, body, approval);
    const first = await send();
    if (first.status !== 401) return (await this.#answer(first)) as T;
    if (await this.#refreshed()) {
      const second = await send();
      if (second.status !== 401) return (await this.#answer(second)) as T;
    }
    this.#onSignedOut();
    throw await problemFrom(first);
  }

  /** A refresh token is good for one use, so requests that were refused together share one. */
  #refreshed(): Promise<boolean> {
    this.#refreshing ??= this.#send('POST', `${SESSION}/refresh`)
      .then(({ ok, status }) => {
        // A service that is down has not said that the session is over.
        if (status >= 500) throw new TypeError('no refresh');
        return ok;
      })
      .finally(() => {
        this.#refreshing = undefined;
      });
    return this.#refreshing;
  }

  #send(method: string, path: string, body?: unknown, approval?: string): Promise<Response> {
    const isJson = body !== undefined;
    return this.#fetch(path, {
      method,
      headers: {
        accept: 'application/json, application/problem+json',
        ...CONSOLE_HEADER,
        ...(approval === undefined ? {} : { 'x-sealstream-approval': approval }),
        ...(isJson ? { 'content-type': 'application/json' } : {}),
      },
      ...(isJson ? { body: JSON.stringify(body) } : {}),
      credentials: 'same-origin',
      cache: 'no-store',
      redirect: 'error',
    });
  }

  async #answer(response: Response): Promise<unknown> {
    if (!response.ok) throw await problemFrom(response);
    if (response.status === 204) return undefined;
    const body: unknown = await response.json().catch(() => undefined);
    if (typeof body === 'object' && body !== null) return body;
    throw new ApiProblem({
      status: response.status,
      code: 'ANSWER_UNKNOWN',
      title: 'The answer was not one of the access service.',
    });
  }
}

/** A path of the API, each part encoded: ids hold slashes. */
export function apiPath(...parts: readonly string[]): string {
  return `/v1/${parts.map(encodeURIComponent).join('/')}`;
}

/** With a query of those parts that say something. */
export function withQuery(
  path: string,
  query: Readonly<Record<string, string | undefined>>,
): string {
  const said = Object.entries(query).flatMap(([name, value]) =>
    value === undefined || value === '' ? [] : [[name, value]],
  );
  return said.length === 0 ? path : `${path}?${new URLSearchParams(said).toString()}`;
}
