import type { Dataset } from '@sealstream/policy';

import type { Terminal } from './terminal.ts';

/** What a shred does to one field of a subject's records. */
export interface PlannedField {
  /** Path pattern of the policy. */
  readonly path: string;
  /** The topic on which it stands. */
  readonly topic: string;
  /** As the policy names the treatment. */
  readonly treatment: string;
  /** Whether it opens after the shred; one-way values never opened and stay as they are. */
  readonly after: 'opens-no-more' | 'still-opens' | 'one-way';
}

/** Says what becomes of each field of a dataset when a subject of it is shredded. */
export type ShredPlan = (dataset: Dataset) => readonly PlannedField[];

const MEANING: Readonly<Record<PlannedField['after'], string>> = {
  'opens-no-more': 'opens no more',
  'still-opens': 'STILL OPENS: it is not under the key of the subject',
  'one-way': 'stays as it is: one-way, it never opened',
};

/** What holds for every dataset, whatever its policy says. */
export function shredPlanNotes({ topics }: Dataset): string[] {
  return [
    'no value sealed under the key of this subject opens again, in any copy of any topic',
    `${topics.accepted} and ${topics.rejected} follow: retention, then the end of their keys`,
    'backups of subject keys follow with the epochs: rotate twice for every copy that is out there',
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
