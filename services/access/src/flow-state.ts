import { z } from 'zod';

const TOPICS = ['raw', 'accepted', 'masked', 'encrypted', 'rejected'] as const;
export type FlowTopic = (typeof TOPICS)[number];

/** One value for each topic of a dataset. */
export function perTopic<V>(of: (topic: FlowTopic) => V): Record<FlowTopic, V> {
  const [raw, accepted, masked, encrypted, rejected] = TOPICS.map(of);
  return { raw, accepted, masked, encrypted, rejected };
}

const Count = z.int().min(0);

const FlowStage = z.object({
  name: z.enum(['ingest', 'mask', 'encrypt']),
  lagRecords: Count.nullable().describe('Last stable offset minus committed; null while unknown.'),
  lagSeconds: z.number().nullable().describe('Age of the oldest record not committed.'),
  members: Count.nullable().describe('Processes in the consumer group.'),
  latencyMs: z
    .object({ p50: z.number(), p95: z.number() })
    .nullable()
    .describe(
      'From the last record of a batch to its event, over the last minute; null while unknown.',
    ),
  paused: z.array(z.object({ partition: z.int(), code: z.string() })),
});

const FlowDataset = z.object({
  name: z.string(),
  topics: z.object(perTopic(() => z.string())),
  rates: z
    .object(perTopic(() => z.number().nullable()))
    .describe('Records a second over the last 10 s, from end offsets; null while unknown.'),
  stages: z.array(FlowStage),
  rejectedTotal: Count.nullable().describe('Open rejects; offsets of transactions count, too.'),
});

/** How the flow stands. */
export const FlowState = z
  .object({ at: z.iso.datetime(), datasets: z.array(FlowDataset) })
  .meta({ id: 'Flow' });
export type FlowState = z.infer<typeof FlowState>;
