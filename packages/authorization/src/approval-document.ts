import { z } from 'zod';
import { type Approval, approvalDigest } from './approval.ts';
import { ACTION_NAMES } from './actions.ts';
import type { Json } from './canonical-json.ts';

const person = z.string().min(1);
const atMs = z.int().min(0);
const asked = {
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  request: z.strictObject({
    action: z.enum(ACTION_NAMES),
    person,
    details: z.record(z.string(), z.json()),
  }),
  createdMs: atMs,
  expiresMs: atMs,
};
const agreed = { ...asked, approvedBy: person, approvedAs: z.string().min(1), approvedMs: atMs };

const ApprovalDocument = z.discriminatedUnion('state', [
  z.strictObject({ ...asked, state: z.literal('open') }),
  z.strictObject({ ...agreed, state: z.literal('approved') }),
  z.strictObject({ ...agreed, state: z.literal('used'), usedMs: atMs }),
]);

/**
 * An approval from the JSON of a store; undefined for what is none, or whose digest is not that of its
 * request. It says nothing of who wrote it: who may write to the store can approve.
 */
export function readApproval(document: unknown): Approval | undefined {
  const parsed = ApprovalDocument.safeParse(document);
  if (!parsed.success) return undefined;
  const { details, ...request } = parsed.data.request;
  const given = { ...request, details: details as Readonly<Record<string, Json>> };
  if (approvalDigest(given) !== parsed.data.digest) return undefined;
  return { ...parsed.data, request: given };
}
