import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

const NUMBER_BYTES = 16;
const FORM = /^sdc_([\w-]{22})_(\d{1,15})_([\w-]{43})$/;

/** Cookies of devices that signed in before (OWASP, device cookies), each for one name. */
export class DeviceCookies {
  readonly #secret: Buffer;
  readonly #lifeMs: number;

  constructor(secret: Buffer, lifeMs: number) {
    this.#secret = secret;
    this.#lifeMs = lifeMs;
  }

  /** A cookie under a new number, given at success. It says nothing of the name, and opens nothing. */
  issue(name: string, nowMs: number): string {
    const number = randomBytes(NUMBER_BYTES).toString('base64url');
    return `sdc_${number}_${nowMs}_${this.#mac(number, nowMs, name).toString('base64url')}`;
  }

  /** The device's number, when the cookie is ours, of this name, and not too old. */
  numberOf(cookie: string, name: string, nowMs: number): string | undefined {
    const [, number = '', issued = '', mac = ''] = FORM.exec(cookie) ?? [];
    if (number === '') return undefined;
    const issuedMs = Number(issued);
    const own = this.#mac(number, issuedMs, name);
    const given = Buffer.from(mac, 'base64url');
    if (given.length !== own.length || !timingSafeEqual(given, own)) return undefined;
    return issuedMs + this.#lifeMs > nowMs ? number : undefined;
  }

  #mac(number: string, issuedMs: number, name: string): Buffer {
    const text = JSON.stringify([number, issuedMs, name]);
    return createHmac('sha256', this.#secret).update(text).digest();
  }
}
