import { type KafkaRecord } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import { decodeSourceMark, markBytes } from '@sealstream/flow';
import type { RawLedger } from './raw-ledger.ts';

/** A record after raw: where it stands, and which raw record it says it came from. */
export interface Outcome {
  readonly partition: number;
  readonly at: bigint;
  readonly source: {
    readonly incarnation: string;
    readonly partition: number;
    offset: bigint;
  } | null;
}

export function outcomeOf(partition: number, record: KafkaRecord): Outcome {
  try {
    const mark = decodeSourceMark(markBytes(record.headers));
    const incarnation = mark.incarnation.toString('hex');
    const source = { incarnation, partition: mark.partition, offset: mark.offset };
    return { partition, at: record.offset, source };
  } catch (error) {
    if (!(error instanceof SealstreamError)) throw error;
    return { partition, at: record.offset, source: null };
  }
}

/** How the records of a topic answer to the source coordinates that they should have. */
export interface Comparison {
  readonly records: number;
  /** Coordinates that no record has. */
  readonly missing: number;
  /** Records whose coordinate an earlier one has. */
  readonly doubled: number;
  /** Records whose coordinate should not be there, or that have none. */
  readonly foreign: number;
  /** Records that come after one of a later coordinate of their partition. */
  readonly misordered: number;
  /** The first coordinate or place where something is wrong. */
  readonly first: string | undefined;
}

/** @param expected offsets of raw by partition, each list in order */
export function compareOutcomes(
  ledger: Pick<RawLedger, 'incarnation'>,
  expected: readonly (readonly bigint[])[],
  outcomes: readonly Outcome[],
): Comparison {
  const comparison = { missing: 0, doubled: 0, foreign: 0, misordered: 0 };
  let first: string | undefined;
  const wrong = (kind: keyof typeof comparison, where: string) => {
    comparison[kind] += 1;
    first ??= where;
  };
  const text = (partition: number, offset: bigint) =>
    `${ledger.incarnation}/${partition}/${offset}`;
  const wanted = expected.map((offsets) => new Set(offsets));
  const seen = expected.map(() => new Set<bigint>());
  const last = expected.map(() => -1n);
  for (const { partition, at, source } of outcomes) {
    const isKnown =
      source !== null &&
      source.incarnation === ledger.incarnation &&
      source.partition === partition &&
      wanted[partition]?.has(source.offset);
    if (!isKnown) wrong('foreign', `offset ${at} of partition ${partition}`);
    else if (seen[partition]?.has(source.offset)) wrong('doubled', text(partition, source.offset));
    else {
      if (source.offset < (last[partition] ?? -1n))
        wrong('misordered', text(partition, source.offset));
      seen[partition]?.add(source.offset);
      last[partition] = source.offset;
    }
  }
  for (const [partition, offsets] of expected.entries())
    for (const offset of offsets)
      if (!seen[partition]?.has(offset)) wrong('missing', text(partition, offset));
  return { records: outcomes.length, ...comparison, first };
}

/** What is wrong, in words; '' when nothing is. */
export function wordsOf({ missing, doubled, foreign, misordered }: Comparison): string {
  const said = [
    missing > 0 ? `${missing} missing` : '',
    doubled > 0 ? `${doubled} doubled` : '',
    foreign > 0 ? `${foreign} that should not be there` : '',
    misordered > 0 ? `${misordered} out of order` : '',
  ];
  return said.filter((part) => part !== '').join(', ');
}
