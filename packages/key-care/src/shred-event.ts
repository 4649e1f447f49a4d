import type { Shredded } from '@sealstream/keyring';

import type { Tell } from './tell.ts';

/**
 * Tells the audit log of a shred or re-enrolment, with the receipt, from which a restore puts the
 * tombstone back. Told also when nothing was to be done: the event of the first time may have been
 * lost with the process that ordered it.
 */
export async function tellShred(
  tell: Tell,
  dataset: string,
  { action, receipt }: Shredded,
): Promise<void> {
  const { action: what, index, keyId, number, version } = receipt.document;
  await tell({
    type: what === 'shred' ? 'subject-shredded' : 'subject-re-enrolled',
    dataset,
    details: {
      index,
      ...(keyId === undefined ? {} : { keyId }),
      number,
      version,
      repeated: action === 'unchanged',
      receipt: receipt.bytes.toString('utf8'),
    },
  });
}
