import { createHash, randomBytes } from 'node:crypto';
import {
  createServer as createHttpServer,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import { text } from 'node:stream/consumers';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';

export const CLIENT_ID = 'access';
export const CLIENT_SECRET = 'a secret: with %, + and ü';
export const REDIRECT_URI = 'https://access.example.com/sign-in/one';

/** A key pair of the provider's, or of somebody who would like to be it. */
export interface SigningKey {
  readonly algorithm: string;
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly jwk: JWK;
}

export async function signingKey(algorithm: string, kid: string): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm, { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { algorithm, privateKey, publicKey, jwk };
}

export function signed(
  claims: JWTPayload,
  key: SigningKey,
  header: Record<string, unknown> = {},
): Promise<string> {
  return new SignJWT(claims)
    .setProtectedHeader({ alg: key.algorithm, kid: key.jwk.kid ?? '', ...header })
    .sign(key.privateKey);
}

/** Its first key by algorithm: RSA keys take long to make, and each test has a provider of its own. */
const firstKeys = new Map<string, Promise<SigningKey>>();

function firstKey(algorithm: string): Promise<SigningKey> {
  const known = firstKeys.get(algorithm) ?? signingKey(algorithm, 'key-1');
  firstKeys.set(algorithm, known);
  return known;
}

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** What was asked for when the browser came. */
interface Asked {
  readonly nonce: string;
  readonly challenge: string;
  readonly redirectUri: string;
}

export function json(body: object, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(body));
  };
}

/**
 * An OpenID provider of our own on 127.0.0.1. It is an honest one, which checks client, code, redirect
 * URI and PKCE as it should, until a test changes a part of it.
 */
export class HostileProvider {
  readonly issuer: string;
  key: SigningKey;
  /** What its key set holds; its key when undefined. */
  keys: readonly JWK[] | undefined;
  /** Changes its discovery document. */
  discovery: (honest: Record<string, unknown>) => object = (honest) => honest;
  /** Changes the claims of the ID token. */
  claims: (honest: JWTPayload) => JWTPayload = (honest) => honest;
  /** Makes the ID token. */
  sign: (claims: JWTPayload) => string | Promise<string> = (claims) => signed(claims, this.key);
  /** Changes the query that the browser comes back with. */
  answer: (honest: URLSearchParams) => URLSearchParams = (honest) => honest;
  /** Changes what the token endpoint answers. */
  tokens: (honest: Record<string, unknown>) => object = (honest) => honest;
  /** Answers a path in another way. */
  readonly instead = new Map<string, Answer>();
  /** Paths that were asked for. */
  readonly asked: string[] = [];
  /** ID tokens and codes that it gave out. */
  readonly given: string[] = [];
  readonly #codes = new Map<string, Asked>();
  readonly #close: () => Promise<void>;

  private constructor(issuer: string, key: SigningKey, close: () => Promise<void>) {
    this.issuer = issuer;
    this.key = key;
    this.#close = close;
  }

  static async start(
    algorithm = 'RS256',
    tls?: { readonly key: string; readonly cert: string },
  ): Promise<HostileProvider> {
    const listener: Answer = (request, response) => void provider.#serve(request, response);
    const server =
      tls === undefined ? createHttpServer(listener) : createHttpsServer(tls, listener);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('a server without a port');
    const issuer = `${tls === undefined ? 'http' : 'https'}://127.0.0.1:${address.port}/tenant`;
    const close = () =>
      new Promise<void>((done) => {
        server.close(() => done());
        server.closeAllConnections();
      });
    const provider = new HostileProvider(issuer, await firstKey(algorithm), close);
    return provider;
  }

  close(): Promise<void> {
    return this.#close();
  }

  /** How often a path was asked for. */
  times(path: string): number {
    return this.asked.filter((one) => one === path).length;
  }

  /** What a browser does: goes there, signs in, and comes back to the address given. */
  visit(address: string): string {
    const { origin, pathname, searchParams } = new URL(address);
    const get = (name: string) => searchParams.get(name) ?? '';
    if (`${origin}${pathname}` !== `${this.issuer}/authorize`) throw new Error('another address');
    if (get('response_type') !== 'code' || get('client_id') !== CLIENT_ID)
      throw new Error('refused');
    if (get('code_challenge_method') !== 'S256') throw new Error('without PKCE');
    if (!get('scope').split(' ').includes('openid')) throw new Error('without openid');
    const code = randomBytes(24).toString('base64url');
    const redirectUri = get('redirect_uri');
    this.#codes.set(code, { nonce: get('nonce'), challenge: get('code_challenge'), redirectUri });
    this.given.push(code);
    const honest = new URLSearchParams({ code, state: get('state'), iss: this.issuer });
    return `${redirectUri}?${this.answer(honest).toString()}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? '').slice('/tenant'.length);
    this.asked.push(path);
    const instead = this.instead.get(path);
    if (instead !== undefined) return instead(request, response);
    if (path === '/.well-known/openid-configuration')
      return json(this.discovery(this.#document()))(request, response);
    if (path === '/keys') return json({ keys: this.keys ?? [this.key.jwk] })(request, response);
    if (path === '/token') return this.#token(request, response);
    return json({}, 404)(request, response);
  }

  #document(): Record<string, unknown> {
    return {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/keys`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['RS256', 'none', 'HS256'],
      code_challenge_methods_supported: ['S256'],
      authorization_response_iss_parameter_supported: true,
    };
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const form = new URLSearchParams(await text(request));
    const form1 = (word: string) => new URLSearchParams({ word }).toString().slice('word='.length);
    const pair = `${form1(CLIENT_ID)}:${form1(CLIENT_SECRET)}`;
    const basic = `Basic ${Buffer.from(pair).toString('base64')}`;
    if (request.headers.authorization !== basic)
      return json({ error: 'invalid_client' }, 400)(request, response);
    const code = form.get('code') ?? '';
    const asked = this.#codes.get(code);
    this.#codes.delete(code);
    const verifier = form.get('code_verifier') ?? '';
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    const holds = asked?.challenge === challenge && asked.redirectUri === form.get('redirect_uri');
    if (!holds) return json({ error: 'invalid_grant' }, 400)(request, response);
    const now = Math.floor(Date.now() / 1000);
    const honest = {
      iss: this.issuer,
      aud: CLIENT_ID,
      sub: 'user-1',
      nonce: asked.nonce,
      iat: now,
      exp: now + 300,
      preferred_username: 'ana',
      realm_access: { roles: ['reader', 'unknown'] },
    };
    const idToken = await this.sign(this.claims(honest));
    this.given.push(idToken);
    const tokens = { access_token: 'x', token_type: 'Bearer', id_token: idToken };
    return json(this.tokens(tokens))(request, response);
  }
}
