import { partsOf } from '@sealstream/policy';

import type { PolicyOfNow } from './access-parts.ts';
import type { Ask } from './ask.ts';

/** Stands for a name that the policy does not know: it could be a value in the wrong place. */
const UNKNOWN = '(unknown)';

/** What of a request may stand on the audit log for ever: of names, those that the policy knows. */
export function toldNames(ask: Ask, policy: Pick<PolicyOfNow, 'access' | 'datasets'>): Ask {
  const { dataset, fields, purpose } = ask;
  const found = dataset === undefined ? undefined : policy.datasets().get(dataset);
  const paths = new Set(found === undefined ? [] : partsOf(found).map(({ path }) => path));
  const isPurpose = purpose !== undefined && policy.access()?.purposes.has(purpose) === true;
  return {
    ...ask,
    ...(dataset !== undefined && { dataset: found === undefined ? UNKNOWN : dataset }),
    ...(fields !== undefined && {
      fields: [...new Set(fields.map((path) => (paths.has(path) ? path : UNKNOWN)))],
    }),
    ...(purpose !== undefined && { purpose: isPurpose ? purpose : UNKNOWN }),
  };
}

/** The reasons of a denial, without the fields that are not told. */
export function toldReasons(reasons: string, asked: Ask, told: Ask): string {
  const hidden = (asked.fields ?? []).filter((path) => told.fields?.includes(path) !== true);
  // The longest first: one may stand in another.
  const inOrder = hidden.toSorted((a, b) => b.length - a.length);
  return inOrder.reduce((text, path) => text.replaceAll(path, UNKNOWN), reasons);
}
