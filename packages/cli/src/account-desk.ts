import type { ApiKey, KeyScopes, Session, User } from '@sealstream/accounts';

/** A user, and its sessions where who asks may see them: a program that is not allowed it may not. */
export interface UserWithSessions {
  readonly user: User;
  readonly sessions?: readonly Session[] | undefined;
}

/** A key that is asked for. */
export interface KeyOrder {
  readonly owner: string;
  readonly name: string;
  readonly scopes: KeyScopes;
  readonly lifeMs: number;
}

/** Somebody at a provider, which is named by its issuer directly and by its name through access. */
export interface IdentityOrder {
  readonly issuer?: string | undefined;
  readonly provider?: string | undefined;
  readonly subject: string;
}

/**
 * What commands do with accounts. Each change is on the audit log before it takes effect, and what came
 * of it after.
 *
 * All throw SealstreamError: ACCOUNT_*, PASSWORD_REFUSED and what keeps them from Redis and the audit log,
 * or from access and what that one says. `version` is the one that was looked at; undefined for any.
 */
export interface AccountDesk {
  users(): Promise<readonly User[]>;
  user(name: string): Promise<UserWithSessions>;
  /** Whether it is the account of whoever asks, whose present password is asked for with a new one. */
  isOwn(name: string): Promise<boolean>;
  create(order: {
    readonly name: string;
    readonly person: string;
    readonly password?: Uint8Array | undefined;
  }): Promise<User>;
  setPassword(
    name: string,
    passwords: { readonly password: Uint8Array; readonly present?: Uint8Array | undefined },
    version?: number,
  ): Promise<User>;
  grantRole(name: string, role: string, version?: number): Promise<User>;
  revokeRole(name: string, role: string, version?: number): Promise<User>;
  /** Throws USAGE where the provider is named in the other way, too. */
  linkIdentity(name: string, identity: IdentityOrder, version?: number): Promise<User>;
  unlinkIdentity(name: string, identity: IdentityOrder, version?: number): Promise<User>;
  disable(name: string, version?: number): Promise<User>;
  enable(name: string, version?: number): Promise<User>;
  /** Ends all sessions of the user at once. Returns how many there were. */
  signOut(name: string): Promise<number>;
  /** Of one owner, or all. */
  apiKeys(owner?: string): Promise<readonly ApiKey[]>;
  /** The text of the key is shown once. */
  createApiKey(order: KeyOrder): Promise<{ readonly key: ApiKey; readonly text: string }>;
  revokeApiKey(id: string): Promise<ApiKey>;
}
