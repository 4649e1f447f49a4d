import { type Transform, SHOWS, TRANSFORMS } from '@sealstream/masking';
import { type Dataset, explain, partsOf } from '@sealstream/policy';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import { KAFKA_WAIT_MS } from '../kafka-answer.ts';
import { guarded } from '../route.ts';

const Counts = z.record(z.string(), z.int());

const CoveredDataset = z.object({
  name: z.string(),
  fields: z.array(
    z.object({
      path: z.string(),
      class: z.string().optional(),
      mask: z.string(),
      encrypt: z.string(),
      shows: z.enum(SHOWS).describe('What can be read of it on the masked topic.'),
      reversible: z.boolean().describe('Whether who may gets the value back from masked.'),
    }),
  ),
  kAnonymity: z
    .object({
      k: z.int(),
      l: z.int().optional(),
      groups: z.int(),
      waiting: z.int(),
      suppressed: Counts,
      published: z.int(),
    })
    .optional()
    .describe('What mask has told since this service started.'),
  undeclared: Counts.describe(
    'Accepted records with a field that no rule names and that looks personal, by class, since then.',
  ),
});

/** What the policy covers. */
export const coverage = guarded(
  {
    method: 'GET',
    url: '/v1/coverage',
    summary: 'What becomes of each field, how groups fare, and what nobody has decided about',
    tag: 'policy',
    rule: 'policy.read',
    told: 'read',
    answer: z.object({ datasets: z.array(CoveredDataset) }).meta({ id: 'Coverage' }),
  },
  () => ({}),
  async (_asked, parts) => {
    await parts.flow.caughtUp(KAFKA_WAIT_MS);
    const datasets = [...parts.policy.datasets().values()];
    return { answer: { datasets: datasets.map((dataset) => covered(dataset, parts.flow)) } };
  },
);

function covered(
  dataset: Dataset,
  flow: Pick<AccessParts['flow'], 'groups' | 'undeclared'>,
): z.input<typeof CoveredDataset> {
  const { kAnonymity, name, topics } = dataset;
  const onMasked = explain(dataset).filter(({ topic }) => topic === topics.masked);
  const shows = new Map(onMasked.map((part) => [part.path, part.shows]));
  const fields = partsOf(dataset).map((field) => {
    const { reversible }: Pick<Transform, 'reversible'> = TRANSFORMS[field.mask.name];
    return {
      path: field.path,
      ...(field.class === undefined ? {} : { class: field.class }),
      mask: field.mask.name,
      encrypt: field.encrypt,
      // What nothing is known of shows everything.
      shows: shows.get(field.path) ?? ('everything' as const),
      reversible,
    };
  });
  const undeclared = { ...flow.undeclared(name) };
  if (kAnonymity === undefined) return { name, fields, undeclared };
  const { suppressed, ...counts } = flow.groups(name);
  const { k, l } = kAnonymity;
  return {
    name,
    fields,
    undeclared,
    kAnonymity: { k, l, ...counts, suppressed: { ...suppressed } },
  };
}
