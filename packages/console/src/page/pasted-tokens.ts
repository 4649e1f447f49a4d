/** A token as it is asked for, with the headers of its record where the field is bound to them. */
export interface PastedToken {
  readonly token: string;
  readonly source?: string;
  readonly subject?: string;
}

/** What the service takes at once. */
export const TOKENS_MAX = 1000;
const HEADER = /^(source|subject)=([A-Za-z0-9+/]{22}==)$/;

/** Why lines cannot be sent: the first line at fault, and in words. */
export interface PasteFault {
  readonly line: number;
  readonly fault: string;
}

/**
 * The tokens of a text, one a line; empty lines do not count. After a token may stand
 * `source=BASE64` and `subject=BASE64`, the record's own headers.
 */
export function pastedTokens(text: string): readonly PastedToken[] | PasteFault {
  const tokens: PastedToken[] = [];
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [token, ...words] = line.trim().split(/\s+/);
    if (token === undefined || token === '') continue;
    const headers: Record<string, string> = {};
    for (const word of words) {
      const [, name, value] = HEADER.exec(word) ?? [];
      if (name === undefined || value === undefined)
        return {
          line: index + 1,
          fault: 'after the token only source= and subject= with 16 bytes in base64 may stand',
        };
      headers[name] = value;
    }
    if (tokens.length === TOKENS_MAX)
      return { line: index + 1, fault: `at most ${TOKENS_MAX} tokens go at once` };
    tokens.push({ token, ...headers });
  }
  return tokens.length === 0 ? { line: 1, fault: 'paste at least one token' } : tokens;
}
