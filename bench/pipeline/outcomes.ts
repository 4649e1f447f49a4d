import { coordinateText, decodeSourceMark, markBytes } from '@sealstream/flow';
import type { KafkaView } from '../ground/kafka-view.ts';
import type { StageName } from './options.ts';

/** The topics of the bench; those of the flow are named by the policy's dataset. */
export const RAW = 'raw.bench';
export const OUTPUT: Readonly<Record<StageName, string>> = {
  ingest: 'accepted.bench',
  mask: 'masked.bench',
  encrypt: 'encrypted.bench',
};
const REJECTED = 'rejected.bench';
/** What the flow leaves of topics that it did not make, such as raw here. */
export const RAW_SETTINGS = { 'max.message.bytes': String(4 * 1024 * 1024) };

/**
 * Reads a stage's output as a reader of committed records does.
 *
 * Throws unless each of the `total` raw records came out once, none was rejected, and no record
 * holds its SSN.
 */
export async function checkOutcomes(
  kafka: KafkaView,
  stage: StageName,
  total: number,
): Promise<void> {
  const seen = new Set<string>();
  let records = 0;
  for await (const { value, headers } of kafka.records(OUTPUT[stage])) {
    records += 1;
    seen.add(coordinateText(decodeSourceMark(markBytes(headers))));
    if (value === null || /"ssn":"\d{3}-\d{2}-\d{4}"/.test(value.toString('latin1')))
      throw new Error(`${OUTPUT[stage]} has a record that was not treated`);
  }
  const rejected = await kafka.count(REJECTED);
  if (records !== total || seen.size !== total || rejected !== 0)
    throw new Error(
      `${stage}: of ${total} records ${records} came out, ${seen.size} different, ${rejected} rejected`,
    );
}
