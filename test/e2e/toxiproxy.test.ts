import { mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { faultTools } from '../../tools/faults/fault-tools.ts';
import { type Toxic, Toxiproxy } from '../../tools/faults/toxiproxy.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { until } from '../../packages/bus/test/workers.ts';

/** At the rate below it would take a minute. */
const SIZE_BYTES = 4_000_000;
const SLOW: readonly Toxic[] = [
  { type: 'latency', latency: 500, jitter: 0 },
  { type: 'bandwidth', rate: 60 },
];

const folder = mkdtempSync(join(tmpdir(), 'toxiproxy-'));
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.end(Buffer.alloc(SIZE_BYTES));
});
let toxiproxy: Toxiproxy;

beforeAll(async () => {
  const tools = await faultTools(() => undefined);
  toxiproxy = await Toxiproxy.start(tools.toxiproxy, join(folder, 'log'), folder);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await toxiproxy.stop();
  server.close();
  rmSync(folder, { recursive: true });
});

test('a slow link with much on its way is fast again as soon as it is told so', async () => {
  const [listenPort = 0] = await freePorts(1);
  const address = server.address();
  const serverPort = typeof address === 'object' && address !== null ? address.port : 0;
  await toxiproxy.add({ name: 'link', listenPort, serverPort });
  await toxiproxy.put('link', ...SLOW);
  let sizeBytes = 0;
  const client = connect(listenPort, '127.0.0.1').on('data', (bytes) => {
    sizeBytes += bytes.length;
  });
  await until(() => sizeBytes > 0);
  expect(sizeBytes).toBeLessThan(SIZE_BYTES);
  await toxiproxy.take('link', ...SLOW);
  await until(() => sizeBytes === SIZE_BYTES);
  client.destroy();
});
