import { existsSync, readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import { createFile, readConsumerKey } from '@sealstream/keyring';
import { grantedFields } from '@sealstream/policy';
import { Option } from 'commander';

import { actorName } from '../cli-audit.ts';
import { tellGrant, withGrants } from '../cluster-grants.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import {
  type DatasetOptions,
  datasetOption,
  durationMs,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';
import { readDataset } from '../policy-file.ts';

interface Options extends DatasetOptions, KeyOptions, CommonOptions {
  readonly publicKey: string;
  readonly fields: readonly string[];
  readonly expires: number;
  readonly consumer?: string;
  readonly out?: string;
}

/** Of a fingerprint, where nobody says who the consumer is. */
const SHORT_NAME = 16;

export const grantsCreate = defineCommand<Options>({
  name: 'create',
  summary: 'give a consumer the derived keys of some fields',
  about:
    'Encrypts the derived keys of exactly these fields to the public key of the consumer, who opens ' +
    'them with the SDK. No stored key leaves. Keys that are made later are not among them: after a ' +
    'rotation give a new grant. Fields whose keys are those of single persons are only named, and ' +
    'their keys asked for online. It is recorded and on the audit log before it is shown.',
  options: [
    new Option(
      '--public-key <file>',
      "the consumer's public key, PEM or JWK: RSA from 3072 bits, EC P-256 or P-384, X25519",
    ).makeOptionMandatory(),
    datasetOption(),
    new Option('--fields <paths>', 'paths of the policy, with commas between them')
      .argParser((text: string) => text.split(','))
      .makeOptionMandatory(),
    new Option('--expires <duration>', 'how long it holds, such as 30d; a year at most')
      .argParser(durationMs)
      .makeOptionMandatory(),
    new Option('--consumer <name>', 'who gets it (default: the beginning of the fingerprint)'),
    new Option('--out <file>', 'where it goes; the file must not be there (default: stdout)'),
    policyOption(),
    keyDirOption(),
  ],
  examples: [
    [
      'sealstream grants create --public-key b.pem --dataset people --fields /email,/zip --expires 30d',
      'two fields for a month',
    ],
  ],
  run: async (context, options) => {
    const { out, publicKey } = options;
    const dataset = readDataset(context, options);
    const fields = grantedFields(dataset, options.fields);
    const consumerKey = readConsumerKey(bytesOf(publicKey));
    if (out !== undefined && existsSync(out))
      throw new SealstreamError('FILE_EXISTS', { file: out });
    const consumer = options.consumer ?? consumerKey.fingerprint.slice(0, SHORT_NAME);
    const { record, sealed } = await withGrants(
      context,
      options,
      ['field'],
      async ({ admin, audit }) => {
        await audit.check();
        const actor = actorName();
        const lifeMs = options.expires;
        const order = { dataset: dataset.name, consumer, consumerKey, actor, lifeMs, fields };
        const made = await admin.create(order);
        await tellGrant(audit, 'grant-created', made.record);
        return made;
      },
    );
    if (out !== undefined) createFile(out, Buffer.from(`${sealed}\n`));
    const { terminal } = context;
    const { expires, fingerprint, id } = record;
    const shown = { id, dataset: dataset.name, consumer, expires, fingerprint, fields };
    if (terminal.json) terminal.sayJson({ ...shown, ...(out ? { file: out } : { grant: sealed }) });
    else if (out === undefined) terminal.say(sealed);
    else terminal.say(`${id}  ${dataset.name}  ${consumer}  until ${expires}  ${out}`);
    return { next: `take it back: sealstream grants revoke ${id}` };
  },
});

/** @throws SealstreamError FILE_UNREADABLE */
function bytesOf(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
