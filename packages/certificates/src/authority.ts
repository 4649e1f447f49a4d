import type { CertificatePair, Validity } from './certificate-pair.ts';
import { loadLibrary, newKeys, signed } from './signing-library.ts';

/** Who signs: its certificate is what others trust. */
export type Authority = CertificatePair;

/**
 * An authority of one's own, for development and tests: it signs itself, signs certificates of servers
 * and clients, and no further authority.
 */
export async function createAuthority(name: string, validity: Validity): Promise<Authority> {
  const library = await loadLibrary();
  const { BasicConstraintsExtension, KeyUsageFlags, KeyUsagesExtension } = library;
  return signed(library, await newKeys(), {
    name,
    validity,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
    ],
  });
}
