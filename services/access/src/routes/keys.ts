import { KEY_USES_HIGH, type ListedKeyset } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';
import { kindsOf, rotationDueAt } from '@sealstream/service';
import { z } from 'zod';

import { kafkaAnswer } from '../kafka-answer.ts';
import { guarded } from '../route.ts';
import { DatasetParams } from './forms.ts';
import { purposeOf } from './keyset-purpose.ts';

const DAY_MS = 86_400_000;

const Key = z.object({
  id: z.string(),
  state: z.string(),
  algorithm: z.string(),
  createdAt: z.iso.datetime(),
  ageDays: z.int(),
  uses: z.int().optional().describe('Reserved by all processes, where uses are counted.'),
  usesHigh: z.int().optional().describe('From so many uses on it is due.'),
});

const Keyset = z
  .object({
    keyset: z.string(),
    purpose: z.string(),
    dataset: z.string(),
    version: z.int(),
    keys: z.array(Key),
    rotation: z
      .object({ dueAt: z.iso.datetime() })
      .optional()
      .describe('When its oldest active key is 90 days old; absent where keys never rotate.'),
    problem: z.string().optional().describe('Code: why the copy in Redis is not believed.'),
  })
  .meta({ id: 'Keyset' });

const KeysQuery = z.object({
  dataset: DatasetParams.shape.dataset
    .optional()
    .describe('Those of one dataset; of all, which a role for all datasets allows, unless told.'),
});

/** What a rule for every dataset names. */
const EVERY = '*';

/** Keysets of one dataset, or every one. */
export const keysets = guarded(
  {
    method: 'GET',
    url: '/v1/keys',
    summary: 'Keysets and the states of their keys; never a key',
    tag: 'keys',
    rule: 'keys.read',
    told: 'read',
    query: KeysQuery,
    answer: z.object({ items: z.array(Keyset) }).meta({ id: 'Keysets' }),
  },
  ({ query }) => ({ dataset: query.dataset ?? EVERY }),
  async ({ query }, parts) => {
    const all = await kafkaAnswer(parts.keysets.list());
    const isAsked = ({ name }: ListedKeyset) =>
      query.dataset === undefined || purposeOf(name).dataset === query.dataset;
    const listed = all.filter(isAsked);
    const datasets = parts.policy.datasets();
    const nowMs = Date.now();
    return { answer: { items: listed.map((keyset) => asAnswer(keyset, datasets, nowMs)) } };
  },
);

function asAnswer(
  listed: ListedKeyset,
  datasets: ReadonlyMap<string, Dataset>,
  nowMs: number,
): z.input<typeof Keyset> {
  const { keys, name, problem, version } = listed;
  const { dataset, purpose } = purposeOf(name);
  const rules = datasets.get(dataset);
  const kinds = rules === undefined || purpose === undefined ? [] : kindsOf(purpose, rules);
  const due = kinds.flatMap((kind) => rotationDueAt(listed, kind) ?? []);
  return {
    keyset: name,
    purpose: purpose ?? name,
    dataset,
    version,
    keys: keys.map(({ algorithm, created, id, state, uses }) => ({
      id,
      state,
      algorithm,
      createdAt: created,
      ageDays: Math.max(0, Math.floor((nowMs - Date.parse(created)) / DAY_MS)),
      ...(uses === undefined ? {} : { uses, usesHigh: KEY_USES_HIGH }),
    })),
    ...(due.length === 0 ? {} : { rotation: { dueAt: new Date(Math.min(...due)).toISOString() } }),
    ...(problem === undefined ? {} : { problem }),
  };
}
