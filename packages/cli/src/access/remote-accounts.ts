import type { ApiKey, Session, User } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';

import type { AccountDesk, IdentityOrder, KeyOrder, UserWithSessions } from '../account-desk.ts';
import { type AccessClient, route } from './access-client.ts';
import {
  ApiKeyAnswer,
  ApiKeyPage,
  MadeKeyAnswer,
  MeAnswer,
  SessionList,
  SignedOut,
  UserAnswer,
  UserPage,
} from './account-answers.ts';
import { wholeDays } from './whole-days.ts';

const PAGE = 500;

/** Accounts as access gives them to the caller. */
export class RemoteAccounts implements AccountDesk {
  readonly #client: AccessClient;

  constructor(client: AccessClient) {
    this.#client = client;
  }

  async users(): Promise<User[]> {
    const found: User[] = [];
    let cursor: string | undefined;
    do {
      const query = { cursor, limit: PAGE };
      const page = await this.#client.ask({
        method: 'GET',
        path: '/v1/users',
        query,
        answer: UserPage,
      });
      found.push(...page.users);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }

  async user(name: string): Promise<UserWithSessions> {
    const path = route`/v1/users/${name}`;
    const user = await this.#client.ask({ method: 'GET', path, answer: UserAnswer });
    return { user, sessions: await this.#sessions(name) };
  }

  /** Undefined where a program asks for those of its owner, and no role of it allows that. */
  async #sessions(name: string): Promise<Session[] | undefined> {
    const path = route`/v1/users/${name}/sessions`;
    try {
      const { sessions } = await this.#client.ask({ method: 'GET', path, answer: SessionList });
      return sessions.map((session) => ({ ...session, user: name }));
    } catch (error) {
      if (error instanceof SealstreamError && error.code === 'ACCESS_DENIED') return undefined;
      throw error;
    }
  }

  async isOwn(name: string): Promise<boolean> {
    const me = await this.#client.ask({ method: 'GET', path: '/v1/me', answer: MeAnswer });
    return me.account === name;
  }

  create(order: Parameters<AccountDesk['create']>[0]): Promise<User> {
    const { name, password, person } = order;
    const secret = password === undefined ? {} : { password: textOf(password) };
    return this.#client.ask({
      method: 'POST',
      path: '/v1/users',
      body: { name, person, ...secret },
      answer: UserAnswer,
    });
  }

  setPassword(
    name: string,
    passwords: { readonly password: Uint8Array; readonly present?: Uint8Array | undefined },
    version?: number,
  ): Promise<User> {
    const { password, present } = passwords;
    const proof = present === undefined ? {} : { present: textOf(present) };
    return this.#client.ask({
      method: 'PUT',
      path: route`/v1/users/${name}/password`,
      body: { password: textOf(password), ...proof },
      version: version ?? '*',
      answer: UserAnswer,
    });
  }

  grantRole(name: string, role: string, version?: number): Promise<User> {
    return this.#change('PUT', route`/v1/users/${name}/roles/${role}`, version);
  }

  revokeRole(name: string, role: string, version?: number): Promise<User> {
    return this.#change('DELETE', route`/v1/users/${name}/roles/${role}`, version);
  }

  async linkIdentity(name: string, identity: IdentityOrder, version?: number): Promise<User> {
    return this.#change('PUT', identityPath(name, identity), version);
  }

  async unlinkIdentity(name: string, identity: IdentityOrder, version?: number): Promise<User> {
    return this.#change('DELETE', identityPath(name, identity), version);
  }

  disable(name: string, version?: number): Promise<User> {
    return this.#change('POST', route`/v1/users/${name}/disable`, version);
  }

  enable(name: string, version?: number): Promise<User> {
    return this.#change('POST', route`/v1/users/${name}/enable`, version);
  }

  async signOut(name: string): Promise<number> {
    const path = route`/v1/users/${name}/sessions`;
    return (await this.#client.ask({ method: 'DELETE', path, answer: SignedOut })).ended;
  }

  async apiKeys(owner = '*'): Promise<ApiKey[]> {
    const found: ApiKey[] = [];
    let cursor: string | undefined;
    do {
      const query = { cursor, limit: PAGE, owner };
      const page = await this.#client.ask({
        method: 'GET',
        path: '/v1/api-keys',
        query,
        answer: ApiKeyPage,
      });
      found.push(...page.keys);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return found;
  }

  createApiKey(order: KeyOrder): Promise<{ readonly key: ApiKey; readonly text: string }> {
    const { lifeMs, name, owner, scopes } = order;
    return this.#client.ask({
      method: 'POST',
      path: '/v1/api-keys',
      body: { owner, name, scopes, days: wholeDays(lifeMs) },
      answer: MadeKeyAnswer,
    });
  }

  revokeApiKey(id: string): Promise<ApiKey> {
    const path = route`/v1/api-keys/${id}`;
    return this.#client.ask({ method: 'DELETE', path, answer: ApiKeyAnswer });
  }

  #change(method: 'POST' | 'PUT' | 'DELETE', path: string, version: number | undefined) {
    return this.#client.ask({ method, path, version: version ?? '*', answer: UserAnswer });
  }
}

/** @throws SealstreamError USAGE */
function identityPath(name: string, { provider, subject }: IdentityOrder): string {
  if (provider !== undefined) return route`/v1/users/${name}/identities/${provider}/${subject}`;
  throw new SealstreamError('USAGE', { option: '--provider' }, 'Name the provider by its name.');
}

const UTF8 = new TextDecoder('utf-8', { fatal: true });

/** @throws SealstreamError PASSWORD_REFUSED for bytes that are no text */
function textOf(password: Uint8Array): string {
  try {
    return UTF8.decode(password);
  } catch {
    throw new SealstreamError('PASSWORD_REFUSED', { why: 'no UTF-8' });
  }
}
