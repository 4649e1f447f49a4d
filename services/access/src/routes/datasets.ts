import { partsOf } from '@sealstream/policy';
import { z } from 'zod';

import { guarded } from '../route.ts';
import { DatasetParams } from './forms.ts';

const FieldFacts = z.object({
  path: z.string(),
  mask: z.string().describe('Name of the mask; its parameters are in the policy.'),
  encrypt: z.string(),
  class: z.string().optional(),
  can: z
    .array(z.enum(['reveal', 'seal', 'detokenise', 'tokenise']))
    .describe('What the field allows; whether the caller may is for the roles to say.'),
});

const DatasetFacts = z
  .object({
    name: z.string(),
    revision: z.int(),
    policy: z.string().describe('Hex SHA-256 of the rules.'),
    format: z.string(),
    subject: z.string().optional(),
    topics: z.record(z.string(), z.string()),
    fields: z.array(FieldFacts),
  })
  .meta({ id: 'Dataset' });

const DatasetList = z
  .object({
    datasets: z.array(z.object({ name: z.string(), revision: z.int(), policy: z.string() })),
  })
  .meta({ id: 'Datasets' });

/** The datasets of the policy. */
export const datasets = guarded(
  {
    method: 'GET',
    url: '/v1/datasets',
    summary: 'The datasets of the policy',
    tag: 'policy',
    rule: 'policy.read',
    told: 'read',
    answer: DatasetList,
  },
  () => ({}),
  async (_asked, { policy }) => {
    const all = [...policy.datasets().values()];
    const shown = all.map(({ name, revision, sha256 }) => ({ name, revision, policy: sha256 }));
    return { answer: { datasets: shown } };
  },
);

/** One dataset, with what can be done to its fields. */
export const dataset = guarded(
  {
    method: 'GET',
    url: '/v1/datasets/:dataset',
    summary: 'One dataset, and what can be done with its fields',
    tag: 'policy',
    rule: 'policy.read',
    told: 'read',
    params: DatasetParams,
    answer: DatasetFacts,
  },
  ({ params }) => ({ dataset: params.dataset }),
  async ({ params }, { desk, policy }) => {
    const found = policy.of(params.dataset);
    const { masked, sealed } = desk(found.name);
    const fields = partsOf(found).map((field) => ({
      path: field.path,
      mask: field.mask.name,
      encrypt: field.encrypt,
      ...(field.class === undefined ? {} : { class: field.class }),
      can: [
        ...(sealed.paths.includes(field.path) ? (['reveal', 'seal'] as const) : []),
        ...(masked.paths.includes(field.path) ? (['detokenise', 'tokenise'] as const) : []),
      ],
    }));
    const { format, name, revision, sha256, subject, topics } = found;
    const facts = { name, revision, policy: sha256, format, topics: { ...topics }, fields };
    return { answer: subject === undefined ? facts : { ...facts, subject } };
  },
);
