import type { Dataset, PlannedField } from '@sealstream/policy';

import type { Terminal } from './terminal.ts';

const MEANING: Readonly<Record<PlannedField['after'], string>> = {
  'opens-no-more': 'opens no more',
  'still-opens': 'STILL OPENS: it is not under the key of the subject',
  'one-way': 'stays as it is: one-way, it never opened',
  readable: 'STAYS READABLE there, until retention ends and in every copy',
};

/** What holds for every dataset, whatever its policy says. */
export function shredPlanNotes({ topics }: Dataset): string[] {
  return [
    'no value sealed under the key of this subject opens again, in any copy of any topic',
    `${topics.accepted} and ${topics.rejected} follow: retention, then the end of their keys`,
    'backups of subject keys follow with the epochs: rotate twice for every copy that is out there',
    'copies of Redis from before still hold its rows of the token vault, under the key of the dataset',
    'who has opened values before may have kept them',
    'new records of this subject are rejected as SUBJECT_SHREDDED until it is re-enrolled',
  ];
}

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
