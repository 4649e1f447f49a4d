import { type Refusal, refusalText } from '@sealstream/authorization';
import { partsOf } from '@sealstream/policy';

import type { PolicyOfNow } from './access-parts.ts';
import type { Ask } from './ask.ts';

/** Stands for a name that the policy does not know: it could be a value in the wrong place. */
const UNKNOWN = '(unknown)';
/** Long enough for the rules of several roles, short enough for one event. */
const REASONS_CHARACTERS_MAX = 2000;

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

/** Of a denial, in words, of the fields those that may be told alone. */
export function toldReasons(refusals: readonly Refusal[], { fields = [] }: Ask): string {
  const known = new Set(fields);
  const shown = (path: string) => (known.has(path) ? path : UNKNOWN);
  const told = refusals.map((refusal) =>
    refusal.fields === undefined
      ? refusal
      : { ...refusal, fields: [...new Set(refusal.fields.map(shown))] },
  );
  return told.map(refusalText).join('; ').slice(0, REASONS_CHARACTERS_MAX);
}
