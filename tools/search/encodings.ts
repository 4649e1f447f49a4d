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

type Form = (text: string, bytes: Buffer) => Buffer | string;

const base64 = (alignment: number): Form => {
  return (_, bytes) => base64At(bytes, alignment, 'base64');
};
const base64url = (alignment: number): Form => {
  return (_, bytes) => base64At(bytes, alignment, 'base64url');
};

const FORMS: Readonly<Record<Encoding, Form>> = {
  plain: (_, bytes) => bytes,
  json: inner,
  'json-ascii': escapedToAscii,
  'json-twice': (text) => inner(inner(text)),
  'base64-0': base64(0),
  'base64-1': base64(1),
  'base64-2': base64(2),
  'base64url-0': base64url(0),
  'base64url-1': base64url(1),
  'base64url-2': base64url(2),
  hex: (_, bytes) => bytes.toString('hex'),
  'hex-upper': (_, bytes) => bytes.toString('hex').toUpperCase(),
  utf16le: (text) => Buffer.from(text, 'utf16le'),
  utf16be: (text) => Buffer.from(text, 'utf16le').swap16(),
};

/** The bytes of a value in one form; not unique: a form often equals another one. */
export function encoded(text: string, encoding: Encoding): Buffer {
  const form = FORMS[encoding](text, Buffer.from(text));
  return typeof form === 'string' ? Buffer.from(form) : form;
}

/** Anything that a JSON writer may escape. */
const ESCAPED = /["\\]|[^ -~]/;

/** The form that another one may be equal to. */
const SIMPLER: Partial<Record<Encoding, Encoding>> = {
  'base64url-0': 'base64-0',
  'base64url-1': 'base64-1',
  'base64url-2': 'base64-2',
  'hex-upper': 'hex',
};

/** The forms of a value; those that would be equal to another one are left out where it is cheap. */
export function formsOf(text: string): { encoding: Encoding; bytes: Buffer }[] {
  const isPlain = !ESCAPED.test(text);
  const forms = new Map<Encoding, Buffer>();
  for (const encoding of ENCODINGS) {
    if (isPlain && encoding.startsWith('json')) continue;
    const bytes = encoded(text, encoding);
    const simpler = SIMPLER[encoding];
    if (simpler === undefined || forms.get(simpler)?.equals(bytes) !== true)
      forms.set(encoding, bytes);
  }
  return [...forms].map(([encoding, bytes]) => ({ encoding, bytes }));
}
