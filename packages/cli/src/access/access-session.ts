import { SealstreamError } from '@sealstream/contracts';
import { z } from 'zod';

import type { AccessPlace } from './access-place.ts';
import { jsonOf, problemError } from './access-problem.ts';
import { type PlainAnswer, sendPlain } from './access-request.ts';
import type { KeptSession, SessionFile } from './session-file.ts';

const SessionAnswer = z.object({
  account: z.string(),
  person: z.string(),
  roles: z.array(z.string()),
  expiresIn: z.number(),
  accessToken: z.string(),
  refreshToken: z.string(),
  deviceToken: z.string().optional(),
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;

/** A token that ends so soon is renewed before it is used: a request takes its time. */
const EARLY_MS = 15_000;

/** What a request is made with. */
export interface Credentials {
  /** Value of the header Authorization. */
  header(): Promise<string>;
  /** Another one after `refused` was not taken; undefined when there is none. */
  instead(refused: string): Promise<string | undefined>;
}

/** A key is what it is. */
export function keyCredentials(apiKey: string): Credentials {
  return { header: async () => `Bearer ${apiKey}`, instead: async () => undefined };
}

/**
 * The session that `sealstream login` left on this machine, renewed as it ends.
 *
 * Promises: a refresh token is used once, whichever commands run at the same time, since a second use
 * of it would end the session.
 */
export class SessionCredentials implements Credentials {
  readonly #place: AccessPlace;
  readonly #file: SessionFile;

  constructor(place: AccessPlace, file: SessionFile) {
    this.#place = place;
    this.#file = file;
  }

  /** @throws SealstreamError SIGN_IN_NEEDED, ACCESS_UNREACHABLE, SESSION_LOCKED, KEY_FILE_OPEN */
  async header(): Promise<string> {
    const kept = this.#file.read();
    if (kept === undefined) throw this.#signInNeeded();
    const isFresh = kept.accessEndsMs - Date.now() > EARLY_MS;
    return isFresh ? bearer(kept) : bearer(await this.#renewed(kept.accessToken));
  }

  async instead(refused: string): Promise<string | undefined> {
    return bearer(await this.#renewed(refused.slice('Bearer '.length)));
  }

  /** A session with another access token than the one that is over. */
  #renewed(over: string): Promise<KeptSession> {
    return this.#file.locked(async () => {
      const kept = this.#file.read();
      if (kept === undefined) throw this.#signInNeeded();
      // Another command was quicker.
      if (kept.accessToken !== over) return kept;
      const { refreshToken } = kept;
      const answer = await sendJson(this.#place, '/v1/session/refresh', { refreshToken });
      if (answer.status === 401) {
        this.#file.remove();
        throw this.#signInNeeded();
      }
      const session = keptOf(this.#place.origin, sessionOf(answer), kept.deviceToken);
      this.#file.write(session);
      return session;
    });
  }

  #signInNeeded(): SealstreamError {
    return new SealstreamError('SIGN_IN_NEEDED', { address: this.#place.origin });
  }
}

const bearer = ({ accessToken }: KeptSession) => `Bearer ${accessToken}`;

/**
 * Signs in, and keeps the session in the file; one that was kept there before is no longer.
 *
 * @throws SealstreamError SIGN_IN_REFUSED, TOO_MANY_REQUESTS, ACCESS_UNREACHABLE, ACCESS_ANSWER_UNKNOWN
 */
export function signIn(
  place: AccessPlace,
  file: SessionFile,
  by: { readonly name: string; readonly password: string; readonly device: string },
): Promise<SessionAnswer> {
  return file.locked(async () => {
    const before = file.read();
    const deviceToken = before?.account === by.name ? before.deviceToken : undefined;
    const known = deviceToken === undefined ? {} : { deviceToken };
    const session = sessionOf(await sendJson(place, '/v1/session', { ...by, ...known }));
    file.write(keptOf(place.origin, session, deviceToken));
    return session;
  });
}

function sendJson(place: AccessPlace, path: string, body: object): Promise<PlainAnswer> {
  return sendPlain(place, { method: 'POST', path, headers: {}, body: JSON.stringify(body) });
}

function sessionOf(answer: PlainAnswer): SessionAnswer {
  if (answer.status >= 300) throw problemError(answer);
  const read = SessionAnswer.safeParse(jsonOf(answer.text));
  if (read.success) return read.data;
  throw new SealstreamError('ACCESS_ANSWER_UNKNOWN', { status: answer.status });
}

function keptOf(
  origin: string,
  { accessToken, account, deviceToken, expiresIn, refreshToken }: SessionAnswer,
  deviceBefore: string | undefined,
): KeptSession {
  const device = deviceToken ?? deviceBefore;
  const accessEndsMs = Date.now() + expiresIn * 1000;
  const kept = { v: 1 as const, origin, account, accessToken, accessEndsMs, refreshToken };
  return device === undefined ? kept : { ...kept, deviceToken: device };
}
