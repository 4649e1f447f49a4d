import type { UnknownRule } from '@sealstream/records';
import type { Dataset, Field, Part } from './dataset.ts';

/** What a plan is for. */
export type Stage = 'mask' | 'encrypt' | 'open';

/** Whether a stage leaves this field out. */
export function isCut(stage: Stage | 'check', field: Field): boolean {
  if (stage === 'check') return false;
  return stage === 'mask' ? field.mask.name === 'drop' : field.encrypt === 'drop';
}

/** What an event calls that which a stage does to a field; undefined when it stays as it is. */
export function stageLabel(stage: Stage | 'check', field: Part): string | undefined {
  if (stage === 'mask')
    return field.mask.name === 'keep' ? undefined : `${field.path} ${field.mask.name}`;
  if (stage === 'check' || field.encrypt === 'keep') return undefined;
  if (stage === 'encrypt') return `${field.path} ${field.encrypt}`;
  return field.encrypt === 'seal' ? `${field.path} open` : undefined;
}

/**
 * What a stage does about fields that the policy does not name. `encrypt` seals them on encrypted;
 * masked has no key that seals, so there they are left out.
 */
export function unknownRule(stage: Stage | 'check', dataset: Dataset): UnknownRule {
  if (dataset.unknownFields === 'reject') return 'fault';
  if (dataset.unknownFields === 'drop' || stage === 'mask') return 'cut';
  return 'span';
}

/** The same for the unknown members of one place, whose pattern ends in `/*`. */
export function unknownLabel(
  stage: Stage | 'check',
  dataset: Dataset,
  pattern: string,
): string | undefined {
  const rule = unknownRule(stage, dataset);
  if (stage === 'check' || rule === 'fault') return undefined;
  if (rule === 'cut') return `${pattern} drop`;
  return `${pattern} ${stage === 'open' ? 'open' : 'seal'}`;
}
