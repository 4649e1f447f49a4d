import type { Partitions, SeenRecord } from '../seen-records.ts';

/** What another reader saw of one record. */
export type OtherRecord = Pick<SeenRecord, 'at' | 'digest'>;

export interface Disagreements {
  /** Records that one of two readers saw and the other did not, or saw with other bytes. */
  readonly count: number;
  readonly first: string | undefined;
}

/**
 * Compares what two readers saw of a topic, record by record.
 *
 * @param isWhole whether the other one came to the end; else only what it saw is judged
 */
export function compareReaders(
  topic: string,
  ours: Partitions<OtherRecord>,
  theirs: Partitions<OtherRecord>,
  isWhole = true,
): Disagreements {
  let count = 0;
  let first: string | undefined;
  for (const [partition, records] of ours.entries()) {
    const seen = new Map(theirs[partition].map(({ at, digest }) => [at, digest]));
    // A record that was handed out twice is one too many, whatever stands in the log.
    const twice = theirs[partition].length - seen.size;
    count += twice;
    if (twice > 0) first ??= `${topic} ${partition}: ${twice} seen twice`;
    for (const { at, digest } of records) {
      const isMissing = isWhole ? seen.get(at) !== digest : (seen.get(at) ?? digest) !== digest;
      if (isMissing) {
        count += 1;
        first ??= `${topic} ${partition}/${at}: ${seen.has(at) ? 'other bytes' : 'seen by one only'}`;
      }
      seen.delete(at);
    }
    count += seen.size;
    const [more] = seen.keys();
    if (more !== undefined) first ??= `${topic} ${partition}/${more}: seen by one only`;
  }
  return { count, first };
}
