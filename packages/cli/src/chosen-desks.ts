import type { AccessOptions } from './access/access-options.ts';
import { wayOf } from './access/access-way.ts';
import { RemoteAccounts } from './access/remote-accounts.ts';
import { RemoteGrants } from './access/remote-grants.ts';
import { RemoteRejects } from './access/remote-rejects.ts';
import { RemoteTurner } from './access/remote-turner.ts';
import type { AccountDesk } from './account-desk.ts';
import type { Context } from './context.ts';
import { DirectAccounts } from './direct-accounts.ts';
import { DirectGrants } from './direct-grants.ts';
import { DirectRejects } from './direct-rejects.ts';
import { DirectTurner } from './direct-turner.ts';
import type { GrantDesk, GrantOptions } from './grant-desk.ts';
import type { MaskedTurner, TurnOptions } from './masked-turner.ts';
import type { RejectDesk, ReplayOptions } from './reject-desk.ts';

/** The one place where it is chosen who does the work of a command. */

/** Accounts on the way that settings and options say. Throws what `wayOf` throws. */
export function accountsOf(context: Context, options: AccessOptions): Promise<AccountDesk> {
  return wayOf<AccountDesk>(context, options, {
    direct: () => new DirectAccounts(context),
    throughAccess: (client) => new RemoteAccounts(client),
  });
}

/** Grants on the way that settings and options say. Throws what `wayOf` throws. */
export function grantsOf(context: Context, options: GrantOptions): Promise<GrantDesk> {
  return wayOf<GrantDesk>(context, options, {
    direct: () => new DirectGrants(context, options),
    throughAccess: (client) => new RemoteGrants(client),
  });
}

/** Rejects on the way that settings and options say. Throws what `wayOf` throws. */
export function rejectsOf(context: Context, options: ReplayOptions): Promise<RejectDesk> {
  return wayOf<RejectDesk>(context, options, {
    direct: () => new DirectRejects(context, options),
    throughAccess: (client) => new RemoteRejects(client, options),
  });
}

/** What turns back on the way that settings and options say. Throws what `wayOf` throws. */
export function turnerOf(context: Context, options: TurnOptions): Promise<MaskedTurner> {
  return wayOf<MaskedTurner>(context, options, {
    direct: () => new DirectTurner(context, options),
    throughAccess: (client) => new RemoteTurner(client, options),
  });
}
