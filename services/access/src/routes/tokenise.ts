import { z } from 'zod';

import { guarded } from '../route.ts';
import { DatasetParams, Path, Refused, VALUE_CHARACTERS_MAX, VALUES_MAX } from './forms.ts';

const TokeniseBody = z
  .object({
    path: Path,
    values: z
      .array(
        z.object({
          value: z.string().min(1).max(VALUE_CHARACTERS_MAX),
          subject: z
            .string()
            .min(1)
            .max(VALUE_CHARACTERS_MAX)
            .optional()
            .describe('What the subject field of the record holds, where masks go with persons.'),
        }),
      )
      .min(1)
      .max(VALUES_MAX),
  })
  .meta({ id: 'Tokenise' });

const TokeniseAnswer = z
  .object({ values: z.array(z.union([z.object({ masked: z.string() }), Refused])) })
  .meta({ id: 'Tokenised' });

/** Values in, what mask makes of them out: for programs that look for a person on the masked topic. */
export const tokenise = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/tokenise',
    summary: 'Give what values of a field become on the masked topic',
    tag: 'fields',
    rule: 'tokenise',
    told: 'change',
    params: DatasetParams,
    body: TokeniseBody,
    answer: TokeniseAnswer,
  },
  ({ body, params }) => ({
    dataset: params.dataset,
    fields: [body.path],
    values: body.values.length,
  }),
  async ({ body, params }, parts) => {
    const { masked, subjectIndex } = parts.desk(params.dataset);
    const asked = body.values.map(({ subject, value }) => ({
      text: Buffer.from(value),
      subject: subject === undefined ? undefined : subjectIndex(subject),
    }));
    const made = await masked.tokenise(body.path, asked);
    const values = made.map((one) =>
      typeof one === 'string' ? { code: one } : { masked: one.toString('utf8') },
    );
    return { answer: { values }, values: made.filter((one) => typeof one !== 'string').length };
  },
  // Whoever agrees to it sees no value, and none is kept until then.
  { shown: ({ body: { path, values } }) => ({ path, values: values.length }) },
);
