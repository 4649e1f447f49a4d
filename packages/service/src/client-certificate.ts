import type { X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { SealstreamError } from '@sealstream/contracts';
import { distinguishedName, onlyUri } from './certificate-names.ts';
import { ClientAuthorities } from './client-authorities.ts';
import { RevocationLists } from './revocation-lists.ts';

/** Whose certificate it is: by its one URI, or by issuer and subject together. Never by a common name. */
export type ClientCertificateRule = { readonly name: string } & (
  | {
      /** Exactly as in the certificate: `spiffe://example.com/loader`. */
      readonly uri: string;
    }
  | {
      /** Both in the form of RFC 4514: `CN=loader,O=Example`. */
      readonly issuer: string;
      readonly subject: string;
    }
);

export interface ClientCertificateOptions {
  readonly rules: readonly ClientCertificateRule[];
  /** The authorities (PEM) that clients' certificates and each other's are signed by, roots included. */
  readonly authorities: string;
  /**
   * Lists (PEM) of what every authority revoked; read again by itself when it changes. Without it a
   * certificate counts until its end.
   */
  readonly revocationFile?: string | undefined;
}

export interface ClientIdentity {
  /** Of the rule. */
  readonly name: string;
  /** Of the certificate, for the record: SHA-256 as pairs of hexadecimal digits. */
  readonly fingerprint: string;
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const SPIFFE = /^spiffe:\/\/[a-z0-9._-]+(\/[A-Za-z0-9._-]+)+$/;

const refused = (reason: string) => new SealstreamError('SIGN_IN_REFUSED', { reason });

const keyOf = (rule: ClientCertificateRule) =>
  'uri' in rule ? `uri ${rule.uri}` : `subject ${rule.issuer}\n${rule.subject}`;

/** Names by what stands in a certificate. */
function tableOf(rules: readonly ClientCertificateRule[]): ReadonlyMap<string, string> {
  const table = new Map<string, string>();
  for (const [index, rule] of rules.entries()) {
    const key = keyOf(rule);
    const {
      uri,
      issuer = '',
      subject = '',
    } = {
      uri: undefined,
      issuer: undefined,
      subject: undefined,
      ...rule,
    };
    let problem: string | undefined;
    if (rule.name === '') problem = 'has no name';
    else if (uri !== undefined && !SPIFFE.test(uri)) problem = 'its uri is no SPIFFE id';
    else if (uri === undefined && (!issuer.includes('=') || !subject.includes('=')))
      problem = 'needs a uri, or issuer and subject';
    else if (uri !== undefined && issuer + subject !== '') problem = 'has both, uri and subject';
    else if (table.has(key)) problem = 'is of the same certificates as another';
    if (problem !== undefined)
      throw new SealstreamError('CONFIG_INVALID', { clientCertificateRule: index + 1, problem });
    table.set(key, rule.name);
  }
  return table;
}

/** What a certificate must be, whoever it is of. */
function checkCertificate(certificate: X509Certificate, now: Date): void {
  // Precondition: the connection may be older than the end of its certificate.
  if (now < certificate.validFromDate || now > certificate.validToDate) throw refused('expired');
  if (certificate.ca) throw refused('an authority is no client');
  // Precondition: a server's certificate, or one without a stated use, is none of a client.
  if (!certificate.keyUsage?.includes(CLIENT_AUTH)) throw refused('not for clients');
}

/** Who a verified client certificate is of, by a table that is configured. Everybody else is refused. */
export class ClientCertificates {
  readonly #table: ReadonlyMap<string, string>;
  readonly #authorities: ClientAuthorities;
  readonly #revocations: RevocationLists | undefined;

  /** @throws SealstreamError CONFIG_INVALID when a rule or an authority does not hold */
  constructor({ authorities, revocationFile, rules }: ClientCertificateOptions) {
    this.#table = tableOf(rules);
    this.#authorities = new ClientAuthorities(authorities);
    if (revocationFile !== undefined)
      this.#revocations = new RevocationLists(revocationFile, this.#authorities.all);
  }

  /**
   * Who is at the other end. To be asked for each request: a connection may outlive its certificate, and
   * TLS that is resumed verifies nothing anew. The server must have verified the certificate as well
   * (`requestCert`, `ca`): constraints of authorities are its to check.
   *
   * @throws SealstreamError SIGN_IN_REFUSED naming the rule that was broken; REVOCATIONS_UNUSABLE when it
   *   cannot be told what was revoked
   */
  async identify(socket: TLSSocket): Promise<ClientIdentity> {
    if (!socket.authorized) throw refused('not verified');
    const certificate = socket.getPeerX509Certificate();
    if (certificate === undefined) throw refused('no certificate');
    const now = new Date();
    checkCertificate(certificate, now);
    const above = this.#authorities.above(certificate, now);
    await this.#revocations?.check(certificate, above, now);
    return { name: this.#nameOf(certificate), fingerprint: certificate.fingerprint256 };
  }

  #nameOf({ subjectAltName, issuer, subject }: X509Certificate): string {
    const uri = onlyUri(subjectAltName);
    const [by, of] = [distinguishedName(issuer), distinguishedName(subject)];
    const keys = [
      ...(uri === undefined ? [] : [keyOf({ name: '', uri })]),
      ...(by === undefined || of === undefined
        ? []
        : [keyOf({ name: '', issuer: by, subject: of })]),
    ];
    const names = new Set(keys.flatMap((key) => this.#table.get(key) ?? []));
    const [name, other] = names;
    if (name === undefined) throw refused('nobody of the table');
    if (other !== undefined) throw refused('two of the table');
    return name;
  }
}
