import { describe, expect, test } from 'vitest';
import { ApiClient, apiPath, withQuery } from '../src/page/api/api-client.ts';
import { ApiProblem, factsOf } from '../src/page/api/api-problem.ts';

interface Sent {
  readonly path: string;
  readonly init: RequestInit;
}

const json = (status: number, body: unknown, headers: Record<string, string> = {}) =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'content-type': 'application/json', ...headers },
  });
const problem = (status: number, code: string, more: Record<string, string> = {}) =>
  json(
    status,
    { code, title: `Title of ${code}.`, detail: 'Do that.', requestId: 'req-1', status },
    { 'content-type': 'application/problem+json; charset=utf-8', ...more },
  );

/** A client that answers from a list, in the order of the requests. */
function client(...answers: readonly (Response | Error)[]) {
  const sent: Sent[] = [];
  const left = [...answers];
  let signedOut = 0;
  const api = new ApiClient(
    async (path, init) => {
      sent.push({ path, init });
      const answer = left.shift();
      if (answer === undefined) throw new Error('one request too many');
      if (answer instanceof Error) throw answer;
      return answer;
    },
    () => {
      signedOut += 1;
    },
  );
  return { api, sent, signedOut: () => signedOut };
}
const factsOfFailure = async (work: Promise<unknown>) =>
  factsOf(
    await work.then(
      () => undefined,
      (error: unknown) => error,
    ),
  );

describe('a request', () => {
  test('carries the header that foreign pages cannot set, and nothing to other origins', async () => {
    const { api, sent } = client(json(200, { a: 1 }), json(200, {}));
    expect(await api.get('/v1/keys')).toEqual({ a: 1 });
    await api.post('/v1/x', { b: 2 });
    for (const { init } of sent)
      expect(init).toMatchObject({
        headers: { 'x-sealstream-console': '1' },
        credentials: 'same-origin',
        cache: 'no-store',
        redirect: 'error',
      });
    expect(sent[1]?.init.body).toBe('{"b":2}');
  });

  test('carries the approval of a second person where there is one, also after a refresh', async () => {
    const lapsed = problem(401, 'SIGN_IN_REFUSED');
    const { api, sent } = client(json(200, {}), lapsed, json(200, {}), json(200, {}));
    await api.post('/v1/x', {});
    await api.delete('/v1/y', 'a1');
    const header = ({ init }: Sent) => new Headers(init.headers).get('x-sealstream-approval');
    expect(sent.map(({ path }) => path)).toEqual([
      '/v1/x',
      '/v1/y',
      '/v1/session/refresh',
      '/v1/y',
    ]);
    expect(sent.map(header)).toEqual([null, 'a1', null, 'a1']);
  });

  test('has every part of its path encoded, and no empty words in its query', () => {
    expect(apiPath('alerts', 'lag/people/raw 1?')).toBe('/v1/alerts/lag%2Fpeople%2Fraw%201%3F');
    expect(withQuery('/v1/x', { a: '', b: undefined, c: '1&2' })).toBe('/v1/x?c=1%262');
    expect(withQuery('/v1/x', { a: '' })).toBe('/v1/x');
  });
});

describe('an error', () => {
  test('of the service is shown with code, mend, request id and how long to wait', async () => {
    const { api } = client(problem(429, 'TOO_MANY_REQUESTS', { 'retry-after': '7' }));
    expect(await factsOfFailure(api.get('/v1/flow'))).toEqual({
      status: 429,
      code: 'TOO_MANY_REQUESTS',
      title: 'Title of TOO_MANY_REQUESTS.',
      detail: 'Do that.',
      requestId: 'req-1',
      retryAfterSeconds: 7,
    });
  });

  test('has the names and numbers of its place, and nothing of another form', async () => {
    const place = { approval: 'a1', count: 2, deep: { a: 1 }, list: [1] };
    const body = { code: 'APPROVAL_NEEDED', title: 'T.', place };
    const of = { 'content-type': 'application/problem+json' };
    const { api } = client(json(403, body, of), json(403, { ...body, place: 'x' }, of));
    const facts = await factsOfFailure(api.post('/v1/x', {}));
    expect(facts.place).toEqual({ approval: 'a1', count: 2 });
    expect(await factsOfFailure(api.post('/v1/x', {}))).not.toHaveProperty('place');
  });

  test('that is no problem of ours shows nothing of its body', async () => {
    const foreign = new Response('<h1>secret of a proxy</h1>', { status: 502 });
    const { api } = client(foreign, problem(500, ''));
    const facts = await factsOfFailure(api.get('/v1/flow'));
    expect(facts).toMatchObject({ status: 502, code: 'ANSWER_UNKNOWN' });
    expect(JSON.stringify(facts)).not.toContain('secret');
    expect(await factsOfFailure(api.get('/v1/flow'))).toMatchObject({ code: 'ANSWER_UNKNOWN' });
  });

  test('is also an answer of 200 that is no JSON object', async () => {
    const { api } = client(new Response('<html>'), json(200, 'text'));
    for (let turn = 0; turn < 2; turn++)
      expect(await factsOfFailure(api.get('/v1/x'))).toMatchObject({ code: 'ANSWER_UNKNOWN' });
  });

  test('of the connection is told apart from one of the page', async () => {
    const { api } = client(new TypeError('fetch failed'));
    expect(await factsOfFailure(api.get('/v1/x'))).toMatchObject({ code: 'NO_ANSWER', status: 0 });
    expect(factsOf(new RangeError('value 123-45-6789'))).toMatchObject({ code: 'PAGE_FAILED' });
    expect(JSON.stringify(factsOf(new RangeError('value 123-45-6789')))).not.toContain('123');
    expect(new ApiProblem({ status: 1, code: 'X', title: 'Y.' }).message).toBe('X: Y.');
  });
});

describe('a session that lapsed', () => {
  const lapsed = () => problem(401, 'SIGN_IN_REFUSED');

  test('is refreshed once, and the request asked again', async () => {
    const { api, sent, signedOut } = client(lapsed(), json(200, {}), json(200, { a: 1 }));
    expect(await api.get('/v1/keys')).toEqual({ a: 1 });
    expect(sent.map(({ path }) => path)).toEqual(['/v1/keys', '/v1/session/refresh', '/v1/keys']);
    expect(signedOut()).toBe(0);
  });

  test('is refreshed once for all requests of a moment', async () => {
    const answers = [lapsed(), lapsed(), json(200, {}), json(200, { a: 1 }), json(200, { a: 2 })];
    const { api, sent } = client(...answers);
    await Promise.all([api.get('/v1/a'), api.get('/v1/b')]);
    expect(sent.filter(({ path }) => path.endsWith('/refresh'))).toHaveLength(1);
  });

  test('that cannot be refreshed ends, and says so once', async () => {
    const { api, signedOut } = client(lapsed(), lapsed());
    expect(await factsOfFailure(api.get('/v1/a'))).toMatchObject({ status: 401 });
    expect(signedOut()).toBe(1);
  });

  test('is not ended by a service that is down', async () => {
    const { api, signedOut } = client(lapsed(), problem(503, 'REDIS_UNREACHABLE'));
    expect(await factsOfFailure(api.get('/v1/a'))).toMatchObject({ code: 'NO_ANSWER' });
    expect(signedOut()).toBe(0);
  });

  test('is never begun by a refused sign-in', async () => {
    const { api, sent, signedOut } = client(lapsed());
    expect(await factsOfFailure(api.signIn('ada', 'wrong'))).toMatchObject({ status: 401 });
    expect(sent).toHaveLength(1);
    expect(signedOut()).toBe(0);
  });

  test('ends here also when the service cannot be told', async () => {
    const { api, signedOut } = client(new TypeError('fetch failed'));
    await expect(api.signOut()).rejects.toThrow(TypeError);
    expect(signedOut()).toBe(1);
  });
});
