/** Types of names that RFC 4514 and OpenSSL write by a word; others have another form in each of them. */
const WORD = /^[A-Za-z][A-Za-z0-9-]*=/;

/**
 * The distinguished name that Node gives as lines in the certificate's order, in the form of RFC 4514: last
 * first, commas between. Node escapes values as RFC 2253 does, newlines among them, so a value can make
 * neither a line nor a part. As `openssl x509 -noout -subject -nameopt RFC2253,-esc_msb,utf8` prints it.
 * Undefined for a name with a type that has no word.
 */
export function distinguishedName(lines: string): string | undefined {
  const names = lines
    .split('\n')
    .map((line) => line.split(' + ').toReversed())
    .toReversed();
  if (!names.flat().every((part) => WORD.test(part))) return undefined;
  return names.map((parts) => parts.join('+')).join(',');
}

/**
 * The one URI among the alternative names that Node gives; undefined when there is none, or more than one:
 * an X.509-SVID has exactly one (SPIFFE, X.509-SVID 2). Names that need quotes are never an identity.
 */
export function onlyUri(alternativeNames: string | undefined): string | undefined {
  const [first, ...others] = (alternativeNames ?? '')
    .split(', ')
    .filter((name) => name.startsWith('URI:'));
  const uri = first?.slice('URI:'.length);
  return uri === undefined || others.length > 0 || uri.startsWith('"') ? undefined : uri;
}
