import { once } from 'node:events';

import { afterEach, describe, expect, test } from 'vitest';

import { accessServer } from '../src/access-server.ts';
import { EventStream, eventText } from '../src/event-stream.ts';
import type { FlowState } from '../src/flow-state.ts';
import { FlowStreams } from '../src/flow-streams.ts';

/** Who tells states, as the watch does. */
class Told {
  readonly listeners = new Set<(state: FlowState | null) => void>();

  listen(onState: (state: FlowState | null) => void): () => void {
    this.listeners.add(onState);
    return () => void this.listeners.delete(onState);
  }

  tell(at: string | null): void {
    for (const listener of this.listeners) listener(at === null ? null : { at, datasets: [] });
  }
}

const always = async () => true;
const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

async function served(streams: FlowStreams): Promise<{ base: string; close: () => Promise<void> }> {
  const server = await accessServer({ bodyMax: 4096, requestMs: 1000 });
  server.addHook('preClose', async () => streams.end());
  server.get('/stream', async (_request, reply) =>
    reply.header('content-type', 'text/event-stream').send(streams.open(always)),
  );
  const base = await server.listen({ host: '127.0.0.1', port: 0 });
  const close = () => server.close();
  closers.push(close);
  return { base, close };
}

describe('a stream', () => {
  test('gives a slow client the newest state and none that came in between', async () => {
    const stream = new EventStream();
    for (const at of ['1', '2', '3']) stream.offer(eventText('flow', at));
    expect(stream.read()).toBe('event: flow\ndata: "3"\n\n');
    for (const at of ['4', '5', '6']) stream.offer(eventText('flow', at));
    const texts: string[] = [];
    for (
      let text = stream.read() as string | null;
      text !== null;
      text = stream.read() as string | null
    )
      texts.push(text);
    expect(texts.join('')).toMatch(/data: "6"\n\n$/);
    expect(texts.join('')).not.toContain('"5"');
  });

  test('that a client takes nothing of is cut off some time after its end', async () => {
    const stream = new EventStream();
    stream.offer('x');
    stream.end();
    await once(stream, 'close');
    expect(stream.destroyed).toBe(true);
  });

  test('ends with the server, also for a client that reads nothing', async () => {
    const watch = new Told();
    const { base, close } = await served(new FlowStreams({ watch }));
    const answer = await fetch(`${base}/stream`);
    const reader = answer.body?.getReader();
    const idle = await fetch(`${base}/stream`);
    watch.tell('now');
    await close();
    let [text, isDone] = ['', false];
    while (!isDone) {
      const { done = true, value } = (await reader?.read()) ?? {};
      text += value === undefined ? '' : Buffer.from(value).toString();
      isDone = done;
    }
    expect(text).toContain('event: flow\ndata: {"at":"now","datasets":[]}\n\n');
    await idle.body?.cancel();
  });

  test('says once that Kafka is away, as an event of its own', async () => {
    const watch = new Told();
    const stream = new FlowStreams({ watch }).open(always);
    stream.read();
    watch.tell(null);
    expect(stream.read()).toBe('event: away\ndata: {"code":"KAFKA_UNREACHABLE"}\n\n');
    stream.destroy();
  });

  test('ends when who opened it may no longer have it, or that cannot be asked', async () => {
    const streams = new FlowStreams({ watch: new Told(), sessionMs: 10 });
    const refused = streams.open(async () => false);
    const failed = streams.open(() => Promise.reject(new Error('Redis is away')));
    const goesOn = streams.open(always);
    for (const stream of [refused, failed, goesOn]) stream.resume();
    await Promise.all([once(refused, 'end'), once(failed, 'end')]);
    expect(goesOn.readableEnded).toBe(false);
    goesOn.destroy();
  });
});

test('fifty clients have streams at once, a further one is refused, and who goes makes room', async () => {
  const open: number[] = [];
  const watch = new Told();
  const { base } = await served(new FlowStreams({ watch, onOpen: (now) => open.push(now) }));
  const clients = await Promise.all(
    Array.from({ length: 50 }, async () => {
      const stop = new AbortController();
      const answer = await fetch(`${base}/stream`, { signal: stop.signal });
      return { answer, stop };
    }),
  );
  expect(watch.listeners.size).toBe(1);
  const refused = await fetch(`${base}/stream`);
  expect(await refused.json()).toMatchObject({ code: 'TOO_MANY_REQUESTS', status: 429 });
  for (const { stop } of clients) stop.abort();
  await expect.poll(() => open.at(-1)).toBe(0);
  expect(watch.listeners.size).toBe(0);
});
