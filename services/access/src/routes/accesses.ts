import { z } from 'zod';

import { cursorPlace, cursorText, ListQuery } from '../cursor.ts';
import { guarded } from '../route.ts';

const Place = z.object({ at: z.int(), offset: z.string().regex(/^\d{1,19}$/) });

const Access = z
  .object({
    at: z.iso.datetime(),
    type: z
      .enum(['ordered', 'done', 'denied', 'signed-in', 'sign-in-refused', 'signed-out'])
      .describe('`done` where the outcome of an order is known.'),
    account: z.string(),
    person: z.string(),
    action: z.string(),
    dataset: z.string().optional(),
    target: z.string().optional().describe('What it was done to, where that is no field.'),
    paths: z.array(z.string()).optional(),
    purpose: z.string().optional(),
    reference: z.string().optional(),
    values: z.int().optional().describe('Most that could be given, as ordered.'),
    given: z.int().optional().describe('What was given in truth.'),
    rule: z.string().optional(),
    reasons: z.string().optional().describe('Why it was denied.'),
    failed: z.string().optional().describe('Code of what failed.'),
    request: z.string(),
    outcome: z
      .enum(['done', 'failed', 'open'])
      .describe('`open`: no outcome is known, so it counts as done.'),
  })
  .meta({ id: 'Access' });

/** Who asked for what. */
export const accesses = guarded(
  {
    method: 'GET',
    url: '/v1/accesses',
    summary: 'Who asked for what, and what came of it; the newest first',
    tag: 'audit',
    rule: 'audit.read',
    told: 'read',
    query: ListQuery.extend({
      dataset: z.string().max(100).optional(),
      person: z.string().max(200).optional(),
    }),
    answer: z
      .object({
        items: z.array(Access),
        cursor: z.string().optional(),
        isWhole: z
          .boolean()
          .describe('False where the audit log knows older ones than are remembered here.'),
      })
      .meta({ id: 'Accesses' }),
  },
  ({ query }) => ({ dataset: query.dataset }),
  async ({ query }, parts) => {
    const { cursor, dataset, limit, person } = query;
    const after = cursorPlace(Place, cursor);
    const page = await parts.accesses.page({ dataset, person }, limit, after);
    const { isWhole, items, next } = page;
    const shown = items.map(({ paths, ...access }) => ({
      ...access,
      ...(paths === undefined ? {} : { paths: [...paths] }),
    }));
    const answer = { items: shown, isWhole };
    return { answer: next === undefined ? answer : { ...answer, cursor: cursorText(next) } };
  },
);
