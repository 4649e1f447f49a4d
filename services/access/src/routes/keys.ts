import { SealstreamError } from '@sealstream/contracts';
import { KEY_USES_HIGH, type ListedKeyset } from '@sealstream/keyring';
import type { Dataset } from '@sealstream/policy';
import { kindsOf, rotationDueAt } from '@sealstream/service';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import type { Caller } from '../caller.ts';
import { kafkaAnswer } from '../kafka-answer.ts';
import { guarded } from '../route.ts';
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

/** The keysets of those datasets whose keys the caller may read: a role allows that one by one. */
export const keysets = guarded(
  {
    method: 'GET',
    url: '/v1/keys',
    summary:
      'Keysets of the datasets that you may see keys of (keys.read), and their states; never a key',
    tag: 'keys',
    rule: 'signed-in',
    told: 'read',
    answer: z.object({ items: z.array(Keyset) }).meta({ id: 'Keysets' }),
  },
  () => ({}),
  async ({ caller }, parts) => {
    const datasets = parts.policy.datasets();
    const allowed = await readable(caller, parts);
    const listed = await kafkaAnswer(parts.keysets.list([...allowed]));
    const nowMs = Date.now();
    const items = listed.map((keyset) => asAnswer(keyset, datasets, nowMs));
    return { answer: { items: items.filter(({ dataset }) => allowed.has(dataset)) } };
  },
  {
    // Whoever may read none is denied as for any other, before the log is told that something was read.
    ruleOf: async ({ caller }, parts) =>
      (await readable(caller, parts)).size === 0 ? 'keys.read' : undefined,
  },
);

/** Names of the datasets whose keys the caller may read. */
async function readable(
  caller: Caller,
  { gate, policy }: Pick<AccessParts, 'gate' | 'policy'>,
): Promise<ReadonlySet<string>> {
  const allowed = new Set<string>();
  for (const dataset of policy.datasets().keys())
    try {
      await gate.judge(caller, 'keys.read', { dataset }, false);
      allowed.add(dataset);
    } catch (error) {
      if (!(error instanceof SealstreamError) || error.code !== 'ACCESS_DENIED') throw error;
    }
  return allowed;
}

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
