// The thread that compares policies: a text may be made so that this takes long.
import { parentPort } from 'node:worker_threads';

import { type ReviewOrder, reviewPolicy } from './policy-review.ts';

const port = parentPort;
port?.on('message', (order: ReviewOrder) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- no window: a port of a thread
  port.postMessage(reviewPolicy(order));
});
