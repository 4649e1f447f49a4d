import { PURPOSES } from '@sealstream/contracts';
import { HINDRANCES, type Hindrance } from '@sealstream/key-care';
import { z } from 'zod';

import { guarded } from '../route.ts';
import { DatasetParams, Reference } from './forms.ts';

const KeyParams = DatasetParams.extend({
  purpose: z.enum(PURPOSES),
  key: z
    .string()
    .regex(/^[\w-]{12}$/)
    .describe('Its id, as GET /v1/keys shows it.'),
});

const WHY = Object.keys(HINDRANCES) as [Hindrance, ...Hindrance[]];

/** What stands for and against the end of a key. */
export const keyUsage = guarded(
  {
    method: 'GET',
    url: '/v1/datasets/:dataset/keys/:purpose/:key/usage',
    summary: 'Read the topics of a dataset to their ends, and say whether a key may go; takes long',
    tag: 'keys',
    rule: 'keys.read',
    told: 'read',
    params: KeyParams,
    answer: z
      .object({
        state: z.string(),
        usage: z.array(
          z.object({
            topic: z.string(),
            records: z.int(),
            first: z.string().describe('Time of the oldest; empty where records have none.'),
            last: z.string(),
          }),
        ),
        records: z.int().describe('Those that name the key, on all topics that were read.'),
        topics: z.array(z.string()).describe('Those that were read; raw never is, nor are copies.'),
        settled: z.boolean().describe('Whether it seals no more for long enough.'),
        mayGo: z.boolean().describe('Whether it may be destroyed without force.'),
        why: z
          .array(z.enum(WHY))
          .describe(
            'seals: rotate first; unsettled: wait; records: they open no more; unseen: what needs it ' +
              'stands where no scan finds it, so it always needs force.',
          ),
      })
      .meta({ id: 'KeyUsage' }),
  },
  ({ params: { dataset, key, purpose } }) => ({ dataset, target: `${purpose}/${dataset} ${key}` }),
  async ({ gone, params }, { keyDesk, policy }) => {
    const found = await keyDesk.safety(policy.of(params.dataset), params, gone());
    const usage = found.usage.map(({ first, last, records, topic }) => ({
      topic,
      records,
      first,
      last,
    }));
    return { answer: { ...found, usage, topics: [...found.topics], why: [...found.why] } };
  },
);

/** Ends a key for good. */
export const destroyKeyRoute = guarded(
  {
    method: 'DELETE',
    url: '/v1/datasets/:dataset/keys/:purpose/:key',
    summary:
      'End a key that only opens, for good; the topics are read first, to find what needs it',
    tag: 'keys',
    rule: 'keys.destroy',
    told: 'change',
    needs: ({ keyDesk }) => keyDesk.requireSigner(),
    params: KeyParams,
    query: z.object({
      force: z
        .enum(['true', 'false'])
        .optional()
        .describe(
          'true: also while records name it, which then open no more; with a second person.',
        ),
      reason: Reference.optional().describe(
        'Number of the request. It stands on the audit log for ever.',
      ),
    }),
    answer: z
      .object({
        name: z.string().describe('purpose/dataset'),
        version: z.int(),
        keyId: z.string(),
        action: z.enum(['destroyed', 'unchanged']),
        records: z.int().describe('Those that named it.'),
      })
      .meta({ id: 'DestroyedKey' }),
  },
  ({ params: { dataset, key, purpose }, query: { force = 'false', reason } }) => ({
    dataset,
    target: `${purpose}/${dataset} ${key}`,
    about: { force, ...(reason === undefined ? {} : { reason }) },
  }),
  async ({ caller, gone, params, query }, { keyDesk, policy }) => {
    const key = { ...params, force: query.force === 'true' };
    const by = { actor: caller.account, gone: gone() };
    return { answer: await keyDesk.destroy(policy.of(params.dataset), key, by) };
  },
  {
    ruleOf: async ({ query }) => (query.force === 'true' ? 'keys.destroy-forced' : 'keys.destroy'),
  },
);
