import { Grant } from '@sealstream/contracts';
import type { DocumentForm } from './signed-document.ts';

/** How a grant is signed under its encryption; who opens one does not know its id before. */
export const GRANT_FORM: DocumentForm<Grant> = {
  domain: 'sealstream/v1 grant\n',
  parse: (value) => Grant.parse(value),
  nameOf: () => 'grant',
  refusals: {
    noun: 'document',
    signature: 'GRANT_BAD_SIGNATURE',
    inside: 'GRANT_UNREADABLE',
  },
};
