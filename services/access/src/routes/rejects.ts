import { z } from 'zod';

import { ListQuery } from '../cursor.ts';
import { guarded } from '../route.ts';
import { DatasetParams } from './forms.ts';

const IDS_MAX = 1000;
const CODES_MAX = 50;

const Stage = z.enum(['ingest', 'mask', 'encrypt']);
const Code = z
  .string()
  .regex(/^[A-Z][A-Z_]{1,63}$/)
  .describe('A code of docs/errors.md.');
const Id = z
  .string()
  .regex(/^\d{1,9}:\d{1,19}$/)
  .describe('`partition:offset` on the rejected topic.');

const Reject = z
  .object({
    id: z.string(),
    at: z.iso.datetime(),
    stage: z.string(),
    code: z.string(),
    attempt: z.int(),
    path: z.string().optional().describe("The policy's path pattern."),
    byte: z.int().optional().describe('Where in the value.'),
    source: z.object({ partition: z.int(), offset: z.string() }).describe('On the raw topic.'),
  })
  .meta({ id: 'Reject' });

/** Open rejects, one by one. */
export const rejects = guarded(
  {
    method: 'GET',
    url: '/v1/datasets/:dataset/rejects',
    summary: 'Open rejects with their reasons, the newest first; none is opened',
    tag: 'rejects',
    rule: 'rejects.read',
    told: 'read',
    params: DatasetParams,
    query: ListQuery.extend({ stage: Stage.optional(), code: Code.optional() }),
    answer: z
      .object({
        items: z.array(Reject),
        cursor: z.string().optional().describe('There may be more, also after fewer than limit.'),
      })
      .meta({ id: 'Rejects' }),
  },
  ({ params }) => ({ dataset: params.dataset }),
  async ({ params, query }, parts) => {
    const { code, stage, ...list } = query;
    const found = parts.policy.of(params.dataset);
    return { answer: await parts.rejects.page(found, { code, stage }, list) };
  },
);

/** How many there are of each. */
export const rejectSummary = guarded(
  {
    method: 'GET',
    url: '/v1/datasets/:dataset/rejects/summary',
    summary: 'Open rejects by stage and code, of the newest 10,000',
    tag: 'rejects',
    rule: 'rejects.read',
    told: 'read',
    params: DatasetParams,
    answer: z
      .object({
        total: z.int(),
        byCode: z.array(
          z.object({
            stage: z.string(),
            code: z.string(),
            count: z.int(),
            newestAt: z.iso.datetime(),
          }),
        ),
        isWhole: z.boolean().describe('Whether all open rejects are counted.'),
      })
      .meta({ id: 'RejectSummary' }),
  },
  ({ params }) => ({ dataset: params.dataset }),
  async ({ params }, parts) => ({
    answer: await parts.rejects.summary(parts.policy.of(params.dataset)),
  }),
);

/** Tries some of them again. */
export const replayRejects = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/rejects/replay',
    summary: 'Try open rejects again under the policy of now, exactly once',
    tag: 'rejects',
    rule: 'rejects.replay',
    told: 'change',
    makes: 'shown',
    params: DatasetParams,
    body: z.strictObject({
      ids: z.array(Id).min(1).max(IDS_MAX).optional().describe('Only these; all if absent.'),
      stage: Stage.optional(),
      code: z
        .union([Code, z.array(Code).min(1).max(CODES_MAX)])
        .optional()
        .describe('Only of this code, or of one of these.'),
      again: z
        .boolean()
        .default(false)
        .describe('Also what was tried under this policy before, as after a mended registry.'),
      dryRun: z.boolean().default(false).describe('Only count.'),
    }),
    answer: z
      .object({
        replayed: z.int().describe('Accepted; of a dry run those that would be tried.'),
        skipped: z.int().describe('Open, and left as they were; at new places.'),
        refused: z
          .array(z.object({ id: z.string(), code: z.string() }))
          .describe('Not there, or still bad.'),
      })
      .meta({ id: 'Replay' }),
  },
  ({ body, params }) => ({
    dataset: params.dataset,
    target: [
      body.stage,
      ...codesOf(body.code),
      body.ids === undefined ? 'all' : `${body.ids.length} named`,
      body.again ? 'again' : undefined,
    ]
      .filter((part) => part !== undefined)
      .join(' '),
  }),
  async ({ body, params }, parts) => {
    const found = parts.policy.of(params.dataset);
    const { code, ...order } = body;
    const asked = { ...order, codes: codesOf(code) };
    const { refused, ...counts } = await parts.replays.replay(found, asked);
    return { answer: { ...counts, refused: [...refused] } };
  },
);

function codesOf(code: string | readonly string[] | undefined): readonly string[] {
  if (code === undefined) return [];
  return typeof code === 'string' ? [code] : code;
}
