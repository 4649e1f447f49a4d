import { RESOLVE_KEYS_MAX, ResolveRequest } from '@sealstream/contracts';
import { z } from 'zod';

import { guarded } from '../route.ts';

const ResolveBody = ResolveRequest.meta({ id: 'Resolve' });
const Resolved = z
  .object({ sealed: z.string().describe('Compact JWE to the public key of the grant.') })
  .meta({ id: 'Resolved' });

/** Keys of single persons under a grant, in bulk; the answer opens with the grant's private key alone. */
export const resolveKeys = guarded(
  {
    method: 'POST',
    url: '/v1/keys/resolve',
    summary: `Give keys of single persons under a grant, up to ${RESOLVE_KEYS_MAX} at once`,
    tag: 'grants',
    rule: 'keys.resolve',
    told: 'plaintext',
    body: ResolveBody,
    answer: Resolved,
  },
  ({ body }) => ({ reference: body.grant, values: body.keys.length }),
  async ({ body }, { resolver }) => {
    const { given, sealed } = await resolver.resolve(body);
    return { answer: { sealed }, values: given };
  },
);
