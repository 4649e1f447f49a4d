import type { ErrorCode } from '@sealstream/contracts';
import type { OpenedField } from '@sealstream/crypto';
import { z } from 'zod';

import { guarded } from '../route.ts';
import {
  bytesOf,
  DatasetParams,
  Path,
  Purpose,
  Reference,
  Refused,
  SourceBytes,
  SubjectBytes,
  TOKEN_CHARACTERS_MAX,
  VALUES_MAX,
} from './forms.ts';

const SealedToken = z.object({
  path: Path,
  token: z
    .string()
    .min(1)
    .max(TOKEN_CHARACTERS_MAX)
    .describe('As it stands on the encrypted topic.'),
  source: SourceBytes.optional(),
  subject: SubjectBytes.optional(),
});

const Opened = z.object({
  type: z.enum(['string', 'number', 'boolean', 'null', 'json', 'csv-quoted']),
  value: z.string().describe('The very text that was sealed; a number is not rounded.'),
});

const RevealBody = z
  .object({
    purpose: Purpose,
    reference: Reference.optional(),
    values: z.array(SealedToken).min(1).max(VALUES_MAX),
  })
  .meta({ id: 'Reveal' });

const RevealAnswer = z
  .object({ values: z.array(z.union([Opened, Refused])).describe('In the order of the tokens.') })
  .meta({ id: 'Revealed' });

/** Tokens of the encrypted topic in, values out. */
export const reveal = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/reveal',
    summary: 'Give the values behind tokens',
    tag: 'fields',
    rule: 'reveal',
    told: 'plaintext',
    params: DatasetParams,
    body: RevealBody,
    answer: RevealAnswer,
  },
  ({ body, params }) => ({
    dataset: params.dataset,
    fields: [...new Set(body.values.map(({ path }) => path))],
    purpose: body.purpose,
    reference: body.reference,
    values: body.values.length,
  }),
  async ({ body, params }, parts) => {
    const asked = body.values.map(({ path, source, subject, token }) => ({
      path,
      token,
      source: bytesOf(source),
      subject: bytesOf(subject),
    }));
    const opened = await parts.desk(params.dataset).sealed.reveal(asked);
    const values = opened.map(shown);
    const given = opened.filter((one) => typeof one !== 'string').length;
    return { answer: { values }, values: given };
  },
);

function shown(one: OpenedField | ErrorCode): z.input<typeof Opened> | z.input<typeof Refused> {
  if (typeof one === 'string') return { code: one };
  const value = one.plain.toString('utf8');
  one.plain.fill(0);
  return { type: one.type, value };
}
