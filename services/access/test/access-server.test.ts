import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

import { SealstreamError } from '@sealstream/contracts';
import type { FastifyInstance } from 'fastify';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';

import { accessServer } from '../src/access-server.ts';

const CANARY = 'canary-4f1d9c2ab7';
let server: FastifyInstance;
let base: string;
let port: number;

beforeAll(async () => {
  server = await accessServer({ bodyMax: 4096, requestMs: 700 });
  server.route({
    method: 'POST',
    url: '/echo/:name',
    schema: {
      params: z.object({ name: z.string().max(20) }),
      body: z.object({ text: z.string().max(100), count: z.int().optional() }),
      response: { 200: z.object({ text: z.string() }) },
    },
    handler: async (request) => ({ ...(request.body as { text: string }), secret: CANARY }),
  });
  server.get('/fails', async () => {
    throw new Error(`a library that quotes ${CANARY}`);
  });
  server.get('/refuses', async () => {
    throw new SealstreamError('QUOTA_SPENT', { quota: 'reveal' });
  });
  server.get('/waits', async () => {
    throw new SealstreamError('TOO_MANY_REQUESTS', { retryAfterSeconds: 900 });
  });
  await server.listen({ host: '127.0.0.1', port: 0 });
  const address = server.server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  base = `http://127.0.0.1:${port}`;
});
afterAll(async () => server.close());

function post(body: string, headers: Record<string, string> = {}, path = '/echo/x') {
  return fetch(`${base}${path}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'application/json', ...headers },
  });
}

/** What a client sees that writes these bytes and then waits; undefined while the server says nothing. */
async function rawAnswer(text: string, withinMs: number): Promise<string | undefined> {
  const socket = connect(port, '127.0.0.1');
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  socket.write(text);
  const closed = once(socket, 'close');
  await Promise.race([closed, sleep(withinMs)]);
  socket.destroy();
  return chunks.length === 0 ? undefined : Buffer.concat(chunks).toString('latin1');
}

describe('every answer', () => {
  test('carries the id of its request and may be neither kept, framed nor sniffed', async () => {
    const answer = await post('{"text":"a"}');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-request-id')).toMatch(
      /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
    );
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('strict-transport-security')).toBeNull();
  });

  test('holds only what its schema names', async () => {
    expect(await (await post('{"text":"a"}')).json()).toEqual({ text: 'a' });
  });

  test('takes the id of a caller, unless it could be more than an id', async () => {
    const given = await post('{"text":"a"}', { 'x-request-id': 'case-4711.a' });
    expect(given.headers.get('x-request-id')).toBe('case-4711.a');
    for (const id of ['short', 'a'.repeat(65), 'with space in it', '"quoted-id"']) {
      const other = await post('{"text":"a"}', { 'x-request-id': id });
      expect(other.headers.get('x-request-id')).not.toBe(id);
    }
  });
});

describe('an error', () => {
  test.each([
    ['a member of another type', '{"text":5}', 400, 'REQUEST_INVALID'],
    ['text that is no JSON', `{"text":"${CANARY}`, 400, 'REQUEST_INVALID'],
    ['no text at all', '', 400, 'REQUEST_INVALID'],
    ['a member __proto__', `{"text":"a","__proto__":{"x":1}}`, 400, 'REQUEST_INVALID'],
    ['a constructor with prototype', '{"constructor":{"prototype":{}}}', 400, 'REQUEST_INVALID'],
    ['a body over the limit', `{"text":"${'x'.repeat(5000)}"}`, 413, 'REQUEST_TOO_LARGE'],
    ['a text that is too long', `{"text":"${CANARY.repeat(10)}"}`, 400, 'REQUEST_INVALID'],
  ])('for %s is a problem without the value', async (_what, body, status, code) => {
    const answer = await post(body);
    const text = await answer.text();
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(JSON.parse(text)).toMatchObject({
      type: `urn:sealstream:error:${code}`,
      status,
      code,
      requestId: answer.headers.get('x-request-id'),
    });
    expect(text).not.toContain(CANARY);
  });

  test('names the place that a schema names, and no member that only the caller knows', async () => {
    const named = await (await post('{"text":5}')).json();
    expect(named).toMatchObject({ place: { at: 'body/text', rule: 'invalid_type' } });
    expect(await (await post('{"text')).json()).toMatchObject({ place: { at: 'body' } });
  });

  test('of a library says that there was one, and nothing of it', async () => {
    const answer = await fetch(`${base}/fails`);
    const text = await answer.text();
    expect(answer.status).toBe(500);
    expect(JSON.parse(text)).toMatchObject({ code: 'INTERNAL' });
    expect(text).not.toContain(CANARY);
  });

  test('of ours keeps its code, place and mend, and says when to come again', async () => {
    const answer = await fetch(`${base}/refuses`);
    expect(answer.status).toBe(429);
    expect(answer.headers.get('retry-after')).toBe('1');
    expect(await answer.json()).toMatchObject({
      code: 'QUOTA_SPENT',
      place: { quota: 'reveal' },
      detail: expect.stringContaining('next period') as string,
    });
  });

  test('of ours that knows when to come again says that', async () => {
    const answer = await fetch(`${base}/waits`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, '900']);
  });

  test.each([
    ['another type of body', { 'content-type': 'text/plain' }, '/echo/x', 415],
    ['a form', { 'content-type': 'application/x-www-form-urlencoded' }, '/echo/x', 415],
    ['an unknown path', {}, '/etc/passwd', 404],
    ['a parameter that is too long', {}, `/echo/${'a'.repeat(150)}`, 400],
    ['a parameter beyond any', {}, `/echo/${'a'.repeat(5000)}`, 400],
    ['a broken escape', {}, '/echo/%zz', 400],
  ])('for %s is a problem', async (_what, headers, path, status) => {
    const answer = await post('{"text":"a"}', headers, path);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
    await answer.text();
  });
});

describe('a client that is slow or large', () => {
  test('is answered 408 when its body does not arrive in time', async () => {
    const head = 'POST /echo/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
    const answer = await rawAnswer(`${head}Content-Length: 20\r\n\r\n{"te`, 6000);
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
  });

  test('is answered 431 when its headers are too large', async () => {
    const answer = await rawAnswer(
      `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      2000,
    );
    expect(answer).toMatch(/^HTTP\/1\.1 431 /);
  });

  test('gets no second request through a length that contradicts the chunks', async () => {
    const smuggled = 'GET /refuses HTTP/1.1\r\nHost: a\r\n\r\n';
    const head = 'POST /echo/x HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';
    const both = `${head}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`;
    const answer = await rawAnswer(both, 2000);
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).not.toContain('QUOTA_SPENT');
  });
});
