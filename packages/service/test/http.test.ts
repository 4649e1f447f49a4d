import { afterEach, describe, expect, test } from 'vitest';

import { Health } from '../src/health.ts';
import { type HttpServer, openHttp } from '../src/http.ts';
import { openMetrics } from '../src/metrics.ts';

let server: HttpServer | undefined;
afterEach(async () => server?.stop());

async function opened(health = new Health()) {
  server = await openHttp({ host: '127.0.0.1', port: 0, health, metrics: openMetrics('mask') });
  return (path: string, init?: RequestInit) =>
    fetch(`http://127.0.0.1:${server?.port}${path}`, init);
}

describe('GET /readyz', () => {
  test('is 503 and names what it waits for until nothing is waited for', async () => {
    const health = new Health();
    const get = await opened(health);
    health.waitFor('kafka', 'KAFKA_UNREACHABLE');
    const waiting = await get('/readyz');
    expect(waiting.status).toBe(503);
    expect(await waiting.json()).toEqual({
      status: 'waiting',
      waitsFor: [{ name: 'kafka', why: 'KAFKA_UNREACHABLE' }],
    });
    health.met('kafka');
    const ready = await get('/readyz');
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', waitsFor: [] }]);
  });
});

describe('GET /livez', () => {
  test('is 200 while the process is sound and 503 with the code after it broke', async () => {
    const health = new Health();
    const get = await opened(health);
    expect((await get('/livez')).status).toBe(200);
    health.fail('INTERNAL');
    expect((await get('/livez')).status).toBe(503);
    expect((await get('/readyz')).status).toBe(503);
  });
});

describe('GET /metrics', () => {
  test('answers the registry in the format of Prometheus', async () => {
    const get = await opened();
    const answer = await get('/metrics?x=1');
    expect(answer.headers.get('content-type')).toContain('text/plain');
    const text = await answer.text();
    expect(text).toContain('sealstream_build_info{service="mask"');
    expect(text).toContain('process_cpu_seconds_total');
  });
});

describe('anything else', () => {
  test('is refused: other methods, other paths, long headers, a port that is taken', async () => {
    const get = await opened();
    expect((await get('/metrics', { method: 'POST', body: 'x' })).status).toBe(405);
    expect((await get('/debug')).status).toBe(404);
    expect((await get('/livez', { headers: { long: 'x'.repeat(9000) } })).status).toBe(431);
    const again = openHttp({
      host: '127.0.0.1',
      port: server?.port ?? 0,
      health: new Health(),
      metrics: openMetrics('mask'),
    });
    await expect(again).rejects.toThrow('SEALSTREAM_HTTP_PORT');
  });
});
