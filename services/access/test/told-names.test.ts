import { decide } from '@sealstream/authorization';
import { parsePolicy } from '@sealstream/policy';
import fc from 'fast-check';
import { expect, test } from 'vitest';

import { toldNames, toldReasons } from '../src/told-names.ts';

const policy = parsePolicy(
  `version: 1
datasets:
  people:
    revision: 1
    fields:
      /ssn: { type: string }
      /name: { type: string }
access:
  purposes:
    fraud: { meaning: A reported fraud is looked into. }
  roles:
    analyst:
      meaning: Looks into reported frauds.
      allow:
        - { actions: [reveal], datasets: [people], fields: [/ssn], purposes: [fraud] }
`,
  'test',
);
const names = { access: () => policy.access, datasets: () => policy.datasets };

/** What the audit log is told of a reveal of these fields that is denied. */
function reasonsFor(fields: readonly string[]): string {
  const ask = { dataset: 'people', fields, purpose: 'other' };
  const decision = decide(policy.access, {
    ...ask,
    roles: ['analyst', 'gone'],
    action: 'reveal',
    atMs: 1_700_000_000_000,
    values: 1,
  });
  if (decision.allowed) throw new Error('no role allows it');
  return toldReasons(decision.refusals, toldNames(ask, names));
}

test('the reasons of a denial name the fields that the policy knows, and count all others as one', () => {
  const reasons = reasonsFor(['/name', '/canary', '/ssn', '/other-canary']);
  expect(reasons).toContain('is not for these fields: (unknown), /name');
  expect(reasons).toContain('is for other purposes');
  expect(reasons).not.toContain('canary');
});

test('they have an end, and no part of an unknown name, whatever names are asked for', () => {
  const piece = fc
    .nat(8)
    .chain((from) =>
      fc.integer({ min: from + 1, max: 9 }).map((to) => '(unknown)'.slice(from, to)),
    );
  const canary = fc.string({ minLength: 1, maxLength: 400 }).map((text) => `%${text}%`);
  const field = fc.oneof(piece, canary, fc.constantFrom('/ssn', '/name'));
  const fields = fc.uniqueArray(field, { minLength: 1, maxLength: 1000 });
  fc.assert(
    fc.property(fields, (asked) => {
      const reasons = reasonsFor(asked);
      expect(reasons.length).toBeLessThanOrEqual(2000);
      expect(reasons).not.toContain('%');
    }),
  );
});
