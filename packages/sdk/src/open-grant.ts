import { Grant, GRANT_TYP, type KeyResolver, SealstreamError } from '@sealstream/contracts';
import { GRANT_FORM, openWith, readPublicKey, type SubjectKeySource } from '@sealstream/crypto';
import { bytesOf } from './consumed-record.ts';
import { ConsumerSecret, type PrivateKey } from './consumer-secret.ts';
import { GrantReader } from './grant-reader.ts';
import { GrantedKeys } from './granted-keys.ts';
import { KeyMemory } from './key-memory.ts';
import { SubjectKeyCache } from './resolved-keys.ts';

export interface OpenGrantOptions {
  /** What `sealstream grants create` gave. */
  readonly grant: Uint8Array | string;
  /** Whose public half the grant was made for. */
  readonly privateKey: PrivateKey;
  /** signer.pub of whoever granted (PEM): a grant of somebody else is refused. */
  readonly signerPublicKey: Uint8Array | string;
  /** Gives keys of single persons; needed when a granted field is sealed under them. */
  readonly resolver?: KeyResolver | undefined;
}

/**
 * Opens a grant, once for many records.
 *
 * Throws GRANT_KEY_REFUSED, GRANT_UNREADABLE (another private key, or no grant), GRANT_BAD_SIGNATURE
 * (another signer), GRANT_EXPIRED, KEY_FILE_INVALID (no signer.pub), and USAGE when the grant needs a
 * resolver.
 */
export async function openGrant(options: OpenGrantOptions): Promise<GrantReader> {
  const secret = new ConsumerSecret(options.privateKey);
  const grant = await readGrant(options, secret);
  const memory = new KeyMemory();
  const subjects = subjectKeys(grant, memory, secret, options.resolver);
  try {
    const keys = new GrantedKeys(grant, memory, subjects);
    return new GrantReader(grant, keys, () => memory.end());
  } catch (error) {
    memory.end();
    throw error;
  }
}

async function readGrant(options: OpenGrantOptions, secret: ConsumerSecret): Promise<Grant> {
  const signer = readPublicKey(bytesOf(options.signerPublicKey) ?? Buffer.alloc(0));
  const sealed = (bytesOf(options.grant) ?? Buffer.alloc(0)).toString('latin1').trim();
  const bytes = await secret.open(sealed, GRANT_TYP);
  try {
    const signed = openWith(GRANT_FORM, 'grant', bytes, signer);
    signed.bytes.fill(0);
    const { expires, id } = signed.document;
    if (Date.parse(expires) > Date.now()) return signed.document;
    throw new SealstreamError('GRANT_EXPIRED', { grant: id, expires });
  } finally {
    bytes.fill(0);
  }
}

function subjectKeys(
  grant: Grant,
  memory: KeyMemory,
  secret: ConsumerSecret,
  resolver: KeyResolver | undefined,
): SubjectKeySource {
  const paths = grant.fields.filter(({ purpose }) => purpose === 'subject').map(({ path }) => path);
  if (resolver !== undefined) return new SubjectKeyCache({ grant, memory, secret, resolver });
  if (paths.length === 0) return new SubjectKeyCache({ grant, memory, secret, resolver: NOBODY });
  throw new SealstreamError(
    'USAGE',
    { grant: grant.id, fields: paths.join(',') },
    'These fields are sealed under keys of single persons: give openGrant a resolver.',
  );
}

/** Never asked: without fields under keys of persons nobody wants one. */
const NOBODY: KeyResolver = {
  resolve: () => Promise.reject(new SealstreamError('INTERNAL', { resolver: 'none' })),
};
