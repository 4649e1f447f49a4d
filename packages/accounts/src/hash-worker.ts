// The thread that hashes passwords, one at a time. It has no Redis, no settings and no log.
import { parentPort } from 'node:worker_threads';
import { hashSync, verifySync } from '@node-rs/argon2';
import type { HashAnswer, HashOrder } from './hash-order.ts';

const port = parentPort;
port?.on('message', (order: HashOrder) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window: a port of a thread
  port.postMessage(answerTo(order));
});

function answerTo({ cost, number, password, phc }: HashOrder): HashAnswer {
  try {
    if (phc === undefined) return { number, hash: hashSync(password, cost) };
    return { number, matches: verifySync(phc, password) };
  } catch {
    // What the library says may quote its input.
    return { number };
  } finally {
    password.fill(0);
  }
}
