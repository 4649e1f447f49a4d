import { PublicKeyDocument } from '@sealstream/contracts';
import type { DocumentForm } from './signed-document.ts';

/** How the public half of a key pair is signed when it is given to others. */
export const PUBLIC_KEY_FORM: DocumentForm<PublicKeyDocument> = {
  domain: 'sealstream/v1 public-key\n',
  parse: (value) => PublicKeyDocument.parse(value),
  nameOf: () => 'public key',
};
