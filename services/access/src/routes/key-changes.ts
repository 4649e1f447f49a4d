import { PURPOSES } from '@sealstream/contracts';
import { z } from 'zod';

import { guarded } from '../route.ts';
import { DatasetParams, Reference } from './forms.ts';

const DAY_MS = 86_400_000;
const DAYS_MAX = 3650;
const USES_MAX = 2 ** 31;

const AnyPurpose = z.enum(PURPOSES);
const Left = z
  .array(z.string())
  .describe('Purposes whose outermost key this service was not given, and so nothing was done.');

const named = { purpose: AnyPurpose.optional().describe('Only keys of this purpose.') };
const reasoned = {
  ...named,
  reason: Reference.optional().describe(
    'Number of the request. It stands on the audit log for ever.',
  ),
};
const RotateBody = z.union([
  z.strictObject({
    ...reasoned,
    mode: z.enum(['all', 'missing']).describe('all: new keys; missing: what is not there.'),
  }),
  z.strictObject({
    ...reasoned,
    mode: z.literal('due').describe('What is missing, too old or used too often.'),
    maxAgeDays: z.int().min(0).max(DAYS_MAX).optional().describe('90 if absent.'),
    maxUses: z.int().min(1).max(USES_MAX).optional().describe('2^30 if absent.'),
  }),
]);

/** Makes new keys. */
export const rotateKeysRoute = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/keys/rotate',
    summary: 'Make new keys, which seal from now on; older ones still open what they sealed',
    tag: 'keys',
    rule: 'keys.rotate',
    told: 'change',
    makes: 'shown',
    needs: ({ keyDesk }) => keyDesk.requireSigner(),
    params: DatasetParams,
    body: RotateBody,
    answer: z
      .object({
        changes: z.array(
          z.object({
            name: z.string().describe('purpose/dataset'),
            version: z.int(),
            keyId: z.string().describe('The key that seals now.'),
            action: z.enum(['created', 'rotated', 'unchanged']),
            algorithm: z.string().optional(),
            why: z.enum(['missing', 'unfinished', 'age', 'uses']).optional(),
          }),
        ),
        left: Left,
      })
      .meta({ id: 'RotatedKeys' }),
  },
  ({ body: { mode, purpose = 'all', reason }, params: { dataset } }) => ({
    dataset,
    about: { keyPurpose: purpose, mode, ...(reason === undefined ? {} : { reason }) },
  }),
  async ({ body, caller, params }, { keyDesk, policy }) => {
    const { mode, purpose } = body;
    const { maxAgeDays, maxUses } = body.mode === 'due' ? body : {};
    const limits = {
      ...(maxAgeDays === undefined ? {} : { ageMs: maxAgeDays * DAY_MS }),
      ...(maxUses === undefined ? {} : { uses: maxUses }),
    };
    const dataset = policy.of(params.dataset);
    const done = await keyDesk.rotate(dataset, { purpose, mode, limits }, caller.account);
    return { answer: { changes: [...done.changes], left: [...done.left] } };
  },
);

/** Wraps keysets anew. */
export const rewrapKeys = guarded(
  {
    method: 'POST',
    url: '/v1/datasets/:dataset/keys/rewrap',
    summary:
      'Put keysets under the next outermost keys of the settings, or back under the present ones',
    tag: 'keys',
    rule: 'keys.rewrap',
    told: 'change',
    makes: 'shown',
    needs: ({ keyDesk }) => keyDesk.requireSigner(),
    params: DatasetParams,
    body: z.strictObject({
      ...named,
      to: z
        .enum(['present', 'next'])
        .describe(
          'next needs keys.move, and a second person; so does present while the settings name next ones.',
        ),
    }),
    answer: z
      .object({
        changes: z.array(
          z.object({
            name: z.string().describe('purpose/dataset'),
            version: z.int(),
            action: z.enum(['rewrapped', 'unchanged', 'failed']),
            problem: z.string().optional().describe('A code of docs/errors.md.'),
          }),
        ),
        left: Left,
      })
      .meta({ id: 'RewrappedKeys' }),
  },
  ({ body: { purpose = 'all', to }, params: { dataset } }) => ({
    dataset,
    about: { keyPurpose: purpose, to },
  }),
  async ({ body, caller, params }, { keyDesk, policy }) => {
    const done = await keyDesk.rewrap(policy.of(params.dataset), body, caller.account);
    return { answer: { changes: [...done.changes], left: [...done.left] } };
  },
  {
    // What two people moved, one alone does not move back.
    ruleOf: async ({ body }, { keyDesk }) =>
      body.to === 'next' || keyDesk.isMoving ? 'keys.move' : 'keys.rewrap',
  },
);
