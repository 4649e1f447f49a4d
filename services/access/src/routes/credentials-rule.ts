import { SealstreamError } from '@sealstream/contracts';

import type { AccessParts } from '../access-parts.ts';
import type { Caller } from '../caller.ts';

/**
 * What changes how somebody else gets in: of an account with roles it needs a second person, since whoever
 * changes it can be two people. Who may not change any account is asked for that in any case, so that the
 * denial tells nobody which accounts there are.
 *
 * @returns undefined where it is what anybody does who may change accounts
 * @throws SealstreamError REDIS_*
 */
export async function credentialsRule(
  caller: Caller,
  name: string,
  { accounts, gate }: Pick<AccessParts, 'accounts' | 'gate'>,
): Promise<'accounts.credentials' | undefined> {
  try {
    await gate.judge(caller, 'accounts.write', {}, false);
  } catch (error) {
    const isDenied = error instanceof SealstreamError && error.code === 'ACCESS_DENIED';
    if (isDenied) return 'accounts.credentials';
    // Any other refusal comes again where it is told.
    return undefined;
  }
  const found = await accounts.users.find(name);
  return found !== undefined && found.roles.length > 0 ? 'accounts.credentials' : undefined;
}
