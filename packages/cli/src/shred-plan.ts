import type { PlannedField } from '@sealstream/policy';

import type { Terminal } from './terminal.ts';

const MEANING: Readonly<Record<PlannedField['after'], string>> = {
  'opens-no-more': 'opens no more',
  'still-opens': 'STILL OPENS: it is not under the key of the subject',
  'one-way': 'stays as it is: one-way, it never opened',
  readable: 'STAYS READABLE there, until retention ends and in every copy',
};

/** What becomes of each field, and what is to be known beside that. */
export interface ShownPlan {
  readonly fields: readonly PlannedField[];
  readonly notes: readonly string[];
}

export function showShredPlan(
  terminal: Terminal,
  dataset: string,
  { fields, notes }: ShownPlan,
): void {
  if (terminal.json) {
    terminal.sayJson({ dataset, fields, notes });
    return;
  }
  for (const { after, path, topic, treatment } of fields)
    terminal.say(`${path}  ${topic}  ${treatment}  ${MEANING[after]}`);
  for (const note of notes) terminal.say(note);
}
