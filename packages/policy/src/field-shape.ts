import { Shape } from '@sealstream/records';
import type { Dataset, Field } from './dataset.ts';
import { isCut, type Stage, stageLabel, unknownLabel, unknownRule } from './field-stage.ts';

/** What a value becomes may be this many times as large as a raw record; so are the topics. */
export const OUTPUT_FACTOR = 2;

/** The fields of a dataset as a stage finds them. */
export function shapeOf(dataset: Dataset, stage: Stage | 'check'): Shape {
  const fields = dataset.fields.map((field: Field) => ({
    path: field.path,
    // A sealed value is a token or was never ours; either is told when it is opened.
    types:
      stage === 'open' && field.encrypt !== 'keep'
        ? (['string', 'number', 'boolean'] as const)
        : field.types,
    // What was sealed under an older revision may lack what is required now.
    required: field.required && stage !== 'open',
    cut: isCut(stage, field),
  }));
  return new Shape(fields, unknownRule(stage, dataset));
}

/** What an event calls that which a stage does to each slot. */
export function shapeLabels(
  dataset: Dataset,
  stage: Stage,
  shape: Shape,
): readonly (string | undefined)[] {
  return shape.patterns.map((pattern, slot) => {
    const field = slot < shape.fieldCount ? dataset.fields[slot] : undefined;
    return field === undefined ? unknownLabel(stage, dataset, pattern) : stageLabel(stage, field);
  });
}

/**
 * Whether a producer's token may stand in this field: it is sealed once more on encrypted, and does
 * not stand as it is on either output. All stages judge alike.
 */
export function mayHoldToken({ fields, producerTokens }: Dataset, slot: number): boolean {
  if (producerTokens === 'reject') return false;
  const field = fields[slot];
  if (field === undefined) return true;
  return field.encrypt !== 'keep' && field.mask.name !== 'keep';
}
