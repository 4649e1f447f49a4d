import { KEYSET_PURPOSES } from '@sealstream/contracts';
import { z } from 'zod';

import { guarded } from '../route.ts';
import { DatasetParams } from './forms.ts';

const KEYS_MAX = 100;

/** Where the keys of a dataset are found, all of them in one read. */
export const keyUsages = guarded(
  {
    method: 'GET',
    url: '/v1/datasets/:dataset/keys/usage',
    summary:
      'Read the topics of a dataset to their ends, and count the records under each key; takes long',
    tag: 'keys',
    rule: 'keys.read',
    told: 'read',
    params: DatasetParams,
    query: z.object({
      purpose: z.enum(KEYSET_PURPOSES).optional().describe('Only keys of this purpose.'),
      keys: z
        .string()
        .regex(new RegExp(`^[\\w-]{12}(,[\\w-]{12}){0,${KEYS_MAX - 1}}$`))
        .optional()
        .describe(`Only these: ${KEYS_MAX} ids at most, with commas between them.`),
      from: z.iso
        .datetime()
        .optional()
        .describe('Only records since then, by their own times; all if absent.'),
    }),
    answer: z
      .object({
        usage: z
          .array(
            z.object({
              keyset: z.string().describe('purpose/dataset'),
              keyId: z.string(),
              state: z.string(),
              topic: z.string(),
              records: z.int(),
              first: z.string().describe('Time of the oldest; empty where records have none.'),
              last: z.string(),
            }),
          )
          .describe('A key that is not in it was found nowhere.'),
        records: z.int().describe('Records that were read.'),
        others: z
          .int()
          .describe('Those with keys of subjects, of other datasets, or unknown ones.'),
        topics: z.array(z.string()).describe('Those that were read; raw never is, nor are copies.'),
      })
      .meta({ id: 'KeyUsages' }),
  },
  ({ params: { dataset }, query: { keys, purpose = 'all' } }) => ({
    dataset,
    about: { keyPurpose: purpose, ...(keys === undefined ? {} : { keys }) },
  }),
  async ({ gone, params, query }, { keyDesk, policy }) => {
    const { from, keys, purpose } = query;
    const asked = {
      purpose,
      keyIds: keys?.split(','),
      fromMs: from === undefined ? undefined : Date.parse(from),
    };
    const found = await keyDesk.usage(policy.of(params.dataset), asked, gone());
    return { answer: { ...found, usage: [...found.usage], topics: [...found.topics] } };
  },
);
