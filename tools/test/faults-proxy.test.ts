import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { AnswerLoss, requestHead } from '../faults/answer-loss.ts';
import { FrameProxy, frames } from '../faults/frame-proxy.ts';
import { KcatOutput } from '../faults/kcat-reader.ts';
import { REQUESTS } from '../faults/requests.ts';
import { valueDigest } from '../faults/seen-records.ts';
import { Turns } from '../faults/turns.ts';

/** A request frame: key, version, correlation id, client id, and a byte of body. */
function request(apiKey: number, correlationId: number, clientId: string): Buffer {
  const client = Buffer.from(clientId);
  const frame = Buffer.alloc(15 + client.length);
  frame.writeInt32BE(frame.length - 4, 0);
  frame.writeInt16BE(apiKey, 4);
  frame.writeInt32BE(correlationId, 8);
  frame.writeInt16BE(client.length, 12);
  client.copy(frame, 14);
  return frame;
}

function answer(correlationId: number): Buffer {
  const frame = Buffer.alloc(9);
  frame.writeInt32BE(5, 0);
  frame.writeInt32BE(correlationId, 4);
  return frame;
}

const stops: (() => Promise<unknown> | void)[] = [];
afterEach(async () => {
  for (const stop of stops.splice(0).toReversed()) await stop();
});

/** A server that answers each request by its correlation id, behind a proxy. */
async function surroundings(losses: ReadonlySet<AnswerLoss>) {
  let asked = 0;
  const server = createServer((socket) => {
    const onRequest = (frame: Buffer) => {
      asked += 1;
      socket.write(answer(requestHead(frame).correlationId));
    };
    socket.on('data', frames(onRequest));
    socket.on('error', () => undefined);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const proxy = await FrameProxy.listen(losses);
  proxy.forwardTo(typeof address === 'object' && address !== null ? address.port : 0);
  stops.push(
    () => void server.close(),
    () => proxy.close(),
  );
  return { proxy, asked: () => asked };
}

async function client({ port }: FrameProxy) {
  const socket = connect(port, '127.0.0.1');
  const answered: number[] = [];
  socket.on(
    'data',
    frames((frame) => answered.push(frame.readInt32BE(4))),
  );
  await once(socket, 'connect');
  stops.push(() => void socket.destroy());
  return { socket, answered };
}

const closed = (socket: Socket) => once(socket, 'close');

describe('the proxy that looks at frames', () => {
  test('passes every request and answer unchanged while nothing is to be lost', async () => {
    const { proxy, asked } = await surroundings(new Set());
    const { socket, answered } = await client(proxy);
    for (let n = 0; n < 100; n++) socket.write(request(n % 30, n, 'any'));
    await expect.poll(() => answered.length).toBe(100);
    expect(answered).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(asked()).toBe(100);
  });

  test('loses the answer to the request of that kind and client alone, once it was carried out', async () => {
    const loss = new AnswerLoss('EndTxn', 'mask', 1);
    const { proxy, asked } = await surroundings(new Set([loss]));
    const { socket, answered } = await client(proxy);
    socket.write(request(REQUESTS.EndTxn, 1, 'encrypt'));
    socket.write(request(REQUESTS.Produce, 2, 'mask'));
    await expect.poll(() => answered).toEqual([1, 2]);
    const end = closed(socket);
    socket.write(request(REQUESTS.EndTxn, 3, 'mask'));
    await end;
    expect(answered).toEqual([1, 2]);
    expect(asked()).toBe(3);
    await loss.all;
    expect(loss.lost).toBe(1);
  });

  test('loses no more than it was told to, and none after the end', async () => {
    const loss = new AnswerLoss('Fetch', 'mask', 2);
    const { proxy } = await surroundings(new Set([loss]));
    for (const n of [1, 2]) {
      const { socket } = await client(proxy);
      const end = closed(socket);
      socket.write(request(REQUESTS.Fetch, n, 'mask'));
      await end;
    }
    const { socket, answered } = await client(proxy);
    socket.write(request(REQUESTS.Fetch, 3, 'mask'));
    await expect.poll(() => answered).toEqual([3]);
    const ended = new AnswerLoss('Fetch', 'mask', 1);
    ended.end();
    expect(ended.claims({ apiKey: REQUESTS.Fetch, correlationId: 1, clientId: 'mask' })).toBe(
      false,
    );
  });

  test('takes frames apart wherever the stream is cut', () => {
    const stream = Buffer.concat([request(1, 1, 'a'), answer(7), request(2, 2, 'a longer name')]);
    for (let size = 1; size <= stream.length; size++) {
      const found: Buffer[] = [];
      const push = frames((frame) => found.push(Buffer.from(frame)));
      for (let at = 0; at < stream.length; at += size) push(stream.subarray(at, at + size));
      expect(Buffer.concat(found).equals(stream)).toBe(true);
      expect(found).toHaveLength(3);
    }
  });
});

describe('what kcat prints', () => {
  test('is taken apart wherever it is cut, with line feeds in values and tombstones', () => {
    const values = [Buffer.from('plain'), Buffer.from('two\nlines\n'), null, Buffer.alloc(0)];
    const printed = Buffer.concat(
      values.map((value, n) =>
        Buffer.concat([
          Buffer.from(`${n % 2} ${10 + n} ${value === null ? -1 : value.length}\n`),
          value ?? Buffer.alloc(0),
          Buffer.from('\n'),
        ]),
      ),
    );
    const wanted = values.map((value, n) => [n % 2, { at: 10 + n, digest: valueDigest(value) }]);
    for (let size = 1; size <= printed.length; size++) {
      const found: unknown[] = [];
      const output = new KcatOutput((...record) => found.push(record));
      for (let at = 0; at < printed.length; at += size) output.add(printed.subarray(at, at + size));
      expect(found).toEqual(wanted);
    }
  });
});

describe('faults of one name', () => {
  test('take turns, also after one of them failed', async () => {
    const turns = new Turns();
    const order: string[] = [];
    const work = (name: string, fails: boolean) => async () => {
      order.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, 5));
      order.push(`${name} ends`);
      if (fails) throw new Error(name);
    };
    const first = turns.take('mask', work('first', true));
    const second = turns.take('mask', work('second', false));
    await expect(first).rejects.toThrow('first');
    await second;
    expect(order).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
  });
});
