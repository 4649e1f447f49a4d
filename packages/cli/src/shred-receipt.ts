import type { Shredded } from '@sealstream/keyring';

import { jsonLine, type Terminal } from './terminal.ts';

/** The receipt on stdout, as it verifies: two lines. As JSON: the same with what it says. */
export function showReceipt(terminal: Terminal, { action, receipt }: Shredded): void {
  const text = receipt.bytes.toString('utf8');
  terminal.say(
    terminal.json
      ? jsonLine({ outcome: action, ...receipt.document, receipt: text })
      : text.trimEnd(),
  );
}
