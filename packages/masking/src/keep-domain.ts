import type { MaskAction } from './transform.ts';

const AT = 0x40;
const DOT = 0x2e;
const HIDDEN = 0x58;
/** Labels of domain names, those beyond ASCII too (RFC 5890), and the dots between them. */
const DOMAIN = /^[\p{L}\p{N}\p{M}.-]+$/u;
/** RFC 5321 4.5.3.1: 64 bytes before the at sign, 255 behind it. */
const LONGEST = 320;

/** Where the at sign stands of an address that `keepDomain` treats, in bytes [from, to); −1 in others. */
export function domainFrom(text: Buffer, from: number, to: number): number {
  if (to - from > LONGEST) return -1;
  let at = to - 1;
  while (at > from && text[at] !== AT) at--;
  const dot = text.indexOf(DOT, at + 1);
  if (at <= from || dot <= at + 1 || dot >= to - 1) return -1;
  return DOMAIN.test(text.toString('utf8', at + 1, to)) ? at : -1;
}

/**
 * `keepDomain`: an e-mail address becomes `X@` and its domain. A text without a part before its last
 * at sign and a domain of two labels behind it, and nothing but that, is unfit.
 */
export function keepDomainAction(): MaskAction {
  return {
    does: 'rewrite',
    output: 'text',
    rewrite: (text, from, to, out) => {
      const at = domainFrom(text, from, to);
      if (at < 0) return false;
      out.byte(HIDDEN);
      out.copy(text, at, to);
      return true;
    },
  };
}
