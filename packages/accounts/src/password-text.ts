import { SealstreamError } from '@sealstream/contracts';

/** More than any person types, and what one hash may be given. */
export const PASSWORD_BYTES_MAX = 256;
const CHARACTERS_MIN = 12;
/** Below it is none of the rest: zxcvbn's scale of 0 to 4; 3 is 10^8 guesses. */
const STRENGTH_MIN = 3;
/**
 * Characters that are looked at for it. Its time rises steeply with their number, and nothing else is
 * answered meanwhile; what is strong so far is not weaker for more.
 */
const LOOKED_AT = 64;
/** A shorter name stands in too many words to mean anything. */
const NAME_IN_PASSWORD = 3;
const NOT_ASCII = 0x80;
const [SPACE, DELETE] = [0x20, 0x7f];
/** What RFC 8264's FreeformClass does not take: control characters, ignorable and unassigned ones. */
const NOT_TAKEN = /[\p{Cc}\p{Cn}\p{Default_Ignorable_Code_Point}]/u;

/**
 * A password as it is hashed: OpaqueString of RFC 8265, 4.2 (spaces of all kinds become U+0020, then
 * NFC; no letter changes its case). Undefined when it is none: empty, above 256 bytes, not UTF-8, or
 * with characters that the profile does not take. The caller zeroes both what it gave and the result.
 *
 * A password in ASCII is never made a string, which nothing could wipe.
 */
export function preparedPassword(given: Uint8Array): Uint8Array<ArrayBuffer> | undefined {
  if (given.length === 0 || given.length > PASSWORD_BYTES_MAX) return undefined;
  if (given.every((byte) => byte < NOT_ASCII)) {
    const isTaken = given.every((byte) => byte >= SPACE && byte !== DELETE);
    return isTaken ? copyOf(given) : undefined;
  }
  const text = decoded(given)
    ?.replaceAll(/\p{Zs}/gu, ' ')
    .normalize('NFC');
  if (text === undefined || NOT_TAKEN.test(text)) return undefined;
  const bytes = outsideHeap(Buffer.byteLength(text));
  new TextEncoder().encodeInto(text, bytes);
  if (bytes.length <= PASSWORD_BYTES_MAX) return bytes;
  bytes.fill(0);
  return undefined;
}

/**
 * Whether a new password will do (NIST SP 800-63B-4, 3.1.1.2: length, blocklist, no rules of
 * composition). Common passwords, patterns and repetitions are found by zxcvbn; the name is looked for.
 *
 * @throws SealstreamError PASSWORD_REFUSED with the rule that it broke, and nothing of it
 */
export async function requireGoodPassword(prepared: Uint8Array, name: string): Promise<void> {
  const text = new TextDecoder().decode(prepared);
  if (Array.from(text).length < CHARACTERS_MIN) throw refused('length');
  const folded = text.toLowerCase();
  const parts = [name, ...name.split(/[._@-]/)].filter(({ length }) => length >= NAME_IN_PASSWORD);
  if (parts.some((part) => folded.includes(part))) throw refused('name');
  const estimator = await strengthEstimator();
  const begin = Array.from(text).slice(0, LOOKED_AT).join('');
  if (estimator.check(begin, [...parts, 'sealstream']).score < STRENGTH_MIN)
    throw refused('guessable');
}

function refused(rule: 'length' | 'name' | 'guessable'): SealstreamError {
  return new SealstreamError('PASSWORD_REFUSED', { rule });
}

/** Loaded when a password is set: its lists are megabytes, and a sign-in needs none of them. */
async function strengthEstimator() {
  const { ZxcvbnFactory } = await import('@zxcvbn-ts/core');
  const { adjacencyGraphs, dictionary } = await import('@zxcvbn-ts/language-common');
  return new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs });
}

/** A copy that can be wiped: see outsideHeap. */
export function copyOf(password: Uint8Array): Uint8Array<ArrayBuffer> {
  const copy = outsideHeap(password.length);
  copy.set(password);
  return copy;
}

/**
 * Bytes in memory of their own. V8 keeps short arrays inside its heap, where a collection moves them, and
 * a transfer to a thread copies them, and in both cases what they held stays behind.
 */
function outsideHeap(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new ArrayBuffer(length));
}

/** Zeroes a password, unless it moved to another thread, which does that there. */
export function wipe(password: Uint8Array<ArrayBuffer>): void {
  if (!password.buffer.detached) password.fill(0);
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
