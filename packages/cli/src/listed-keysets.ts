import type { ListedKeyset } from '@sealstream/keyring';

import type { BreakGlassOptions } from './access/access-options.ts';
import { wayOf } from './access/access-way.ts';
import { remoteKeysets } from './access/remote-keysets.ts';
import { noteRunningAccess } from './access/running-access.ts';
import { openAdmin } from './cluster-keys.ts';
import type { Context } from './context.ts';
import type { KeyOptions } from './options.ts';
import { withBus } from './servers.ts';

/**
 * Every keyset, on the way that settings and options say; through access those of the datasets whose keys
 * the caller may read.
 *
 * @throws SealstreamError what `wayOf` throws, and what keeps it from keys or access
 */
export function keysetsOf(
  context: Context,
  options: KeyOptions & BreakGlassOptions,
): Promise<readonly ListedKeyset[]> {
  return wayOf<readonly ListedKeyset[]>(context, options, {
    direct: () =>
      withBus(context, async (bus) => {
        await noteRunningAccess(context, bus);
        const admin = await openAdmin(context, bus, options, []);
        try {
          return await admin.list();
        } finally {
          admin.stop();
        }
      }),
    throughAccess: remoteKeysets,
  });
}
