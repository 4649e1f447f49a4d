import type { Dataset } from '@sealstream/policy';

/** What holds of a shred for every dataset, whatever its policy says. */
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
