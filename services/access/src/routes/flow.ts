import { z } from 'zod';

import { FlowState } from '../flow-state.ts';
import { guarded } from '../route.ts';

/** How the flow stands. */
export const flow = guarded(
  {
    method: 'GET',
    url: '/v1/flow',
    summary: 'Rates, lag, members and pauses of every stage',
    tag: 'flow',
    rule: 'flow.read',
    told: 'nothing',
    answer: FlowState,
  },
  () => ({}),
  async (_asked, parts) => ({ answer: await parts.flow.state() }),
);

/** The same as it changes. */
export const flowStream = guarded(
  {
    method: 'GET',
    url: '/v1/flow/stream',
    summary: 'The same each second, as server-sent events named flow; `away` while Kafka is',
    tag: 'flow',
    rule: 'flow.read',
    told: 'nothing',
    answer: z.any().meta({ description: 'text/event-stream; data is a Flow' }),
    media: 'text/event-stream',
  },
  () => ({}),
  async ({ isStill }, { streams }) => ({
    answer: streams.open(isStill),
    headers: { 'content-type': 'text/event-stream', 'x-accel-buffering': 'no' },
  }),
);
