import type { SessionTokens } from '@sealstream/accounts';
import { parseCookie, stringifySetCookie } from 'cookie';

/** What a browser sends back. */
export interface SentCookies {
  readonly access?: string | undefined;
  readonly refresh?: string | undefined;
  readonly device?: string | undefined;
  /** Of a sign-in that is out at an identity provider's. */
  readonly pending?: string | undefined;
}

const DEVICE_SECONDS = 180 * 86_400;
/** As long as somebody may take at a provider. */
const PENDING_SECONDS = 600;
/** The only routes that see what renews a session and what tells a device. */
const SESSION_PATH = '/v1/session';

/**
 * The cookies of the console: no script reads them, no other site sends them, and over TLS no other
 * host or unencrypted page can have set them (RFC 6265bis, prefixes). One is sent with a link of another
 * site, since that is how somebody comes back from a provider; it alone lets nobody in.
 */
export class SessionCookies {
  readonly #isSecure: boolean;

  /** @param isSecure whether the service answers over TLS */
  constructor(isSecure: boolean) {
    this.#isSecure = isSecure;
  }

  read(header: string | undefined): SentCookies {
    if (header === undefined) return {};
    const sent = parseCookie(header);
    return {
      access: sent[this.#name('__Host-', 'sealstream')],
      refresh: sent[this.#name('__Secure-', 'sealstream-refresh')],
      device: sent[this.#name('__Secure-', 'sealstream-device')],
      pending: sent[this.#name('__Host-', 'sealstream-sign-in')],
    };
  }

  /** Set-Cookie headers of a session that began or was renewed. */
  of(tokens: SessionTokens, nowMs: number, device?: string): string[] {
    const left = (endMs: number) => Math.max(0, Math.floor((endMs - nowMs) / 1000));
    const cookies = [
      this.#access(tokens.access, left(tokens.accessExpiresMs)),
      this.#refresh(tokens.refresh, left(tokens.refreshExpiresMs)),
    ];
    return device === undefined ? cookies : [...cookies, this.#device(device)];
  }

  /** Set-Cookie headers that end a session; the device stays known. */
  ended(): string[] {
    return [this.#access('', 0), this.#refresh('', 0)];
  }

  /** Set-Cookie header of a sign-in that goes to a provider. */
  pending(secret: string): string {
    return this.#pending(secret, PENDING_SECONDS);
  }

  /** Set-Cookie header once it is back. */
  forgotten(): string {
    return this.#pending('', 0);
  }

  #pending(value: string, maxAge: number): string {
    const name = this.#name('__Host-', 'sealstream-sign-in');
    return this.#set(name, value, '/', maxAge, 'lax');
  }

  #access(value: string, maxAge: number): string {
    return this.#set(this.#name('__Host-', 'sealstream'), value, '/', maxAge);
  }

  #refresh(value: string, maxAge: number): string {
    const name = this.#name('__Secure-', 'sealstream-refresh');
    return this.#set(name, value, SESSION_PATH, maxAge);
  }

  #device(value: string): string {
    const name = this.#name('__Secure-', 'sealstream-device');
    return this.#set(name, value, SESSION_PATH, DEVICE_SECONDS);
  }

  /** Browsers take names with a prefix over TLS alone. */
  #name(prefix: '__Host-' | '__Secure-', name: string): string {
    return this.#isSecure ? `${prefix}${name}` : name;
  }

  #set(
    name: string,
    value: string,
    path: string,
    maxAge: number,
    sameSite: 'strict' | 'lax' = 'strict',
  ): string {
    const secure = this.#isSecure;
    return stringifySetCookie({
      name,
      value,
      path,
      maxAge,
      httpOnly: true,
      sameSite,
      secure,
    });
  }
}
