import type { GrantRecord } from '@sealstream/contracts';
import { type ListedGrant, readConsumerKey } from '@sealstream/keyring';
import { grantedFields } from '@sealstream/policy';

import { noteRunningAccess } from './access/running-access.ts';
import { actorName } from './cli-audit.ts';
import { tellGrant, withGrants } from './cluster-grants.ts';
import type { Context } from './context.ts';
import { consumerOf } from './consumer-name.ts';
import type {
  GrantDesk,
  GrantOptions,
  GrantOrder,
  ShownGrant,
  TroubledGrant,
} from './grant-desk.ts';
import { readDataset } from './policy-file.ts';

/** Grants in Redis, with the operator's own key files. */
export class DirectGrants implements GrantDesk {
  readonly #context: Context;
  readonly #options: GrantOptions;

  constructor(context: Context, options: GrantOptions) {
    this.#context = context;
    this.#options = options;
  }

  list(): Promise<(ShownGrant | TroubledGrant)[]> {
    return withGrants(this.#context, this.#options, [], async ({ admin, bus }) => {
      await noteRunningAccess(this.#context, bus);
      return (await admin.list()).map(listed);
    });
  }

  create(order: GrantOrder): Promise<{ readonly grant: ShownGrant; readonly sealed: string }> {
    const { lifeMs, paths, publicKey } = order;
    const dataset = readDataset(this.#context, order);
    const fields = grantedFields(dataset, paths);
    const consumerKey = readConsumerKey(publicKey);
    const consumer = consumerOf(order, consumerKey);
    const actor = actorName();
    const all = { dataset: dataset.name, consumer, consumerKey, actor, lifeMs, fields };
    return withGrants(this.#context, this.#options, ['field'], async ({ admin, audit, bus }) => {
      await noteRunningAccess(this.#context, bus);
      await audit.check();
      const { record, sealed } = await admin.create(all);
      await tellGrant(audit, 'grant-created', record);
      return { grant: shown(record), sealed };
    });
  }

  revoke(id: string): Promise<ShownGrant> {
    return withGrants(this.#context, this.#options, [], async ({ admin, audit, bus }) => {
      await noteRunningAccess(this.#context, bus);
      await audit.check();
      const revoked = await admin.revoke(id, actorName());
      await tellGrant(audit, 'grant-revoked', revoked);
      return shown(revoked);
    });
  }
}

function listed({
  id,
  problem = 'GRANT_UNKNOWN',
  record,
}: ListedGrant): ShownGrant | TroubledGrant {
  return record === undefined ? { id, problem } : shown(record);
}

function shown(record: GrantRecord): ShownGrant {
  const { actor, consumer, created, dataset, expires, fields, fingerprint, id, revoked } = record;
  const who = { id, state: stateOf(record), dataset, consumer, actor, created, expires };
  return { ...who, fingerprint, fields, ...(revoked && { revoked }) };
}

function stateOf({ expires, revoked }: GrantRecord): ShownGrant['state'] {
  if (revoked !== undefined) return 'revoked';
  return Date.parse(expires) > Date.now() ? 'active' : 'expired';
}
