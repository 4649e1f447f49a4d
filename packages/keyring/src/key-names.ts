import type { Purpose } from '@sealstream/contracts';

/** What stands for the purpose in the name of an outermost key. */
const PURPOSE = '<purpose>';

/** The name of a purpose's outermost key at a provider: `alias/sealstream-<purpose>` filled in. */
export function keyNameOf(pattern: string, purpose: Purpose): string {
  return pattern.replaceAll(PURPOSE, purpose);
}
