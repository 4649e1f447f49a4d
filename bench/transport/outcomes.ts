import type { KafkaView } from '../ground/kafka-view.ts';
import { keyOf, personJson } from '../ground/people.ts';
import type { PassthroughEvent } from './programs/passthrough-stage.ts';

/** One in so many records is compared byte by byte; of the others number and size are looked at. */
const COMPARED = 97;

/**
 * Reads what the passthrough wrote as a reader of committed records does.
 *
 * Throws unless each partition holds its records of KafkaView.fill in order, each once, as they were.
 */
export async function checkPassed(
  kafka: KafkaView,
  topic: string,
  { bytes, total }: { readonly bytes: number; readonly total: number },
): Promise<void> {
  const next = Array.from({ length: kafka.partitions }, (_, partition) => partition);
  let count = 0;
  for await (const { key, partition, value } of kafka.records(topic)) {
    const index = next[partition];
    next[partition] += kafka.partitions;
    count += 1;
    const number = value?.toString('latin1', 7, 16);
    const isIt = Number(number) === index && value?.length === bytes;
    const isCompared = index % COMPARED === 0;
    if (!isIt || (isCompared && !isSame(index, bytes, key, value)))
      throw new Error(`${topic}/${partition}: ${number} stands where ${index} should`);
  }
  if (count !== total) throw new Error(`${topic}: of ${total} records ${count} came out`);
}

function isSame(index: number, bytes: number, key: Buffer | null, value: Buffer | null): boolean {
  return value?.equals(personJson(index, bytes)) === true && key?.equals(keyOf(index)) === true;
}

/** Throws unless the events of the batches account for every record, range after range. */
export async function checkEvents(kafka: KafkaView, topic: string, total: number): Promise<void> {
  const ends = new Map<number, string>();
  let accounted = 0;
  for await (const { value } of kafka.records(topic)) {
    const event = JSON.parse(String(value)) as PassthroughEvent;
    const before = ends.get(event.partition) ?? '0';
    if (event.from !== before)
      throw new Error(`${topic}: after ${before} comes an event from ${event.from}`);
    ends.set(event.partition, event.to);
    accounted += event.records;
  }
  if (accounted !== total) throw new Error(`${topic}: ${accounted} of ${total} are accounted for`);
}
