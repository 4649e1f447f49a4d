import { z } from 'zod';

import { guarded } from '../route.ts';
import { DatasetParams, Path, Refused, VALUE_CHARACTERS_MAX, VALUES_MAX } from './forms.ts';

const SealBody = z
  .object({
    values: z
      .array(
        z.object({
          path: Path,
          type: z.enum(['string', 'number', 'boolean', 'null', 'json']).default('string'),
          value: z.string().max(VALUE_CHARACTERS_MAX).describe('The text that is to return.'),
          subject: z
            .string()
            .min(1)
            .max(VALUE_CHARACTERS_MAX)
            .optional()
            .describe('What the subject field of the record holds, under keys of persons.'),
        }),
      )
      .min(1)
      .max(VALUES_MAX),
  })
  .meta({ id: 'Seal' });

const SealAnswer = z
  .object({ values: z.array(z.union([z.object({ token: z.string() }), Refused])) })
  .meta({ id: 'Sealed' });

/** Values in, tokens as on the encrypted topic out: for programs that cannot use the SDK. */
export const seal = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/seal',
    summary: 'Seal values as encrypt does',
    tag: 'fields',
    rule: 'seal',
    told: 'change',
    params: DatasetParams,
    body: SealBody,
    answer: SealAnswer,
  },
  ({ body, params }) => ({
    dataset: params.dataset,
    fields: [...new Set(body.values.map(({ path }) => path))],
    values: body.values.length,
  }),
  async ({ body, params }, parts) => {
    const { sealed, subjectIndex } = parts.desk(params.dataset);
    const asked = body.values.map(({ path, subject, type, value }) => ({
      path,
      type,
      plain: Buffer.from(value),
      subject: subject === undefined ? undefined : subjectIndex(subject),
    }));
    const made = await sealed.seal(asked);
    const values = made.map((one) =>
      typeof one === 'string' ? { code: one } : { token: one.toString('latin1') },
    );
    return { answer: { values }, values: made.filter((one) => typeof one !== 'string').length };
  },
  {
    // Whoever agrees to it sees no value, and none is kept until then.
    shown: ({ body: { values } }) => ({
      paths: [...new Set(values.map(({ path }) => path))],
      values: values.length,
    }),
  },
);
