import type { Accounts, SessionTokens, User } from '@sealstream/accounts';
import { type ErrorCode, SealstreamError } from '@sealstream/contracts';
import { type Oidc, openOidc, type OidcIdentity, type PendingSignIn } from '@sealstream/oidc';
import { z } from 'zod';

import { signInError } from './callers.ts';
import { callbackPath, type SignInProvider } from './oidc-file.ts';
import type { SignInRefusal, ToldSignIns } from './told-sign-ins.ts';

/** Where somebody is sent, and what their browser keeps until they are back. */
export interface BegunSignIn {
  readonly url: string;
  /** For a cookie; nobody else has it. */
  readonly secret: string;
}

/** Whose browser it is, and by which id whoever is refused is found again on the audit log. */
export interface AskingBrowser {
  readonly address: string;
  readonly requestId: string;
}

/** Somebody who came back from a provider. */
export interface ReturningBrowser extends AskingBrowser {
  /** By the address that was asked for. */
  readonly provider: string;
  /** What stands behind its `?`. */
  readonly query: Readonly<Record<string, string>>;
  /** Of the cookie; undefined where there is none. */
  readonly secret: string | undefined;
  readonly deviceLabel: string | undefined;
}

export interface OidcSignInsOptions {
  readonly providers: readonly SignInProvider[];
  readonly accounts: Pick<Accounts, 'pendingSignIns' | 'sessions' | 'users'>;
  readonly signIns: Pick<ToldSignIns, 'signedIn' | 'refused'>;
  readonly allowLoopbackHttp: boolean;
}

/** What the audit log is told; what is wrong with Redis is no refusal. */
const WHY: Partial<Record<ErrorCode, SignInRefusal>> = {
  SIGN_IN_REFUSED: 'refused',
  TOO_MANY_REQUESTS: 'throttled',
  OIDC_UNREACHABLE: 'away',
  OIDC_REFUSED: 'away',
};

const Pending = z.object({
  provider: z.string(),
  state: z.string(),
  nonce: z.string(),
  codeVerifier: z.string(),
  expiresAtMs: z.number(),
});

/**
 * People sign in through OpenID providers.
 *
 * Promises: what is begun serves once, in the browser that began it, and its number has an end; whoever
 * comes back is let in only as the account that an administrator linked this issuer and subject to; the
 * audit log is told who was refused, by provider and subject, and never a token or a code.
 */
export class OidcSignIns {
  readonly #options: OidcSignInsOptions;
  readonly #oidc: Oidc;

  /** @throws SealstreamError CONFIG_INVALID */
  constructor(options: OidcSignInsOptions) {
    const { allowLoopbackHttp, providers } = options;
    this.#options = options;
    this.#oidc = openOidc({ providers, allowLoopbackHttp });
  }

  /** The providers, in the order of the file. */
  get providers(): readonly Pick<SignInProvider, 'name' | 'title'>[] {
    return this.#options.providers.map(({ name, title }) => ({ name, title }));
  }

  /** @throws SealstreamError OIDC_PROVIDER_UNKNOWN */
  find(name: string): SignInProvider {
    const found = this.#options.providers.find((one) => one.name === name);
    if (found === undefined) throw new SealstreamError('OIDC_PROVIDER_UNKNOWN');
    return found;
  }

  /**
   * Sends somebody to a provider.
   *
   * @throws SealstreamError OIDC_PROVIDER_UNKNOWN, OIDC_UNREACHABLE, OIDC_REFUSED, TOO_MANY_REQUESTS when
   *   too many are out, REDIS_*
   */
  async begin(name: string, browser: AskingBrowser): Promise<BegunSignIn> {
    const { name: provider } = this.find(name);
    const { address } = browser;
    return this.#told(provider, browser, async () => {
      const { pending, url } = await this.#oidc.begin(provider);
      const { expiresAtMs: endsMs, state } = pending;
      const { pendingSignIns } = this.#options.accounts;
      const kept = await pendingSignIns.keep({ state, document: { ...pending }, address, endsMs });
      if (kept.kind === 'throttled') throw signInError(kept);
      return { url, secret: kept.secret };
    });
  }

  /**
   * Lets in who came back.
   *
   * @throws SealstreamError OIDC_PROVIDER_UNKNOWN; SIGN_IN_REFUSED, with `why` where the person can mend it;
   *   OIDC_UNREACHABLE, OIDC_REFUSED, REDIS_*
   */
  async finish(came: ReturningBrowser): Promise<SessionTokens> {
    const provider = this.find(came.provider);
    const { pending, forgive } = await this.#told(provider.name, came, () => this.#taken(came));
    const identity = await this.#told(provider.name, came, () =>
      this.#oidc.finish(pending, `${callbackPath(provider.name)}?${queryText(came.query)}`),
    );
    const { session, user } = await this.#letIn(provider, identity, came);
    await forgive();
    const { roles, subject } = identity;
    const about = { provider: provider.name, subject, roles: roles.join(',') };
    this.#options.signIns.signedIn(user.name, user.person, 'oidc', came.address, about);
    return session;
  }

  /** What this browser began, which nobody gets twice. */
  async #taken({ provider, query, secret }: ReturningBrowser): Promise<{
    readonly pending: PendingSignIn;
    readonly forgive: () => Promise<void>;
  }> {
    const { pendingSignIns } = this.#options.accounts;
    const taken =
      secret === undefined ? undefined : await pendingSignIns.take(secret, query['state'] ?? '');
    const pending = Pending.safeParse(taken?.document);
    if (taken === undefined || !pending.success || pending.data.provider !== provider)
      throw new SealstreamError('SIGN_IN_REFUSED', { why: 'not-begun' });
    return { pending: pending.data, forgive: () => taken.forgive() };
  }

  async #letIn(
    { name: provider, sessionMs: lifeMs }: SignInProvider,
    { issuer, roles, subject }: OidcIdentity,
    { address, deviceLabel, requestId: request }: ReturningBrowser,
  ): Promise<{ readonly session: SessionTokens; readonly user: User }> {
    const { accounts, signIns } = this.#options;
    const about = { provider, subject, request };
    const user = await accounts.users.ofIdentity({ issuer, subject });
    if (user === undefined) {
      signIns.refused('oidc', 'unlinked', address, about);
      throw new SealstreamError('SIGN_IN_REFUSED', { why: 'unlinked' });
    }
    const proof = { issuer, subject, roles, lifeMs };
    try {
      const session = await accounts.sessions.startFor(user.name, { address, deviceLabel }, proof);
      return { session, user };
    } catch (error) {
      if (error instanceof SealstreamError && error.code === 'SIGN_IN_REFUSED')
        signIns.refused('oidc', 'refused', address, { ...about, account: user.name });
      throw error;
    }
  }

  /** Does a step, and tells the audit log when it fails: which provider, which code, which rule. */
  async #told<T>(
    provider: string,
    { address, requestId: request }: AskingBrowser,
    work: () => Promise<T>,
  ): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const why = error instanceof SealstreamError ? WHY[error.code] : undefined;
      if (!(error instanceof SealstreamError) || why === undefined) throw error;
      const { code, place } = error;
      const rule = place['reason'] ?? place['claim'] ?? place['why'];
      const broken = rule === undefined ? {} : { rule: String(rule) };
      const about = { provider, code, request, ...broken };
      this.#options.signIns.refused('oidc', why, address, about);
      throw error;
    }
  }
}

function queryText(query: Readonly<Record<string, string>>): string {
  return new URLSearchParams(query).toString();
}
