import type { Shredded } from '@sealstream/keyring';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import type { Ask } from '../ask.ts';
import { guarded } from '../route.ts';
import { DatasetParams, Reference } from './forms.ts';
import { Index, indexOf, requireSubjects, SubjectValue, targetOf } from './subjects.ts';

const reason = Reference.describe(
  'Number of the request. It stands in the receipt and on the audit log for ever.',
);
const ShredBody = z.union([
  z.strictObject({ index: Index, reason }),
  z.strictObject({ subject: SubjectValue, reason }),
]);
type ShredBody = z.output<typeof ShredBody>;

/** What a receipt says, with the receipt as it verifies: `sealstream subjects verify-receipt`. */
const Receipt = z.object({
  receipt: z.string(),
  type: z.string(),
  v: z.int(),
  action: z.enum(['shred', 're-enrol']),
  dataset: z.string(),
  index: z.string(),
  keyId: z.string().optional().describe('The key that went; absent where there was none.'),
  time: z.string(),
  reason: z.string(),
  actor: z.string(),
  number: z.int().describe('Of the shreds and re-enrolments of the dataset.'),
  version: z.int().describe('Of the register of subjects.'),
});

interface AskedShred {
  readonly body: ShredBody;
  readonly params: { readonly dataset: string };
}

/** Who is meant, without the value: for the audit log, and for whoever approves. */
function named({ body, params: { dataset } }: AskedShred, parts: AccessParts) {
  requireSubjects(parts, dataset);
  return { index: indexOf(parts, dataset, body), reason: body.reason };
}

function askOf(asked: AskedShred, parts: AccessParts): Ask {
  const { body, params } = asked;
  const { dataset } = params;
  return { dataset, target: targetOf(parts, dataset, body), about: { reason: body.reason } };
}

function shownReceipt({ receipt }: Shredded): z.input<typeof Receipt> {
  return { ...receipt.document, receipt: receipt.bytes.toString('utf8') };
}

const shape = {
  method: 'POST',
  tag: 'subjects',
  told: 'change',
  makes: 'shown',
  needs: ({ subjectDesk }: AccessParts) => subjectDesk.requireSigner(),
  params: DatasetParams,
  body: ShredBody,
} as const;

/** Destroys the key of a person for good. */
export const shred = guarded(
  {
    ...shape,
    url: '/v1/datasets/:dataset/subjects/shred',
    summary: 'End the key of a person for good: nothing sealed under it opens again',
    rule: 'subjects.shred',
    answer: Receipt.extend({
      outcome: z
        .enum(['done', 'unchanged'])
        .describe('unchanged: the person was shredded before; the receipt is the first one.'),
      vaultRows: z.int().describe('Rows that went from the token vault.'),
    }).meta({ id: 'Shred' }),
  },
  askOf,
  async (asked, parts) => {
    const { params, caller } = asked;
    const order = { ...named(asked, parts), dataset: params.dataset, actor: caller.account };
    const done = await parts.subjectDesk.shred(order);
    const { action: outcome, vaultRows } = done;
    return { answer: { outcome, vaultRows, ...shownReceipt(done) } };
  },
  { shown: named },
);

/** Lets a shredded person have a key again. */
export const reEnrol = guarded(
  {
    ...shape,
    url: '/v1/datasets/:dataset/subjects/re-enrol',
    summary: 'Let a shredded person have a new key; what the old one sealed stays destroyed',
    rule: 'subjects.re-enrol',
    answer: Receipt.partial()
      .extend({
        outcome: z
          .enum(['done', 'unchanged', 'finished'])
          .describe('finished: an earlier order had been cut, and what it left undone is done.'),
      })
      .meta({ id: 'ReEnrolment' }),
  },
  askOf,
  async (asked, parts) => {
    const { params, caller } = asked;
    const order = { ...named(asked, parts), dataset: params.dataset, actor: caller.account };
    const done = await parts.subjectDesk.reEnrol(order);
    if (done === undefined) return { answer: { outcome: 'finished' as const } };
    return { answer: { outcome: done.action, ...shownReceipt(done) } };
  },
  { shown: named },
);
