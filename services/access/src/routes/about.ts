import { z } from 'zod';

import { open } from '../route.ts';

const Health = z
  .object({ status: z.enum(['ready', 'waiting']) })
  .describe('What is waited for is told on /readyz, to whoever runs the service.')
  .meta({ id: 'Health' });

/** Whether the service can do its work. */
export const health = open(
  {
    method: 'GET',
    url: '/v1/health',
    summary: 'Whether the service can do its work',
    tag: 'health',
    answer: Health,
  },
  async (_asked, { isReady }) => ({
    answer: { status: isReady() ? ('ready' as const) : ('waiting' as const) },
  }),
);
