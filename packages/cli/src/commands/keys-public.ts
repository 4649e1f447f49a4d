import { KEY_PAIR_PURPOSES, type PublicKeyDocument } from '@sealstream/contracts';
import { PUBLIC_KEY_FORM, signWith } from '@sealstream/crypto';
import { createFile, readSignerFile } from '@sealstream/keyring';
import { Option } from 'commander';

import { openKeys } from '../cluster-keys.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { keyPlacesOf } from '../key-places.ts';
import { datasetOption, keyDirOption, type KeyOptions } from '../options.ts';
import { withBus } from '../servers.ts';

interface Options extends KeyOptions, CommonOptions {
  readonly dataset: string;
  readonly purpose: PublicKeyDocument['purpose'];
  readonly out?: string;
}

export const keysPublic = defineCommand<Options>({
  name: 'public',
  summary: 'give out the public half of a key pair, signed',
  about:
    'Of the purpose producer: what producers seal their records to before they reach Kafka, so that ' +
    'only ingest can read them. It opens nothing and is no secret; the signature says whose it is. ' +
    'After `keys rotate` give out the new one; records sealed to the older one still open, ' +
    'until `keys destroy` ends it.',
  options: [
    datasetOption(),
    new Option('--purpose <purpose>', 'what the key pair is for')
      .choices(KEY_PAIR_PURPOSES)
      .default('producer'),
    new Option('--out <file>', 'where it goes; the file must not be there (default: stdout)'),
    keyDirOption(),
  ],
  examples: [
    ['sealstream keys public --purpose producer --dataset people --out people.pub', 'into a file'],
  ],
  run: async (context, options) => {
    const { dataset, out, purpose } = options;
    const signer = readSignerFile(keyPlacesOf(context, options).signer);
    const { id, publicKey } = await withBus(context, async (bus) => {
      const wanted = { dataset, purposes: [], sealTo: [purpose] };
      const keys = await openKeys(context, bus, options, wanted);
      try {
        return keys.keys.publicKey(purpose, dataset);
      } finally {
        keys.stop();
      }
    });
    const document: PublicKeyDocument = {
      type: 'sealstream-public-key',
      v: 1,
      purpose,
      dataset,
      id,
      publicKey: publicKey.toString('base64url'),
      created: new Date().toISOString(),
    };
    const { bytes } = signWith(PUBLIC_KEY_FORM, document, signer);
    if (out !== undefined) createFile(out, bytes, 0o644);
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ ...document, signed: bytes.toString('utf8') });
    else if (out === undefined) terminal.say(bytes.toString('utf8').trimEnd());
    else terminal.say(`${purpose}/${dataset}  ${id}  ${out}`);
    return { next: 'give it to producers with signer.pub; see docs/consumers.md' };
  },
});
