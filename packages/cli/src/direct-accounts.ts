import type { ApiKey, Identity, User } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';

import type { AccountDesk, IdentityOrder, KeyOrder, UserWithSessions } from './account-desk.ts';
import { actorName } from './cli-audit.ts';
import { changeAccount, withAccounts } from './cluster-accounts.ts';
import type { Context } from './context.ts';

/** Accounts in Redis, with the operator's own credentials. */
export class DirectAccounts implements AccountDesk {
  readonly #context: Context;

  constructor(context: Context) {
    this.#context = context;
  }

  users(): Promise<User[]> {
    return withAccounts(this.#context, async ({ users }) => {
      const found: User[] = [];
      let cursor: string | undefined;
      do {
        const page = await users.list({ cursor });
        found.push(...page.users);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found;
    });
  }

  user(name: string): Promise<UserWithSessions> {
    return withAccounts(this.#context, async (accounts) => {
      const [user, sessions] = await Promise.all([
        accounts.users.get(name),
        accounts.sessions.list(name),
      ]);
      return { user, sessions };
    });
  }

  /** An operator has no account. */
  async isOwn(): Promise<boolean> {
    return false;
  }

  create(order: Parameters<AccountDesk['create']>[0]): Promise<User> {
    const { name, password, person } = order;
    const details = { user: name, person, password: password === undefined ? 'none' : 'set' };
    return changeAccount(this.#context, 'create', details, ({ users }) =>
      users.create({ name, person, password }),
    );
  }

  setPassword(
    name: string,
    { password }: { readonly password: Uint8Array },
    version?: number,
  ): Promise<User> {
    return changeAccount(this.#context, 'set-password', { user: name }, ({ users }) =>
      users.setPassword(name, password, { version }),
    );
  }

  grantRole(name: string, role: string, version?: number): Promise<User> {
    return changeAccount(this.#context, 'grant-role', { user: name, role }, ({ users }) =>
      users.grantRole(name, role, actorName(), { version }),
    );
  }

  revokeRole(name: string, role: string, version?: number): Promise<User> {
    return changeAccount(this.#context, 'revoke-role', { user: name, role }, ({ users }) =>
      users.revokeRole(name, role, { version }),
    );
  }

  async linkIdentity(name: string, order: IdentityOrder, version?: number): Promise<User> {
    const identity = identityOf(order);
    const details = { user: name, ...identity };
    return changeAccount(this.#context, 'link-identity', details, ({ users }) =>
      users.linkIdentity(name, identity, actorName(), { version }),
    );
  }

  async unlinkIdentity(name: string, order: IdentityOrder, version?: number): Promise<User> {
    const identity = identityOf(order);
    const details = { user: name, ...identity };
    return changeAccount(this.#context, 'unlink-identity', details, ({ users }) =>
      users.unlinkIdentity(name, identity, { version }),
    );
  }

  disable(name: string, version?: number): Promise<User> {
    return changeAccount(this.#context, 'disable', { user: name }, ({ users }) =>
      users.disable(name, { version }),
    );
  }

  enable(name: string, version?: number): Promise<User> {
    return changeAccount(this.#context, 'enable', { user: name }, ({ users }) =>
      users.enable(name, { version }),
    );
  }

  signOut(name: string): Promise<number> {
    return changeAccount(
      this.#context,
      'sign-out',
      { user: name },
      async ({ sessions, users }) => {
        // Precondition: there is such a user; of none nothing would have ended, and all look well.
        await users.get(name);
        return sessions.signOutAll(name);
      },
      (ended) => ({ ended }),
    );
  }

  apiKeys(owner?: string): Promise<ApiKey[]> {
    return withAccounts(this.#context, async ({ apiKeys }) => {
      const found: ApiKey[] = [];
      let cursor: string | undefined;
      do {
        const page = await apiKeys.list({ cursor, owner });
        found.push(...page.keys);
        cursor = page.cursor;
      } while (cursor !== undefined);
      return found;
    });
  }

  createApiKey(order: KeyOrder): Promise<{ readonly key: ApiKey; readonly text: string }> {
    const { lifeMs, name, owner, scopes } = order;
    const shown = { actions: scopes.actions.join(','), datasets: scopes.datasets.join(',') };
    return changeAccount(
      this.#context,
      'create-api-key',
      { owner, name, ...shown, lifeMs },
      ({ apiKeys }) => apiKeys.create({ owner, name, scopes, lifeMs }),
      (made) => ({ apiKey: made.key.id }),
    );
  }

  revokeApiKey(id: string): Promise<ApiKey> {
    return changeAccount(this.#context, 'revoke-api-key', { apiKey: id }, ({ apiKeys }) =>
      apiKeys.revoke(id),
    );
  }
}

/** @throws SealstreamError USAGE */
function identityOf({ issuer, subject }: IdentityOrder): Identity {
  if (issuer !== undefined) return { issuer, subject };
  throw new SealstreamError('USAGE', { option: '--issuer' }, 'Name the provider by its issuer.');
}
