import { maskAction } from '@sealstream/masking';
import type { Outcome, Shape } from '@sealstream/records';
import type { Dataset, Field } from './dataset.ts';
import type { Stage } from './field-stage.ts';

const SAME: Outcome = { becomes: 'same' };
/** Null is sealed like any other value. */
const TOKEN: Outcome = { becomes: 'text', nullStays: false };

function maskOutcome(dataset: Dataset, { mask, path }: Field): Outcome {
  const action = maskAction(mask, { dataset: dataset.name, path });
  if (action.does === 'fixed')
    return action.value === null
      ? { becomes: 'null' }
      : { becomes: 'constant', value: action.value };
  if (action.does !== 'rewrite') return SAME;
  return action.output === 'number' ? { becomes: 'number' } : { becomes: 'text', nullStays: true };
}

/** What a stage makes of the values of a field, for the schema of its output. */
function fieldOutcome(dataset: Dataset, field: Field, stage: Stage | 'check'): Outcome {
  if (stage === 'mask') return maskOutcome(dataset, field);
  if (stage !== 'encrypt') return SAME;
  if (field.encrypt === 'seal') return TOKEN;
  return field.encrypt === 'null' ? { becomes: 'null' } : SAME;
}

/** The same for each slot of a dataset's shape; fields that the policy does not name are sealed whole. */
export function slotOutcomes(
  dataset: Dataset,
  { fieldCount, patterns }: Shape,
  stage: Stage | 'check',
): readonly Outcome[] {
  const unknown = stage === 'encrypt' ? TOKEN : SAME;
  return patterns.map((_, slot) => {
    const field = slot < fieldCount ? dataset.fields[slot] : undefined;
    return field === undefined ? unknown : fieldOutcome(dataset, field, stage);
  });
}
