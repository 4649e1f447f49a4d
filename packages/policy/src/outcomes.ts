import { maskAction } from '@sealstream/masking';
import type { Outcome } from '@sealstream/records';
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
export function fieldOutcome(dataset: Dataset, field: Field, stage: Stage | 'check'): Outcome {
  if (stage === 'mask') return maskOutcome(dataset, field);
  if (stage !== 'encrypt') return SAME;
  if (field.encrypt === 'seal') return TOKEN;
  return field.encrypt === 'null' ? { becomes: 'null' } : SAME;
}

/** The same for fields that the policy does not name, where they are not left out. */
export const unknownOutcome = (stage: Stage | 'check'): Outcome =>
  stage === 'encrypt' ? TOKEN : SAME;
