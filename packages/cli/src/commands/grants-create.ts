import { existsSync, readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import { createFile } from '@sealstream/keyring';
import { Option } from 'commander';

import { type AccessOptions, accessOptions } from '../access/access-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { grantsOf } from '../chosen-desks.ts';
import {
  type DatasetOptions,
  datasetOption,
  durationMs,
  keyDirOption,
  type KeyOptions,
  policyOption,
} from '../options.ts';

interface Options extends DatasetOptions, KeyOptions, AccessOptions, CommonOptions {
  readonly publicKey: string;
  readonly fields: readonly string[];
  readonly expires: number;
  readonly consumer?: string;
  readonly out?: string;
}

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
    ...accessOptions(),
  ],
  examples: [
    [
      'sealstream grants create --public-key b.pem --dataset people --fields /email,/zip --expires 30d',
      'two fields for a month',
    ],
  ],
  run: async (context, options) => {
    const { expires: lifeMs, fields: paths, out } = options;
    if (out !== undefined && existsSync(out))
      throw new SealstreamError('FILE_EXISTS', { file: out });
    const publicKey = bytesOf(options.publicKey);
    const desk = await grantsOf(context, options);
    const { grant, sealed } = await desk.create({ ...options, paths, publicKey, lifeMs });
    if (out !== undefined) createFile(out, Buffer.from(`${sealed}\n`));
    const { terminal } = context;
    const { consumer, dataset, expires, fields, fingerprint, id } = grant;
    const shown = { id, dataset, consumer, expires, fingerprint, fields };
    if (terminal.json) terminal.sayJson({ ...shown, ...(out ? { file: out } : { grant: sealed }) });
    else if (out === undefined) terminal.say(sealed);
    else terminal.say(`${id}  ${dataset}  ${consumer}  until ${expires}  ${out}`);
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
