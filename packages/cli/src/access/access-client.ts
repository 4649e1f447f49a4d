import { randomUUID } from 'node:crypto';

import { SealstreamError } from '@sealstream/contracts';
import type { z } from 'zod';

import { CLI_SETTINGS } from '../cli-settings.ts';
import type { Context } from '../context.ts';
import { type AccessPlace, accessPlaceOf } from './access-place.ts';
import { jsonOf, problemError } from './access-problem.ts';
import { type PlainAnswer, type PlainRequest, sendPlain, wasCut } from './access-request.ts';
import { type Credentials, keyCredentials, SessionCredentials } from './access-session.ts';
import { SessionFile } from './session-file.ts';

/** One request of a command, and the form of its answer. */
export interface AccessCall<S extends z.ZodType> {
  readonly method: PlainRequest['method'];
  /** Made with `route`, so that no name leaves its place. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: object;
  /** Which version was looked at; `*` for whatever it is now. */
  readonly version?: number | '*';
  /** It gives plaintext, each time told and counted: it is never sent again by itself. */
  readonly givesPlaintext?: true;
  readonly answer: S;
}

/** Times that a request is sent again whose answer was lost. */
const REPEATS = 2;

/** A path with names in it: `route`/v1/users/${name}``. */
export function route(parts: TemplateStringsArray, ...names: readonly string[]): string {
  return String.raw({ raw: parts }, ...names.map(encodeURIComponent));
}

/**
 * Asks the service access as the caller.
 *
 * Promises: what it says no to is thrown with its code, its hint and the id of the request; a token that
 * is over is renewed once; a request whose connection is cut is sent again under the same
 * Idempotency-Key, so it is done once.
 */
export class AccessClient {
  readonly #place: AccessPlace;
  readonly #credentials: Credentials;
  readonly #approval: string | undefined;

  constructor(place: AccessPlace, credentials: Credentials, approval?: string) {
    this.#place = place;
    this.#credentials = credentials;
    this.#approval = approval;
  }

  /**
   * @throws SealstreamError what the service says; ACCESS_UNREACHABLE, ACCESS_ANSWER_UNKNOWN,
   *   SIGN_IN_NEEDED, SESSION_LOCKED
   */
  async ask<S extends z.ZodType>(call: AccessCall<S>): Promise<z.output<S>> {
    const request = this.#requestOf(call);
    const header = await this.#credentials.header();
    const repeats = call.givesPlaintext === true ? 0 : REPEATS;
    let answer = await this.#sent(request, header, repeats);
    if (answer.status === 401) {
      const other = await this.#credentials.instead(header);
      if (other !== undefined) answer = await this.#sent(request, other, repeats);
    }
    if (answer.status >= 300) throw problemError(answer);
    const read = call.answer.safeParse(answer.text === '' ? null : jsonOf(answer.text));
    if (read.success) return read.data;
    throw new SealstreamError('ACCESS_ANSWER_UNKNOWN', { status: answer.status });
  }

  #requestOf({ body, method, path, query = {}, version }: AccessCall<z.ZodType>): PlainRequest {
    const asked = Object.entries(query).flatMap(([name, value]): [string, string][] =>
      value === undefined ? [] : [[name, String(value)]],
    );
    const text = new URLSearchParams(asked).toString();
    const writes = method !== 'GET';
    return {
      method,
      path: text === '' ? path : `${path}?${text}`,
      headers: {
        accept: 'application/json',
        ...(writes ? { 'idempotency-key': randomUUID() } : {}),
        ...(writes && this.#approval !== undefined
          ? { 'x-sealstream-approval': this.#approval }
          : {}),
        ...(version === undefined ? {} : { 'if-match': version === '*' ? '*' : `"${version}"` }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    };
  }

  async #sent(request: PlainRequest, authorization: string, repeats: number): Promise<PlainAnswer> {
    const whole = { ...request, headers: { ...request.headers, authorization } };
    for (let left = repeats; ; left -= 1)
      try {
        return await sendPlain(this.#place, whole);
      } catch (error) {
        if (left === 0 || !wasCut(error)) throw error;
      }
  }
}

/** @throws SealstreamError SERVER_MISSING when the settings name no access, CONFIG_INVALID */
export function neededPlace(context: Context): AccessPlace {
  const place = accessPlaceOf(context.config());
  if (place !== undefined) return place;
  const { env } = CLI_SETTINGS.accessUrl;
  throw new SealstreamError(
    'SERVER_MISSING',
    { setting: env },
    `Set ${env}=https://HOST:PORT to your service access.`,
  );
}

/** Where the session of this access is kept. */
export function sessionFileOf(context: Context, { origin }: AccessPlace): SessionFile {
  return new SessionFile(context.config().stateHome, origin);
}

/**
 * A client for whoever runs the command: by its API key, else by the session of `sealstream login`.
 *
 * @throws SealstreamError SERVER_MISSING, CONFIG_INVALID
 */
export function accessClient(context: Context, approval?: string): AccessClient {
  const place = neededPlace(context);
  const { accessApiKey } = context.config();
  const credentials =
    accessApiKey === undefined
      ? new SessionCredentials(place, sessionFileOf(context, place))
      : keyCredentials(accessApiKey.reveal());
  return new AccessClient(place, credentials, approval);
}
