import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

import type { Accounts, ApiKey, Session, User } from '@sealstream/accounts';
import { SealstreamError } from '@sealstream/contracts';

import type { Caller } from './caller.ts';
import type { ClientCertificateFiles } from './client-certificate-files.ts';
import type { SessionCookies } from './session-cookies.ts';
import type { SignInWay, ToldSignIns } from './told-sign-ins.ts';

/** As much of a request as tells who sends it. */
export interface CallingRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
  readonly ip: string;
  /** The connection, on which the other end may have shown a certificate. */
  readonly socket: Socket;
}

export interface CallersOptions {
  readonly accounts: Pick<Accounts, 'apiKeys' | 'sessions' | 'signIn' | 'users'>;
  /** Undefined where nobody gets in with a certificate. */
  readonly certificates: Pick<ClientCertificateFiles, 'identify'> | undefined;
  readonly cookies: SessionCookies;
  readonly signIns: ToldSignIns;
}

/** A page of ours sets it; a page of others cannot without asking, and is never allowed. */
const CONSOLE_HEADER = 'x-sealstream-console';
const CREDENTIALS_CHARACTERS_MAX = 2048;

/**
 * Who asks, by what a request carries: `Authorization: Basic` or `Bearer`, the console's cookie, or the
 * certificate of its connection.
 *
 * Promises: exactly one of them counts, in that order: what a request says of itself goes before what goes
 * along with all of them. A cookie counts only where a page of ours sent it, a password only where no page
 * of others did, a certificate only where no page did; whether a name is known is told by neither answer
 * nor time.
 */
export class Callers {
  readonly #options: CallersOptions;

  constructor(options: CallersOptions) {
    this.#options = options;
  }

  /** @throws SealstreamError SIGN_IN_REFUSED, TOO_MANY_REQUESTS, REVOCATIONS_UNUSABLE, REDIS_* */
  async of(request: CallingRequest): Promise<Caller> {
    const { authorization } = request.headers;
    if (authorization !== undefined) return this.#byHeader(authorization, request);
    const { access } = this.#options.cookies.read(request.headers.cookie);
    if (access !== undefined) {
      requireOwnPage(request);
      return this.#bySession(access, request.ip);
    }
    const { certificates } = this.#options;
    const shown = certificates && shownOn(request.socket);
    if (certificates === undefined || shown === undefined)
      throw new SealstreamError('SIGN_IN_REFUSED');
    requireNoPage(request);
    return this.#byCertificate(certificates, shown, request.ip);
  }

  async #byHeader(
    authorization: string,
    { headers, ip: address }: Pick<CallingRequest, 'headers' | 'ip'>,
  ): Promise<Caller> {
    const [scheme = '', credentials = '', ...more] = authorization.split(' ');
    if (more.length > 0 || credentials.length > CREDENTIALS_CHARACTERS_MAX)
      throw new SealstreamError('SIGN_IN_REFUSED');
    switch (scheme.toLowerCase()) {
      case 'basic':
        // A browser that asked for it once sends it along with whatever any page makes it send.
        requireNotForeign(headers);
        return this.#byPassword(credentials, address);
      case 'bearer':
        return credentials.startsWith('ssk_')
          ? this.#byApiKey(credentials, address)
          : this.#bySession(credentials, address);
      default:
        throw new SealstreamError('SIGN_IN_REFUSED');
    }
  }

  /** RFC 7617, in UTF-8. */
  async #byPassword(credentials: string, address: string): Promise<Caller> {
    const bytes = Buffer.from(credentials, 'base64');
    const colon = bytes.indexOf(':');
    const name = bytes.toString('utf8', 0, Math.max(colon, 0));
    // The check zeroes what it is given.
    const password = Uint8Array.from(bytes.subarray(colon + 1));
    bytes.fill(0);
    if (colon < 0) throw new SealstreamError('SIGN_IN_REFUSED');
    const { signIn } = this.#options.accounts;
    const answer = await signIn.prove({ name, password, address });
    if (answer.kind !== 'proved') throw this.#refused('password', answer, address);
    return callerOf(answer.user, 'password');
  }

  async #byApiKey(text: string, address: string): Promise<Caller> {
    const verdict = await this.#options.accounts.apiKeys.verify(text);
    if (verdict.kind === 'valid') return keyCaller(verdict.key, verdict.owner);
    const { key, why: rule } = verdict;
    // Who looks for a key that was stolen asks which it is, and whether it still held.
    const about = key === undefined ? { rule } : { rule, account: key.owner, apiKey: key.id };
    this.#options.signIns.refused('api-key', 'refused', address, about);
    throw new SealstreamError('SIGN_IN_REFUSED');
  }

  async #bySession(token: string, address: string): Promise<Caller> {
    const checked = await this.#options.accounts.sessions.check(token);
    if (checked.kind === 'valid') return callerOf(checked.user, 'session', checked.session);
    // Sessions end by themselves, which is no news; a token that never was one is.
    if (checked.session === undefined) this.#options.signIns.refused('session', 'refused', address);
    throw new SealstreamError('SIGN_IN_REFUSED');
  }

  async #byCertificate(
    certificates: Pick<ClientCertificateFiles, 'identify'>,
    { certificate, socket }: ShownCertificate,
    address: string,
  ): Promise<Caller> {
    const { accounts, signIns } = this.#options;
    const refuse = (reason: string, account?: string) =>
      signIns.certificateRefused(address, { reason, certificate, account });
    let account: string;
    try {
      ({ name: account } = await certificates.identify(socket));
    } catch (error) {
      refuse(reasonOf(error));
      throw forCaller(error);
    }
    const user = await accounts.users.find(account);
    if (user !== undefined && !user.disabled)
      return { ...callerOf(user, 'password'), by: 'certificate', certificate };
    refuse(user === undefined ? 'no such account' : 'the account is disabled', account);
    throw new SealstreamError('SIGN_IN_REFUSED', { reason: NOBODY });
  }

  #refused(
    by: SignInWay,
    answer: { readonly kind: 'refused' | 'shed' | 'throttled'; readonly retryAfterMs?: number },
    address: string,
  ): SealstreamError {
    this.#options.signIns.refused(by, answer.kind, address);
    return signInError(answer);
  }
}

interface ShownCertificate {
  readonly socket: TLSSocket;
  /** SHA-256 in hex. */
  readonly certificate: string;
}

/** What the other end of a connection shows; nothing is verified here. */
function shownOn(socket: Socket): ShownCertificate | undefined {
  if (!(socket instanceof TLSSocket)) return undefined;
  const fingerprint = socket.getPeerX509Certificate()?.fingerprint256;
  if (fingerprint === undefined) return undefined;
  return { socket, certificate: fingerprint.replaceAll(':', '').toLowerCase() };
}

/** Whoever holds a key is told what is wrong with its certificate, and nothing of rules and accounts. */
const NOBODY = 'of nobody who may get in';
const OF_RULES = new Set(['nobody of the table', 'two of the table']);

function reasonOf(error: unknown): string {
  const reason = error instanceof SealstreamError ? error.place['reason'] : undefined;
  return typeof reason === 'string' ? reason : 'unknown';
}

function forCaller(error: unknown): unknown {
  if (!OF_RULES.has(reasonOf(error))) return error;
  return new SealstreamError('SIGN_IN_REFUSED', { reason: NOBODY });
}

/** What the caller is told: how long to wait, or that it did not work, and nothing more. */
export function signInError(answer: {
  readonly kind: 'refused' | 'shed' | 'throttled';
  readonly retryAfterMs?: number;
}): SealstreamError {
  if (answer.kind === 'refused') return new SealstreamError('SIGN_IN_REFUSED');
  const retryAfterSeconds = Math.max(1, Math.ceil((answer.retryAfterMs ?? 0) / 1000));
  return new SealstreamError('TOO_MANY_REQUESTS', { retryAfterSeconds });
}

/**
 * A cookie goes along with whatever a browser is made to send, so it counts only with a header that no
 * form and no link can set, and never from a page of another origin (OWASP, CSRF prevention).
 *
 * @throws SealstreamError SIGN_IN_REFUSED
 */
export function requireOwnPage({
  headers,
  method,
}: Pick<CallingRequest, 'headers' | 'method'>): void {
  requireNotForeign(headers);
  const isSafe = method === 'GET' || method === 'HEAD';
  if (isSafe || isConsole(headers)) return;
  throw notOwnPage();
}

/** @throws SealstreamError SIGN_IN_REFUSED where a page of another origin has a browser ask */
function requireNotForeign(headers: IncomingHttpHeaders): void {
  const site = headers['sec-fetch-site'];
  const isForeign = site !== undefined && site !== 'same-origin' && site !== 'none';
  if (isForeign || !isOwnOrigin(headers)) throw notOwnPage();
}

function notOwnPage(): SealstreamError {
  return new SealstreamError('SIGN_IN_REFUSED', { why: 'not from a page of ours' });
}

/**
 * A browser shows a certificate that is installed in it along with whatever a page makes it send. Programs
 * are no pages; and on a page of ours whoever signs in, or out, is who acts, and nobody else.
 *
 * @throws SealstreamError SIGN_IN_REFUSED
 */
function requireNoPage({ headers }: Pick<CallingRequest, 'headers'>): void {
  if (!isPage(headers) && headers.origin === undefined) return;
  throw new SealstreamError('SIGN_IN_REFUSED', { why: 'a certificate is not for pages' });
}

function isOwnOrigin({ host, origin }: IncomingHttpHeaders): boolean {
  if (origin === undefined) return true;
  return URL.canParse(origin) && new URL(origin).host === host;
}

/** Whether a page of ours asks, which keeps its tokens in cookies. */
export function isConsole(headers: IncomingHttpHeaders): boolean {
  return headers[CONSOLE_HEADER] === '1';
}

/** Whether a page asks, and not a program or whoever typed the address: a browser says so. */
export function isPage(headers: IncomingHttpHeaders): boolean {
  const site = headers['sec-fetch-site'];
  return (site !== undefined && site !== 'none') || isConsole(headers);
}

function callerOf(user: User, by: 'password' | 'session', session?: Session): Caller {
  const roles = rolesOf(user, session);
  // Who came by a provider used no password that somebody else knows.
  const isTemporary = user.passwordBy !== undefined && session?.identity === undefined;
  const temporary = isTemporary ? { needsOwnPassword: true as const } : {};
  const caller: Caller = { person: user.person, account: user.name, by, roles, ...temporary };
  return session === undefined ? caller : { ...caller, session: session.id };
}

/** The account's own roles, and those that a provider gave for this one session. */
export function rolesOf(user: User, session?: Session): string[] {
  const own = user.roles.map(({ role }) => role);
  return [...new Set([...own, ...(session?.identity?.roles ?? [])])];
}

function keyCaller({ id, scopes }: ApiKey, owner: User): Caller {
  return { ...callerOf(owner, 'password'), by: 'api-key', keyId: id, scopes };
}
