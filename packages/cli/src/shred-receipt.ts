import type { Shredded } from '@sealstream/keyring';

import type { SubjectReceipt } from './access/remote-subjects.ts';
import type { Terminal } from './terminal.ts';

/** A receipt as it verifies, with what it says. */
export function receiptOf({ action, receipt }: Shredded): SubjectReceipt {
  return { outcome: action, ...receipt.document, receipt: receipt.bytes.toString('utf8') };
}

/** The receipt on stdout, as it verifies: two lines. As JSON: the same with what it says. */
export function showReceipt(terminal: Terminal, shown: SubjectReceipt): void {
  const { vaultRows: _, receipt = '', ...said } = shown;
  if (terminal.json) terminal.sayJson({ ...said, receipt });
  else terminal.say(receipt.trimEnd());
}
