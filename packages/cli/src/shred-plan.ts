import { shredPlanNotes } from '@sealstream/key-care';
import type { Dataset, PlannedField } from '@sealstream/policy';

import type { Terminal } from './terminal.ts';

const MEANING: Readonly<Record<PlannedField['after'], string>> = {
  'opens-no-more': 'opens no more',
  'still-opens': 'STILL OPENS: it is not under the key of the subject',
  'one-way': 'stays as it is: one-way, it never opened',
  readable: 'STAYS READABLE there, until retention ends and in every copy',
};

export function showShredPlan(
  terminal: Terminal,
  dataset: Dataset,
  fields: readonly PlannedField[],
): void {
  if (terminal.json) {
    terminal.sayJson({ dataset: dataset.name, fields, notes: shredPlanNotes(dataset) });
    return;
  }
  for (const { after, path, topic, treatment } of fields)
    terminal.say(`${path}  ${topic}  ${treatment}  ${MEANING[after]}`);
  for (const note of shredPlanNotes(dataset)) terminal.say(note);
}
