import { z } from 'zod';

import { guarded } from '../route.ts';
import {
  DatasetParams,
  Path,
  Purpose,
  Reference,
  Refused,
  VALUE_CHARACTERS_MAX,
  VALUES_MAX,
} from './forms.ts';

const DetokeniseBody = z
  .object({
    purpose: Purpose,
    reference: Reference.optional(),
    path: Path,
    masked: z.array(z.string().min(1).max(VALUE_CHARACTERS_MAX)).min(1).max(VALUES_MAX),
    keyId: z
      .string()
      .regex(/^[A-Za-z0-9_-]{12}$/)
      .optional()
      .describe('Of fpe: the key that masked; the active one unless told.'),
  })
  .meta({ id: 'Detokenise' });

const DetokeniseAnswer = z
  .object({ values: z.array(z.union([z.object({ value: z.string() }), Refused])) })
  .meta({ id: 'Detokenised' });

/** Masked values of tokenise and fpe in, what they stand for out. */
export const detokenise = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/detokenise',
    summary: 'Turn masked values of a field back',
    tag: 'fields',
    rule: 'detokenise',
    told: 'plaintext',
    params: DatasetParams,
    body: DetokeniseBody,
    answer: DetokeniseAnswer,
  },
  ({ body, params }) => ({
    dataset: params.dataset,
    fields: [body.path],
    purpose: body.purpose,
    reference: body.reference,
    values: body.masked.length,
  }),
  async ({ body, params }, parts) => {
    const { keyId, masked, path } = body;
    const found = await parts.desk(params.dataset).masked.detokenise(path, masked, keyId);
    const values = found.map((one) => {
      if (typeof one === 'string') return { code: one };
      const value = one.toString('utf8');
      one.fill(0);
      return { value };
    });
    const given = found.filter((one) => typeof one !== 'string').length;
    return { answer: { values }, values: given };
  },
);
