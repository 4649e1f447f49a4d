/** Names of what accounts keep in Redis, all after the link's prefix. Names of users are of a closed form. */
export class AccountKeys {
  readonly #root: string;

  constructor(prefix: string) {
    this.#root = `${prefix}accounts:`;
  }

  /** All users' names, sorted by Redis. */
  get users(): string {
    return `${this.#root}users`;
  }

  /** Names of the users that are administrators and enabled. */
  get administrators(): string {
    return `${this.#root}administrators`;
  }

  /** There when two people were administrators at once; it never goes away. */
  get wereTwo(): string {
    return `${this.#root}were-two`;
  }

  /** The hash of the one-time secret of the first administrator. */
  get bootstrap(): string {
    return `${this.#root}bootstrap`;
  }

  /** Ids of all API keys, sorted by Redis. */
  get apiKeys(): string {
    return `${this.#root}api-keys`;
  }

  /** Ids of the requests for approval that are open, by when they end. */
  get approvals(): string {
    return `${this.#root}approvals`;
  }

  /** Sign-ins that began at an identity provider's and may still come back, by when they end. */
  get pendingSignIns(): string {
    return `${this.#root}pending-sign-ins`;
  }

  user(name: string): string {
    return `${this.#root}user:${name}`;
  }

  /** When a user was last signed in; beside the user, so that it conflicts with no change. */
  userUsed(name: string): string {
    return `${this.#root}user-used:${name}`;
  }

  /** @param digest of issuer and subject; it holds the name of the user whose identity it is */
  identity(digest: string): string {
    return `${this.#root}identity:${digest}`;
  }

  /** @param digest of what only one browser has */
  pendingSignIn(digest: string): string {
    return `${this.#root}pending-sign-in:${digest}`;
  }

  /** @param digest of the address that began them: those that did not end well, by when they are forgotten */
  pendingSignInsOf(digest: string): string {
    return `${this.#root}pending-sign-ins-of:${digest}`;
  }

  /** Ids of a user's API keys, by when they are forgotten. */
  apiKeysOf(name: string): string {
    return `${this.#root}api-keys-of:${name}`;
  }

  apiKey(id: string): string {
    return `${this.#root}api-key:${id}`;
  }

  apiKeyUsed(id: string): string {
    return `${this.#root}api-key-used:${id}`;
  }

  session(id: string): string {
    return `${this.#root}session:${id}`;
  }

  /** Ids of a user's sessions, by when they end at the latest. */
  sessionsOf(name: string): string {
    return `${this.#root}sessions-of:${name}`;
  }

  /** @param digest of whoever failed: what they typed is nobody's business */
  failures(kind: 'pair' | 'address' | 'device', digest: string): string {
    return `${this.#root}failures:${kind}:${digest}`;
  }

  quota(digest: string): string {
    return `${this.#root}quota:${digest}`;
  }

  /** @param digest of the person who asked: ids of what they asked for and nobody used, by when they end */
  approvalsOf(digest: string): string {
    return `${this.#root}approvals-of:${digest}`;
  }

  approval(id: string): string {
    return `${this.#root}approval:${id}`;
  }

  /** Ids of what is proposed, by when it lapses. */
  get proposals(): string {
    return `${this.#root}proposals`;
  }

  proposal(id: string): string {
    return `${this.#root}proposal:${id}`;
  }

  proposalBody(id: string): string {
    return `${this.#root}proposal-body:${id}`;
  }

  /** @param digest of whose key it is and of the key */
  idempotency(digest: string): string {
    return `${this.#root}idempotency:${digest}`;
  }

  /** Digests of the keys of one caller, by when they are forgotten. */
  idempotencyOf(digest: string): string {
    return `${this.#root}idempotency-of:${digest}`;
  }
}
