import { readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import { readPublicKeyFile, type SignedReceipt, verifyReceipt } from '@sealstream/keyring';
import { Argument } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { keyPlacesOf } from '../key-places.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';

export const subjectsVerifyReceipt = defineCommand<KeyOptions & CommonOptions, [file: string]>({
  name: 'verify-receipt',
  summary: 'check that a receipt of a shred is signed, and show what it says',
  about:
    'Needs the receipt and the public key of whoever signs keysets, and no server. A receipt names ' +
    'a person by index alone; who has the value finds the index with `subjects show`.',
  arguments: [new Argument('<file>', 'the receipt, as `subjects shred` prints it')],
  options: [keyDirOption()],
  examples: [['sealstream subjects verify-receipt receipt.txt', 'with the key directory here']],
  exits: { 0: 'the receipt is genuine', 1: 'the signature does not hold' },
  run: async (context, options, file) => {
    const { terminal } = context;
    const publicKey = readPublicKeyFile(keyPlacesOf(context, options).signerPublic);
    const { document } = verified(file, publicKey);
    if (terminal.json) terminal.sayJson(document);
    else
      for (const [name, value] of Object.entries(document))
        terminal.say(`${name.padEnd(8)}  ${value}`);
    return { next: 'see the event of it: sealstream audit tail --json' };
  },
});

function verified(file: string, publicKey: Uint8Array): SignedReceipt {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
  return verifyReceipt(bytes, publicKey);
}
