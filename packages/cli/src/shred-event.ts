import type { Shredded } from '@sealstream/keyring';

import type { CliAudit } from './cli-audit.ts';
import { jsonLine, type Terminal } from './terminal.ts';

/**
 * Tells the audit log of a shred or re-enrolment, with the receipt, from which a restore puts the
 * tombstone back. Told also when nothing was to be done: the event of the first time may have been
 * lost with the process that ordered it.
 */
export async function tellShred(
  audit: CliAudit,
  dataset: string,
  { action, receipt }: Shredded,
): Promise<void> {
  const { action: what, index, keyId, number, version } = receipt.document;
  await audit.tell({
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

/** The receipt on stdout, as it verifies: two lines. As JSON: the same with what it says. */
export function showReceipt(terminal: Terminal, { action, receipt }: Shredded): void {
  const text = receipt.bytes.toString('utf8');
  terminal.say(
    terminal.json
      ? jsonLine({ outcome: action, ...receipt.document, receipt: text })
      : text.trimEnd(),
  );
}
