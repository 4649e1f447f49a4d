/**
 * certificates: a development authority, what it signs for servers and clients, and what a certificate
 * says.
 *
 * Promises: keys are EC P-256 and made anew each time; a server's certificate names hosts and serves
 * no client, a client's the other way round; an authority signs no other authority; nothing is read
 * from or written to a disk, and no message holds a byte of a key.
 */
export { type Authority, createAuthority } from './authority.ts';
export { type CertificateFacts, certificateFacts } from './certificate-facts.ts';
export { type CertificateRequest, issueCertificate } from './issued-certificate.ts';
export { type CertificatePair, fitsKey, type Validity } from './certificate-pair.ts';
