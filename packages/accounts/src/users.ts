import { SealstreamError } from '@sealstream/contracts';
import { AccountName, Person, personOf, requireForm, ShortText, Word } from './account-form.ts';
import { IDENTITIES_MAX, Identity, isSameIdentity } from './identity.ts';
import { digestOf, isDigestOf, isSecretForm, newSecret } from './random-secret.ts';
import { preparedPassword, requireGoodPassword, wipe } from './password-text.ts';
import type { HashQueue } from './hash-queue.ts';
import {
  ADMINISTRATOR,
  hasIdentity,
  isConflict,
  type StoredUser,
  shownUser,
  type User,
} from './user.ts';
import type { FoundUser, UserStore } from './user-store.ts';

const PAGE_MAX = 500;
/** Tries of a change that others come in between of, before it is given up. */
const TRIES = 16;
const BOOTSTRAP_MS = 3_600_000;

/** Who is made. */
export interface NewUser {
  readonly name: string;
  /** Who it is, as the organisation knows them, in any spelling; several accounts may be of one person. */
  readonly person: string;
  /** Without one, it cannot sign in with a password. */
  readonly password?: Uint8Array | undefined;
  /** The person who makes it, and so knows the password; undefined where nobody is to be told of. */
  readonly by?: string | undefined;
}

/** The first administrator, who has a password. */
export interface FirstUser extends NewUser {
  readonly password: Uint8Array;
}

/** A change that asks for the user as it was looked at. */
export interface Seen {
  /** `version` of that user; undefined: whatever it is now, and no change of others is lost. */
  readonly version?: number | undefined;
  /** Refuses to leave fewer than two people as administrators. */
  readonly keepsAdministrators?: boolean | undefined;
}

/** Who are administrators and enabled. */
export interface AdministratorCount {
  /** People; two accounts of one count once. */
  readonly enabled: number;
  /** Whether there ever were two at once. It never goes back. */
  readonly wereTwo: boolean;
}

export interface UserPage {
  readonly users: readonly User[];
  /** What the next page begins after; undefined at the end. */
  readonly cursor?: string | undefined;
}

/** The one-time secret of the first administrator; shown once. */
export interface Bootstrap {
  readonly secret: string;
  readonly expiresMs: number;
}

/**
 * Users, each change a compare-and-set. Every method throws REDIS_UNREACHABLE and REDIS_REFUSED, and
 * ACCOUNT_UNREADABLE when Redis holds something else.
 */
export class Users {
  readonly #store: UserStore;
  readonly #hashes: HashQueue;
  readonly #now: () => number;

  constructor(store: UserStore, hashes: HashQueue, now: () => number) {
    this.#store = store;
    this.#hashes = hashes;
    this.#now = now;
  }

  /**
   * Makes a user without any role.
   *
   * @throws SealstreamError ACCOUNT_INVALID, ACCOUNT_EXISTS, PASSWORD_REFUSED, SIGN_IN_BUSY
   */
  async create({ by, name, password, person: given }: NewUser): Promise<User> {
    requireForm(AccountName, 'name', name);
    const person = requireForm(Person, 'person', given);
    if ((await this.#store.find(name)) !== undefined) throw existing(name);
    const made = this.#fresh(name, person);
    const user =
      password === undefined
        ? made
        : { ...made, ...(await this.#hash(password, name)), ...setBy(by, person) };
    try {
      await this.#store.swap(undefined, user);
    } catch (error) {
      throw isConflict(error) ? existing(name) : error;
    }
    return shownUser(user);
  }

  /** @throws SealstreamError ACCOUNT_UNKNOWN */
  async get(name: string): Promise<User> {
    const { lastUsed, user } = await this.#find(name);
    return shownUser(user, lastUsed);
  }

  /** The user of that name, or nothing: for whoever is not told whether there is one. */
  async find(name: string): Promise<User | undefined> {
    const found = AccountName.safeParse(name).success ? await this.#store.find(name) : undefined;
    return found && shownUser(found.user, found.lastUsed);
  }

  /** Users by name, so many a page (500 at most); a user made meanwhile may be missed, none comes twice. */
  async list(page: { readonly cursor?: string | undefined; readonly count?: number } = {}) {
    const count = Math.min(Math.max(page.count ?? PAGE_MAX, 1), PAGE_MAX);
    const names = await this.#store.names(page.cursor, count);
    const found = await this.#store.findAll(names);
    const users = found.map(({ lastUsed, user }) => shownUser(user, lastUsed));
    const answer: UserPage =
      names.length < count ? { users } : { users, cursor: names[names.length - 1] };
    return answer;
  }

  /**
   * Sets a password, and ends all sessions of the user. The caller zeroes what it gave.
   *
   * @param by the person who sets it; who is not the user's own knows it, and that is kept
   * @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT, PASSWORD_REFUSED, SIGN_IN_BUSY
   */
  async setPassword(
    name: string,
    password: Uint8Array,
    seen: Seen = {},
    by?: string,
  ): Promise<User> {
    await this.#find(name);
    const hashed = await this.#hash(password, name);
    return this.#change(name, seen, (before) => {
      const { passwordBy: _, ...user } = before;
      const own = setBy(by, user.person);
      return { ...user, ...hashed, ...own, epoch: user.epoch + 1 };
    });
  }

  /**
   * Gives a role; one that is there stays as it was given first.
   *
   * @param by the person who gives it
   * @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT, ACCOUNT_INVALID
   */
  async grantRole(name: string, role: string, by: string, seen: Seen = {}): Promise<User> {
    requireForm(Word, 'role', role);
    requireForm(ShortText, 'by', by);
    const grant = { role, by, atMs: this.#now() };
    return this.#change(name, seen, (user) =>
      user.roles.some((one) => one.role === role)
        ? user
        : { ...user, roles: [...user.roles, grant] },
    );
  }

  /**
   * Takes a role; at once, since sessions and API keys look roles up.
   *
   * @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT, ADMINISTRATORS_NEEDED
   */
  revokeRole(name: string, role: string, seen: Seen = {}): Promise<User> {
    return this.#change(name, seen, (user) =>
      user.roles.some((one) => one.role === role)
        ? { ...user, roles: user.roles.filter((one) => one.role !== role) }
        : user,
    );
  }

  /**
   * Lets somebody whom an identity provider knows in as this user; one that is linked stays as it was.
   *
   * @param by the person who links it
   * @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT, ACCOUNT_INVALID, IDENTITY_TAKEN when it is of
   *   another user
   */
  async linkIdentity(name: string, identity: Identity, by: string, seen: Seen = {}): Promise<User> {
    const { issuer, subject } = requireForm(Identity, 'identity', identity);
    requireForm(ShortText, 'by', by);
    const linked = { issuer, subject, by, atMs: this.#now() };
    return this.#change(name, seen, (user) => {
      if (hasIdentity(user, linked)) return user;
      const identities = [...(user.identities ?? []), linked];
      if (identities.length > IDENTITIES_MAX)
        throw new SealstreamError('ACCOUNT_INVALID', { identitiesMax: IDENTITIES_MAX });
      return { ...user, identities };
    });
  }

  /**
   * Takes an identity from a user: sessions that began by it are over at the next request.
   *
   * @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT
   */
  unlinkIdentity(name: string, identity: Identity, seen: Seen = {}): Promise<User> {
    return this.#change(name, seen, (user) =>
      hasIdentity(user, identity)
        ? {
            ...user,
            identities: user.identities?.filter((one) => !isSameIdentity(one, identity)),
          }
        : user,
    );
  }

  /** The user that an identity is linked to, or nothing. */
  async ofIdentity(identity: Identity): Promise<User | undefined> {
    const found = Identity.safeParse(identity).success
      ? await this.#store.ofIdentity(identity)
      : undefined;
    return found && shownUser(found.user, found.lastUsed);
  }

  /**
   * Lets a user in no more: its sessions end, its API keys are refused.
   *
   * @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT, ADMINISTRATORS_NEEDED
   */
  disable(name: string, seen: Seen = {}): Promise<User> {
    return this.#change(name, seen, (user) =>
      user.disabled ? user : { ...user, disabled: true, epoch: user.epoch + 1 },
    );
  }

  /** @throws SealstreamError ACCOUNT_UNKNOWN, ACCOUNT_CONFLICT */
  enable(name: string, seen: Seen = {}): Promise<User> {
    return this.#change(name, seen, (user) =>
      user.disabled ? { ...user, disabled: false } : user,
    );
  }

  /** Who could still do and approve what administrators do. */
  administrators(): Promise<AdministratorCount> {
    return this.#store.administrators();
  }

  /**
   * A secret with which the first administrator is made, within an hour, once. A second call takes the
   * place of the first.
   *
   * @throws SealstreamError BOOTSTRAP_REFUSED when there is a user
   */
  async createBootstrap(): Promise<Bootstrap> {
    const secret = newSecret();
    const expiresMs = this.#now() + BOOTSTRAP_MS;
    if (!(await this.#store.offerFirst(digestOf(secret), expiresMs)))
      throw new SealstreamError('BOOTSTRAP_REFUSED');
    return { secret, expiresMs };
  }

  /**
   * Makes the first administrator; of two at the same time, one. A password that is refused leaves the
   * secret as it was.
   *
   * @param ordered told of it once nothing is in its way but another one; where it rejects nobody is made
   * @throws SealstreamError BOOTSTRAP_REFUSED, ACCOUNT_INVALID, PASSWORD_REFUSED, SIGN_IN_BUSY, and what
   *   `ordered` throws
   */
  async bootstrap(
    secret: string,
    { name, password, person: given }: FirstUser,
    ordered: (first: User) => Promise<void> = async () => undefined,
  ): Promise<User> {
    const offered = isSecretForm(secret) ? await this.#store.offered() : null;
    // Looked at before anything costs a hash; the script that makes the user looks again.
    if (offered === null || !isDigestOf(secret, offered))
      throw new SealstreamError('BOOTSTRAP_REFUSED');
    requireForm(AccountName, 'name', name);
    const person = requireForm(Person, 'person', given);
    const hashed = await this.#hash(password, name);
    const roles = [{ role: ADMINISTRATOR, by: 'bootstrap', atMs: this.#now() }];
    const first = { ...this.#fresh(name, person), ...hashed, roles };
    await ordered(shownUser(first));
    if (!(await this.#store.createFirst(offered, first)))
      throw new SealstreamError('BOOTSTRAP_REFUSED');
    return shownUser(first);
  }

  #fresh(name: string, person: string): StoredUser {
    const createdMs = this.#now();
    return { v: 1, version: 1, name, person, roles: [], disabled: false, createdMs, epoch: 1 };
  }

  async #find(name: string): Promise<FoundUser> {
    const found = AccountName.safeParse(name).success ? await this.#store.find(name) : undefined;
    if (found === undefined) throw new SealstreamError('ACCOUNT_UNKNOWN');
    return found;
  }

  /** Reads, changes and swaps, again while others come in between and no version was asked for. */
  async #change(
    name: string,
    { keepsAdministrators, version }: Seen,
    change: (user: StoredUser) => StoredUser,
  ): Promise<User> {
    for (let tries = 1; ; tries += 1) {
      const found = await this.#find(name);
      const { lastUsed, user } = found;
      if (version !== undefined && user.version !== version)
        throw new SealstreamError('ACCOUNT_CONFLICT', { user: name });
      const changed = change(user);
      if (changed === user) return shownUser(user, lastUsed);
      const after = { ...changed, version: user.version + 1 };
      try {
        await this.#store.swap(found, after, keepsAdministrators);
        return shownUser(after, lastUsed);
      } catch (error) {
        if (!isConflict(error) || version !== undefined || tries === TRIES) throw error;
      }
    }
  }

  async #hash(
    password: Uint8Array,
    name: string,
  ): Promise<Required<Pick<StoredUser, 'passwordHash' | 'passwordMs'>>> {
    const prepared = preparedPassword(password);
    if (prepared === undefined) throw new SealstreamError('PASSWORD_REFUSED', { rule: 'form' });
    const place = this.#hashes.enter('known-device');
    try {
      if (place === undefined) throw new SealstreamError('SIGN_IN_BUSY');
      await requireGoodPassword(prepared, name);
      const passwordHash = await this.#hashes.hash(prepared);
      return { passwordHash, passwordMs: this.#now() };
    } finally {
      wipe(prepared);
      place?.release();
    }
  }
}

/** What is kept of whoever set a password that is not the own one. */
function setBy(by: string | undefined, person: string): Pick<StoredUser, 'passwordBy'> {
  return by === undefined || personOf(by) === person ? {} : { passwordBy: by };
}

function existing(name: string): SealstreamError {
  return new SealstreamError('ACCOUNT_EXISTS', { user: name });
}
