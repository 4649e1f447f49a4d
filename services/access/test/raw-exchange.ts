import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** What came back for bytes that no HTTP client would send. */
export interface RawAnswer {
  /** Of each answer on the connection, in their order. */
  readonly statuses: readonly number[];
  readonly text: string;
  readonly ms: number;
}

/**
 * Writes the parts as they are, `pauseMs` apart, and gives what came until the service closed or `waitMs`
 * went by.
 */
export async function rawExchange(
  port: number,
  parts: readonly (string | Buffer)[],
  { pauseMs = 0, waitMs = 5000 } = {},
): Promise<RawAnswer> {
  const start = performance.now();
  const chunks: Buffer[] = [];
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  // It may close before all is written; what it said counts.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  for (const [at, part] of parts.entries()) {
    if (at > 0) await sleep(pauseMs);
    if (socket.destroyed) break;
    socket.write(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
  }
  const ended = new AbortController();
  const late = sleep(waitMs, undefined, { signal: ended.signal }).catch(() => undefined);
  await Promise.race([closed, late]);
  ended.abort();
  socket.destroy();
  const text = Buffer.concat(chunks).toString('latin1');
  // An answer begins at the start, or right behind the body of the one before.
  const statuses = [...text.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  return { statuses, text, ms: performance.now() - start };
}
