import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { AccountName } from './account-form.ts';
import type { DeviceCookies } from './device-cookie.ts';
import type { Attempt, FailureCounters } from './failure-counters.ts';
import type { HashPlace, HashQueue } from './hash-queue.ts';
import { copyOf, preparedPassword, wipe } from './password-text.ts';
import type { Sessions, SessionTokens } from './sessions.ts';
import { isConflict, readUser, shownUser, type StoredUser, type User } from './user.ts';
import type { UserStore } from './user-store.ts';

/** Longer names count together; what was typed has no length limit of its own. */
const TYPED_MAX = 256;

/** What somebody gives to get in. */
export interface SignInRequest {
  readonly name: string;
  /** UTF-8; zeroed by this call. */
  readonly password: Uint8Array;
  /** Where the request comes from, as an IP address. */
  readonly address: string;
  /** The cookie of an earlier success. */
  readonly deviceCookie?: string | undefined;
  /** What the user's list of sessions shows, such as the browser. */
  readonly deviceLabel?: string | undefined;
}

/** Why nobody was let in; the same for a known and an unknown name. */
export type SignInRefusal =
  | { readonly kind: 'refused' }
  | { readonly kind: 'throttled'; readonly retryAfterMs: number }
  | { readonly kind: 'shed'; readonly retryAfterMs: number };

/** Who somebody is, for one request. */
export type ProofAnswer = { readonly kind: 'proved'; readonly user: User } | SignInRefusal;

/** Every answer but the first is the same for a known and an unknown name. */
export type SignInAnswer =
  | {
      readonly kind: 'signed-in';
      readonly user: User;
      readonly session: SessionTokens;
      readonly deviceCookie: string;
    }
  | SignInRefusal;

/** A user that proved who it is, and the name as it counts. */
interface Proved {
  readonly found: StoredUser;
  readonly name: string;
}

export interface SignInParts {
  readonly store: UserStore;
  readonly sessions: Sessions;
  readonly hashes: HashQueue;
  readonly counters: FailureCounters;
  readonly cookies: DeviceCookies;
  readonly shedDelayMs: number;
  readonly now: () => number;
}

/** Sign-in with a password. */
export class SignIn {
  readonly #parts: SignInParts;
  /** What stands for a user that is not there, down to the time that reading it takes. */
  #nobody: Promise<string> | undefined;

  constructor(parts: SignInParts) {
    this.#parts = parts;
  }

  /**
   * Lets somebody in, or not. A place in the queue comes first, before anything of the name is looked
   * at; then one round trip counts the attempt and reads the user; then one hash, whoever it is.
   *
   * @throws SealstreamError REDIS_UNREACHABLE, REDIS_REFUSED, ACCOUNT_UNREADABLE, INTERNAL; none of them
   *   lets anybody in
   */
  async withPassword(request: SignInRequest): Promise<SignInAnswer> {
    const { cookies, now, sessions } = this.#parts;
    const proof = await this.#proved(request);
    if ('kind' in proof) return proof;
    const { found, name } = proof;
    const { address, deviceLabel } = request;
    const session = await sessions.start(found, { address, deviceLabel });
    const user = shownUser(found, String(now()));
    return { kind: 'signed-in', user, session, deviceCookie: cookies.issue(name, now()) };
  }

  /**
   * The same for one request alone: no session begins.
   *
   * @throws SealstreamError as `withPassword`
   */
  async prove(request: SignInRequest): Promise<ProofAnswer> {
    const proof = await this.#proved(request);
    return 'kind' in proof ? proof : { kind: 'proved', user: shownUser(proof.found) };
  }

  /** Ready to answer unknown names as slowly as known ones. Without it the first sign-in does it. */
  async ready(): Promise<void> {
    await this.#stranger();
  }

  async #proved(request: SignInRequest): Promise<Proved | SignInRefusal> {
    const { cookies, hashes, now, shedDelayMs } = this.#parts;
    const name = asciiLower(request.name.slice(0, TYPED_MAX));
    const device = cookies.numberOf(request.deviceCookie ?? '', name, now());
    const place = hashes.enter(device === undefined ? 'stranger' : 'known-device');
    const isName = AccountName.safeParse(name).success;
    const attempt = { name, isName, address: request.address, device };
    try {
      if (place !== undefined) return await this.#admitted(place, attempt, request);
    } finally {
      place?.release();
      request.password.fill(0);
    }
    await sleep(shedDelayMs);
    return { kind: 'shed', retryAfterMs: shedDelayMs };
  }

  async #admitted(
    place: HashPlace,
    attempt: Attempt,
    request: SignInRequest,
  ): Promise<Proved | SignInRefusal> {
    const { counters, hashes, now } = this.#parts;
    const admission = await counters.admit(attempt, now());
    if (!('user' in admission)) return { kind: 'throttled', retryAfterMs: admission.waitMs };
    const stranger = await this.#stranger();
    const found = readUser(admission.user ?? stranger);
    const maySignIn = admission.user !== undefined && !found.disabled;
    const hash = maySignIn ? found.passwordHash : undefined;
    const dummy = readUser(stranger).passwordHash ?? '';
    const prepared = preparedPassword(request.password);
    // Kept for a hash at a new cost; no other copy outlives the check.
    const again = prepared && copyOf(prepared);
    try {
      const matches = await place.verify(hash ?? dummy, prepared ?? new Uint8Array(1));
      const isIn = matches && hash !== undefined && prepared !== undefined;
      if (!isIn || again === undefined) return { kind: 'refused' };
      await counters.forgive(attempt, now());
      if (hashes.isOutdated(hash)) await this.#rehash(found, hash, again);
    } finally {
      if (again !== undefined) wipe(again);
    }
    return { found, name: attempt.name };
  }

  /** Who changed the user meanwhile goes first: the hash is then made at the next sign-in. */
  async #rehash(
    { name }: StoredUser,
    hash: string,
    password: Uint8Array<ArrayBuffer>,
  ): Promise<void> {
    const { hashes, store } = this.#parts;
    const passwordHash = await hashes.hash(password);
    const found = await store.find(name);
    if (found === undefined || found.user.passwordHash !== hash) return;
    const { user } = found;
    const after = { ...user, version: user.version + 1, passwordHash };
    await store.swap(found, after).catch((error: unknown) => {
      if (!isConflict(error)) throw error;
    });
  }

  #stranger(): Promise<string> {
    this.#nobody ??= this.#makeStranger().catch((error: unknown) => {
      this.#nobody = undefined;
      throw error;
    });
    return this.#nobody;
  }

  async #makeStranger(): Promise<string> {
    const { hashes, now } = this.#parts;
    const passwordHash = await hashes.hash(copyOf(randomBytes(32)));
    const stored: StoredUser = {
      v: 1,
      version: 1,
      name: 'nobody',
      person: 'nobody',
      roles: [],
      disabled: false,
      createdMs: now(),
      epoch: 1,
      passwordHash,
      passwordMs: now(),
    };
    return JSON.stringify(stored);
  }
}

/** Names are of ASCII, so only its capitals are another way to type one. */
function asciiLower(text: string): string {
  return text.replaceAll(/[A-Z]/g, (capital) => capital.toLowerCase());
}
