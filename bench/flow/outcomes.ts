import { decodeSourceMark, markBytes } from '@sealstream/flow';
import type { KafkaView } from '../ground/kafka-view.ts';

/** One service alone, on a topic that was filled before. */
export const STAGES = ['ingest', 'mask', 'encrypt'] as const;
export type StageName = (typeof STAGES)[number];

/** The topics of the bench; those of the flow are named by the policy's dataset. */
export const RAW = 'raw.bench';
export const OUTPUT: Readonly<Record<StageName, string>> = {
  ingest: 'accepted.bench',
  mask: 'masked.bench',
  encrypt: 'encrypted.bench',
};
/** What the plain loop writes that does the same as a stage. */
export const plainTopic = (stage: StageName) => `plain.${stage}`;
const REJECTED = 'rejected.bench';
/** What the flow leaves of topics that it did not make, such as raw here. */
export const RAW_SETTINGS = { 'max.message.bytes': String(4 * 1024 * 1024) };

const CLEAR_SSN = /"ssn":"\d{3}-\d{2}-\d{4}"/;

/**
 * Reads a stage's output as a reader of committed records does; `from` leaves out what an earlier run
 * wrote, by partition.
 *
 * Throws unless each of the `total` raw records came out once and in the order of its partition,
 * none was rejected, and no record holds its SSN.
 */
export async function checkOutcomes(
  kafka: KafkaView,
  stage: StageName,
  total: number,
  from?: readonly bigint[],
): Promise<void> {
  const topic = OUTPUT[stage];
  const next = Array.from({ length: kafka.partitions }, () => 0n);
  let records = 0;
  for await (const { value, headers } of kafka.records(topic, from)) {
    const { offset, partition } = decodeSourceMark(markBytes(headers));
    if (offset !== next[partition])
      throw new Error(
        `${topic}: raw ${partition}/${offset} stands where ${next[partition]} should`,
      );
    next[partition] = offset + 1n;
    records += 1;
    if (value === null || CLEAR_SSN.test(value.toString('latin1')))
      throw new Error(`${topic} has a record that was not treated`);
  }
  const rejected = await kafka.count(REJECTED);
  if (records !== total || rejected !== 0)
    throw new Error(`${stage}: of ${total} records ${records} came out, ${rejected} rejected`);
}
