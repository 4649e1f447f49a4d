import type { Hindrance } from '../api/care-answers.ts';

/** What stands against the end of a key, and what to do; a test holds the names to those of the service. */
export const KEY_HINDRANCES: Readonly<Record<Hindrance, string>> = {
  seals: 'It seals new values: rotate its keyset first.',
  unsettled: 'It was rotated away so lately that a service may still seal with it: wait.',
  records: 'Records name it. They would open no more.',
  unseen: 'What needs it stands where no reading of topics finds it.',
};

/** Against these there is force, with a second person; against the others there is none. */
const FORCED: readonly Hindrance[] = ['records', 'unseen'];

export const isForceable = (why: readonly Hindrance[]): boolean =>
  why.every((one) => FORCED.includes(one));
