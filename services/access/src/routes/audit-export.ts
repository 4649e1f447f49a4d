import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { AccessParts } from '../access-parts.ts';
import type { Caller } from '../caller.ts';
import { guarded } from '../route.ts';

const ENTRIES_MAX = 100_000;
const Index = z.int().min(0).max(999_999_999_999_999);

/** Takes a part of the log out, so that it verifies elsewhere. */
export const auditExport = guarded(
  {
    method: 'POST',
    url: '/v1/audit/export',
    summary: 'Take entries of the audit log out, each with its proof; a second person must agree',
    tag: 'audit',
    rule: 'audit.export',
    told: 'change',
    needs: ({ auditDesk }) => auditDesk(),
    body: z
      .strictObject({
        from: Index.describe('The first entry.'),
        to: Index.describe('The one after the last; 100,000 entries at most.'),
      })
      .refine(({ from, to }) => from < to && to - from <= ENTRIES_MAX)
      .meta({ id: 'AuditRange' }),
    answer: z.any().meta({ description: 'application/jsonl; each line is an AuditProof' }),
    media: 'application/jsonl',
  },
  ({ body: { from, to } }) => ({ values: to - from, about: { from, to } }),
  async ({ body, isStill }, { auditDesk }) => {
    const { ended, stream } = await auditDesk().export(body, isStill);
    const headers = { 'content-type': 'application/jsonl', 'x-accel-buffering': 'no' };
    return { answer: stream, ended, headers };
  },
  {
    // What is not there must not cost an approval; whoever may not is denied before the log is looked at.
    ruleOf: async ({ body, caller }, parts) => {
      if (await mayExport(caller, parts, body.to - body.from))
        await parts.auditDesk().requireRange(body);
      return undefined;
    },
  },
);

async function mayExport(
  caller: Caller,
  { gate }: Pick<AccessParts, 'gate'>,
  values: number,
): Promise<boolean> {
  try {
    await gate.judge(caller, 'audit.export', { values }, false);
    return true;
  } catch (error) {
    if (error instanceof SealstreamError && error.code === 'ACCESS_DENIED') return false;
    throw error;
  }
}
