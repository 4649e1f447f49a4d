import { z } from 'zod';

/** Answers of access that commands of their own show. */

export const ApprovalAnswer = z.object({
  id: z.string(),
  state: z.enum(['open', 'approved']),
  digest: z.string(),
  words: z.string(),
  action: z.string(),
  person: z.string(),
  details: z.record(z.string(), z.unknown()),
  created: z.string(),
  expires: z.string(),
  approvedBy: z.string().optional(),
});
export type ApprovalAnswer = z.infer<typeof ApprovalAnswer>;

export const ApprovalList = z.object({ approvals: z.array(ApprovalAnswer) });

const Access = z.looseObject({
  at: z.string(),
  type: z.string(),
  account: z.string(),
  action: z.string(),
  dataset: z.string().optional(),
  target: z.string().optional(),
  paths: z.array(z.string()).optional(),
  purpose: z.string().optional(),
  reference: z.string().optional(),
  values: z.int().optional(),
  given: z.int().optional(),
  outcome: z.string(),
});
export type Access = z.infer<typeof Access>;

export const AccessPage = z.object({
  items: z.array(Access),
  cursor: z.string().optional(),
  isWhole: z.boolean(),
});

/** What stands in an answer goes to a terminal, and comes from elsewhere. */
export function printable(text: string): string {
  return text.replaceAll(/\p{Cc}/gu, ' ');
}
