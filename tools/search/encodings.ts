/** The forms in which a value is searched for. */
export const ENCODINGS = [
  'plain',
  'json',
  'json-ascii',
  'json-twice',
  'base64-0',
  'base64-1',
  'base64-2',
  'base64url-0',
  'base64url-1',
  'base64url-2',
  'hex',
  'hex-upper',
  'utf16le',
  'utf16be',
] as const;
export type Encoding = (typeof ENCODINGS)[number];

const inner = (text: string) => JSON.stringify(text).slice(1, -1);

/** As writers do that escape all but ASCII. */
function escapedToAscii(text: string): string {
  return inner(text).replace(/[\u0080-\uffff]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/**
 * The characters of a base64 text that depend on the value alone when it stands `alignment` bytes
 * after a multiple of three: those at the edges mix in the neighbours' bits and are left out.
 */
function base64At(bytes: Buffer, alignment: number, encoding: 'base64' | 'base64url'): string {
  const text = Buffer.concat([Buffer.alloc(alignment), bytes]).toString(encoding);
  const first = Math.ceil((alignment * 8) / 6);
  const end = Math.floor(((alignment + bytes.length) * 8) / 6);
  return text.slice(first, end);
}

function utf16be(text: string): Buffer {
  return Buffer.from(text, 'utf16le').swap16();
}

/** The bytes of a value in one form; not unique: a form often equals another one. */
export function encoded(text: string, encoding: Encoding): Buffer {
  const bytes = Buffer.from(text);
  switch (encoding) {
    case 'plain':
      return bytes;
    case 'json':
      return Buffer.from(inner(text));
    case 'json-ascii':
      return Buffer.from(escapedToAscii(text));
    case 'json-twice':
      return Buffer.from(inner(inner(text)));
    case 'base64-0':
    case 'base64-1':
    case 'base64-2':
      return Buffer.from(base64At(bytes, Number(encoding.at(-1)), 'base64'));
    case 'base64url-0':
    case 'base64url-1':
    case 'base64url-2':
      return Buffer.from(base64At(bytes, Number(encoding.at(-1)), 'base64url'));
    case 'hex':
      return Buffer.from(bytes.toString('hex'));
    case 'hex-upper':
      return Buffer.from(bytes.toString('hex').toUpperCase());
    case 'utf16le':
      return Buffer.from(text, 'utf16le');
    case 'utf16be':
      return utf16be(text);
  }
}

/** The forms of a value that differ from each other. */
export function formsOf(text: string): { encoding: Encoding; bytes: Buffer }[] {
  const forms: { encoding: Encoding; bytes: Buffer }[] = [];
  for (const encoding of ENCODINGS) {
    const bytes = encoded(text, encoding);
    if (!forms.some((form) => form.bytes.equals(bytes))) forms.push({ encoding, bytes });
  }
  return forms;
}
