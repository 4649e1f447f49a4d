import type { Finding } from '@sealstream/pii';
import { CLASSES_OF, type Label, type LabelledText, PARTS_OF } from './labelled-texts.ts';

/** A finding and a label are the same when so much of both together is common to both. */
const LEAST_OVERLAP = 0.5;

/** Counts of one type. */
export class Counts {
  labels = 0;
  /** Findings of its classes. */
  found = 0;
  hits = 0;
  /** Hits with exactly the label's offsets. */
  exact = 0;
  /** Findings inside a label that they are a part of; counted neither for nor against. */
  parts = 0;

  get recall(): number {
    return this.labels === 0 ? 1 : this.hits / this.labels;
  }

  get precision(): number {
    return this.found === 0 ? 1 : this.hits / this.found;
  }

  get f1(): number {
    const sum = this.precision + this.recall;
    return sum === 0 ? 0 : (2 * this.precision * this.recall) / sum;
  }

  add(other: Counts): void {
    this.labels += other.labels;
    this.found += other.found;
    this.hits += other.hits;
    this.exact += other.exact;
    this.parts += other.parts;
  }
}

/** Counts of several types together. */
export function sumOf(counts: readonly Counts[]): Counts {
  const sum = new Counts();
  for (const one of counts) sum.add(one);
  return sum;
}

type Find = (bytes: Buffer) => readonly Pick<Finding, 'class' | 'from' | 'to'>[];

/**
 * Compares what is found with what is labelled. A hit is a finding of a class of the label's type
 * whose overlap with the label is at least half of what both cover together; each label and each
 * finding is used once, the better overlap first.
 */
export function tallyOf(texts: readonly LabelledText[], find: Find): Map<string, Counts> {
  const all = new Map(Object.keys(CLASSES_OF).map((type) => [type, new Counts()]));
  for (const { bytes, labels } of texts) {
    const findings = find(bytes);
    for (const [type, counts] of all) {
      const classes = CLASSES_OF[type] ?? [];
      const ours = findings.filter((finding) => classes.includes(finding.class));
      tallyType(
        ours,
        labels.filter((label) => label.type === type),
        labels,
        counts,
      );
    }
  }
  return all;
}

type Span = Pick<Finding, 'class' | 'from' | 'to'>;

function tallyType(
  findings: readonly Span[],
  labels: readonly Label[],
  others: readonly Label[],
  counts: Counts,
): void {
  const pairs = findings
    .flatMap((finding) => labels.map((label) => ({ finding, label, by: overlap(finding, label) })))
    .filter(({ by }) => by >= LEAST_OVERLAP)
    .sort((a, b) => b.by - a.by);
  const used = new Set<Span | Label>();
  for (const { by, finding, label } of pairs) {
    if (used.has(finding) || used.has(label)) continue;
    used.add(finding).add(label);
    counts.hits += 1;
    if (by === 1) counts.exact += 1;
  }
  const parts = findings.filter((finding) => !used.has(finding) && isPart(finding, others));
  counts.labels += labels.length;
  counts.found += findings.length - parts.length;
  counts.parts += parts.length;
}

function overlap(one: Span | Label, other: Span | Label): number {
  const common = Math.min(one.to, other.to) - Math.max(one.from, other.from);
  const both = Math.max(one.to, other.to) - Math.min(one.from, other.from);
  return Math.max(0, common) / both;
}

function isPart(finding: Span, labels: readonly Label[]): boolean {
  const whole = PARTS_OF[finding.class];
  return labels.some(
    ({ type, from, to }) => type === whole && from <= finding.from && finding.to <= to,
  );
}
