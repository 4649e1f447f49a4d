/** The contents (DER) of the blocks of a PEM text (RFC 7468) that have that label. */
export function pemBlocks(text: string, label: string): Buffer[] {
  const form = new RegExp(`-----BEGIN ${label}-----([^-]+)-----END ${label}-----`, 'g');
  return Array.from(text.matchAll(form), ([, body = '']) => Buffer.from(body, 'base64'));
}
