import { SealstreamError } from '@sealstream/contracts';
import { shredPlanNotes } from '@sealstream/key-care';
import { shredPlan } from '@sealstream/policy';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import { guarded } from '../route.ts';
import { DatasetParams, VALUE_CHARACTERS_MAX } from './forms.ts';

/** The one form that 16 bytes have in base64url. */
export const Index = z
  .string()
  .regex(/^[\w-]{21}[AQgw]$/)
  .describe(
    'Index of a person: it stands for the value of the subject field, and does not show it.',
  );

/** It goes in bodies alone: what stands in a URL is kept by many. */
export const SubjectValue = z
  .string()
  .min(1)
  .max(VALUE_CHARACTERS_MAX)
  .describe('What the subject field holds; it is nowhere kept.');

/** Whose key it is: the index, or that of the value. */
export function indexOf(
  { desk }: Pick<AccessParts, 'desk'>,
  dataset: string,
  who: { readonly index: string } | { readonly subject: string },
): string {
  return 'index' in who ? who.index : desk(dataset).subjectIndex(who.subject).toString('base64url');
}

/**
 * The same for the audit log, before it is known whether the caller may: undefined where there are no
 * persons, since whoever is not allowed to ask is not told that either.
 */
export function targetOf(
  parts: Pick<AccessParts, 'desk' | 'policy'>,
  dataset: string,
  who: Parameters<typeof indexOf>[2],
): string | undefined {
  const found = parts.policy.datasets().get(dataset);
  return found?.subject === undefined ? undefined : indexOf(parts, dataset, who);
}

/** @throws SealstreamError POLICY_UNKNOWN_DATASET, FIELD_UNFIT where the dataset has no subject */
export function requireSubjects({ policy }: Pick<AccessParts, 'policy'>, dataset: string): void {
  if (policy.of(dataset).subject !== undefined) return;
  throw new SealstreamError('FIELD_UNFIT', { dataset }, 'The dataset has no subject.');
}

/** The index of a person. */
export const subjectIndexOf = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/subjects/index',
    summary: 'The index of a person, by which the audit log and receipts name them',
    tag: 'subjects',
    rule: 'subjects.read',
    told: 'read',
    params: DatasetParams,
    body: z.strictObject({ subject: SubjectValue }),
    answer: z.object({ index: Index }).meta({ id: 'SubjectIndex' }),
  },
  ({ body, params: { dataset } }, parts) => ({ dataset, target: targetOf(parts, dataset, body) }),
  async ({ body, params: { dataset } }, parts) => {
    requireSubjects(parts, dataset);
    return { answer: { index: indexOf(parts, dataset, body) } };
  },
  {
    shown: ({ body, params: { dataset } }, parts) => {
      requireSubjects(parts, dataset);
      return { index: indexOf(parts, dataset, body) };
    },
  },
);

/** Whether a person has a key, or was shredded. */
export const subjectState = guarded(
  {
    method: 'GET',
    url: '/v1/datasets/:dataset/subjects/:index',
    summary: 'Whether a person has a key or was shredded; no value and no key',
    tag: 'subjects',
    rule: 'subjects.read',
    told: 'read',
    params: DatasetParams.extend({ index: Index }),
    answer: z
      .object({
        index: z.string(),
        state: z
          .enum(['none', 'live', 'shredded', 're-enrolled'])
          .describe('re-enrolled: shredded once, and not seen again since.'),
        keyId: z.string().optional(),
        createdAt: z.string().optional().describe('Of that key.'),
        shreddedAt: z.string().optional(),
        receipt: z.string().optional().describe('Signed, of the shred or the re-enrolment.'),
      })
      .meta({ id: 'Subject' }),
  },
  ({ params: { dataset, index } }) => ({ dataset, target: index }),
  async ({ params: { dataset, index } }, parts) => {
    requireSubjects(parts, dataset);
    const shown = await parts.subjectDesk.show(dataset, index);
    if (shown.state === 'none') return { answer: { index, state: shown.state } };
    if (shown.state === 'live') {
      const { created: createdAt, keyId, state } = shown;
      return { answer: { index, state, keyId, createdAt } };
    }
    const { receipt, state } = shown;
    const at = state === 'shredded' ? { shreddedAt: receipt.document.time } : {};
    return { answer: { index, state, ...at, receipt: receipt.bytes.toString('utf8') } };
  },
);

/** What a shred ends, and what stays. */
export const shredPlanOf = guarded(
  {
    method: 'GET',
    url: '/v1/datasets/:dataset/shred-plan',
    summary: 'What becomes of each field when a person is shredded, by the policy of now',
    tag: 'subjects',
    rule: 'subjects.read',
    told: 'read',
    params: DatasetParams,
    answer: z
      .object({
        fields: z.array(
          z.object({
            path: z.string(),
            topic: z.string(),
            treatment: z.string(),
            after: z.enum(['opens-no-more', 'still-opens', 'one-way', 'readable']),
          }),
        ),
        notes: z.array(z.string()),
      })
      .meta({ id: 'ShredPlan' }),
  },
  ({ params: { dataset } }) => ({ dataset }),
  async ({ params: { dataset } }, parts) => {
    requireSubjects(parts, dataset);
    const found = parts.policy.of(dataset);
    return { answer: { fields: shredPlan(found), notes: shredPlanNotes(found) } };
  },
);
