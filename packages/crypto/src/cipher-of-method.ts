import { SealstreamError } from '@sealstream/contracts';
import { TOKEN_SUITES } from './aead-suite.ts';
import { FernetCipher } from './fernet-cipher.ts';
import type { FieldCipher } from './field-cipher.ts';
import { JweCipher } from './jwe-cipher.ts';
import { type NonceSource, randomNonces } from './nonce-source.ts';
import { DEFAULT_SEAL, type SealMethod } from './seal-method.ts';
import { TokenCipher } from './token-cipher.ts';

/**
 * The cipher of a field.
 *
 * @param dataset the dataset's name in the policy
 * @param path the policy's path pattern
 * @param nonces only tests inside this package can make another source
 */
export function fieldCipher(
  dataset: string,
  path: string,
  method: SealMethod = DEFAULT_SEAL,
  nonces: NonceSource = randomNonces,
): FieldCipher {
  const { algorithm, bind, form } = method;
  const options = { dataset, path, method, nonces };
  const isBound = bind.length > 0;
  if (form === 'token' && algorithm !== 'fernet')
    return new TokenCipher(options, TOKEN_SUITES[algorithm]);
  if (form === 'jwe' && algorithm === 'aes-256-gcm' && !isBound) return new JweCipher(options);
  if (form === 'fernet' && algorithm === 'fernet' && !isBound) return new FernetCipher(options);
  // Precondition: form, algorithm and binding go together; policy checks them.
  throw new SealstreamError('INTERNAL', { form, algorithm, path });
}
