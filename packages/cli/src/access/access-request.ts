import { type ClientRequest, type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

import { SealstreamError } from '@sealstream/contracts';

import { CLI_SETTINGS } from '../cli-settings.ts';
import type { AccessPlace } from './access-place.ts';

/** One request as it goes over the wire. */
export interface PlainRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** With the query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | undefined;
}

export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
}

/** No answer is as large; what is larger is not read to its end. */
const ANSWER_BYTES_MAX = 64 * 1024 * 1024;

const CUT = new WeakSet<Error>();

/** Whether the connection was cut after the request was sent: it may have been done. */
export function wasCut(error: unknown): boolean {
  return error instanceof Error && CUT.has(error);
}

/**
 * Sends one request, and reads its answer. No redirect is followed: a token goes to this address alone.
 *
 * @throws SealstreamError ACCESS_UNREACHABLE, and ACCESS_ANSWER_UNKNOWN for more than 64 MiB
 */
export async function sendPlain(place: AccessPlace, request: PlainRequest): Promise<PlainAnswer> {
  const { answerMs, ca, connectMs, origin } = place;
  const { body, headers, method, path } = request;
  const ask = origin.startsWith('https:') ? httpsRequest : httpRequest;
  let isSent = false;
  const late = new AbortController();
  const connecting = setTimeout(() => late.abort(), connectMs);
  let answering: NodeJS.Timeout | undefined;
  try {
    const sent = ask(`${origin}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : lengthOf(body)) },
      signal: late.signal,
      // One request, one connection: a command is short, and none is left open to end it late.
      agent: false,
      ...(ca === undefined ? {} : { ca }),
    });
    onConnected(sent, origin, () => {
      isSent = true;
      clearTimeout(connecting);
      answering = setTimeout(() => late.abort(), answerMs);
    });
    return await answerOf(sent, body);
  } catch (error) {
    throw error instanceof SealstreamError ? error : awayError(error, origin, isSent);
  } finally {
    clearTimeout(connecting);
    clearTimeout(answering);
  }
}

function lengthOf(body: string): Record<string, string> {
  return {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
  };
}

/** Calls once the other end is who it should be: with TLS its certificate was accepted. */
function onConnected(sent: ClientRequest, origin: string, connected: () => void): void {
  const event = origin.startsWith('https:') ? 'secureConnect' : 'connect';
  sent.once('socket', (socket: Socket) => socket.once(event, connected));
}

async function answerOf(sent: ClientRequest, body: string | undefined): Promise<PlainAnswer> {
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    sent.once('response', resolve).once('error', reject);
  });
  sent.end(body);
  const answer = await answered;
  const parts: Buffer[] = [];
  let sizeBytes = 0;
  for await (const part of answer as AsyncIterable<Buffer>) {
    parts.push(part);
    sizeBytes += part.length;
    if (sizeBytes > ANSWER_BYTES_MAX)
      throw new SealstreamError('ACCESS_ANSWER_UNKNOWN', { bytesMax: ANSWER_BYTES_MAX });
  }
  return { status: answer.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') };
}

/** Words of Node for what speaks TLS where HTTP is asked for, or the other way round. */
const OTHER_PROTOCOL =
  /^(EPROTO|HPE_\w+|ERR_SSL_WRONG_VERSION_NUMBER|ERR_SSL_PACKET_LENGTH_TOO_LONG)$/;
/** Words of Node for a certificate that is not believed. */
const UNTRUSTED = /CERT|SELF_SIGNED|UNABLE_TO|ALTNAME/;

function awayError(error: unknown, address: string, isSent: boolean): SealstreamError {
  const { code, name } = error as NodeJS.ErrnoException;
  const isLate = name === 'AbortError';
  const why = isLate ? 'no answer in time' : (code ?? 'failed');
  const away = new SealstreamError('ACCESS_UNREACHABLE', { address, why }, hintOf(why, isSent));
  if (isSent && !isLate) CUT.add(away);
  return away;
}

function hintOf(why: string, isSent: boolean): string | undefined {
  if (OTHER_PROTOCOL.test(why))
    return 'What answers there speaks no TLS to https://, or no HTTP to http://: mend SEALSTREAM_ACCESS_URL.';
  if (isSent)
    return 'The answer was lost: whether it was done is not known. Look before you run it again.';
  if (!UNTRUSTED.test(why)) return undefined;
  const { env } = CLI_SETTINGS.accessCaFile;
  return `Its certificate is not trusted: name its authority in ${env}, and check the address.`;
}
