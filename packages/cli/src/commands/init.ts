import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { createAuditKey } from '@sealstream/audit-log';
import { PURPOSES, SealstreamError } from '@sealstream/contracts';
import { createKeyFiles, createSignerFiles, keyFilePath } from '@sealstream/keyring';
import { sampleFields, samplePolicy } from '@sealstream/policy';
import { Option } from 'commander';

import { type CommonOptions, defineCommand, type Outcome } from '../command.ts';
import type { Context } from '../context.ts';
import { type KeyPlaces, keyPlacesIn } from '../key-places.ts';
import { POLICY_FILE } from '../policy-file.ts';
import { starterPolicy } from '../starter-policy.ts';

interface Options extends CommonOptions {
  readonly sample?: string;
  readonly dataset?: string;
  readonly dir: string;
  /** false with --no-policy. */
  readonly policy: boolean;
  readonly missing?: boolean;
}

const STATE_DIR = '.sealstream';
const SAMPLE_BYTES = 1024 * 1024;

export const init = defineCommand<Options>({
  name: 'init',
  summary: 'make a first policy and the key files',
  about:
    'Writes sealstream.yaml, in which every field of the sample is redacted on masked and sealed on ' +
    'encrypted (without a sample: a commented starter), the key files of every purpose, the pair ' +
    'that signs keysets and the key that signs the audit log (all readable by you alone, in ' +
    '.sealstream/keys), and a line in .gitignore. Overwrites nothing: when one of them is there, ' +
    'nothing is written. With --missing only the key files of purposes that are not there, and ' +
    'nothing else, is made.',
  options: [
    new Option('--sample <file>', 'a CSV or NDJSON file whose fields the policy shall name'),
    new Option('-d, --dataset <name>', 'name of the dataset (default: after the sample)'),
    new Option('--dir <dir>', 'where to write').default('.'),
    new Option('--no-policy', 'make the keys only'),
    new Option('--missing', 'make the key files that a newer version needs beside those there'),
  ],
  examples: [
    ['sealstream init --sample people.csv --dataset people', 'a policy with the fields of a file'],
    ['sealstream init --no-policy', 'keys for a policy that is there already'],
    ['sealstream init --missing', 'after an upgrade: the keys of purposes that are new'],
  ],
  exits: { 2: 'usage is wrong, or a file is there already: nothing was written' },
  run: async (context, options) => {
    const policyFile = join(options.dir, POLICY_FILE);
    const places = keyPlacesIn(join(options.dir, STATE_DIR, 'keys'));
    if (options.missing === true) return makeMissing(context, places);
    const text = options.policy ? policyText(options) : undefined;
    const made = [
      ...(text === undefined ? [] : [policyFile]),
      ...PURPOSES.map((purpose) => keyFilePath(places.dir, purpose)),
      places.signer,
      places.signerPublic,
      places.auditKey,
      places.auditVkey,
    ];
    // Precondition: none of them is there, so that nothing is written when one is.
    for (const file of made)
      if (existsSync(file)) throw new SealstreamError('FILE_EXISTS', { file });
    mkdirSync(places.dir, { recursive: true, mode: 0o700 });
    createKeyFiles(places.dir, PURPOSES);
    createSignerFiles(places.signer, places.signerPublic);
    await createAuditKey(places.auditKey);
    if (text !== undefined) writeFileSync(policyFile, text, { flag: 'wx' });
    ignoreState(join(options.dir, '.gitignore'));
    const { terminal } = context;
    if (terminal.json) terminal.sayJson({ made });
    else for (const file of made) terminal.say(`made ${file}`);
    terminal.note(
      'the keys are in no other place: keep a copy of .sealstream/keys offline, and none of ' +
        '.sealstream/epochs, where the epoch keys of subjects will be',
    );
    return { next: 'see what the policy says, and loosen it field by field: sealstream validate' };
  },
});

/**
 * Only keys of purposes: a signer or an audit key made anew would not fit what they signed, and a folder
 * without a signer is another folder than the one meant.
 */
function makeMissing({ terminal }: Context, { dir, signer }: KeyPlaces): Outcome {
  if (!existsSync(signer)) throw new SealstreamError('KEY_FILE_MISSING', { file: signer });
  const absent = PURPOSES.filter((purpose) => !existsSync(keyFilePath(dir, purpose)));
  const made = createKeyFiles(dir, absent);
  if (terminal.json) terminal.sayJson({ made });
  else if (made.length === 0) terminal.say(`every key file is in ${dir}`);
  else for (const file of made) terminal.say(`made ${file}`);
  return made.length === 0
    ? { next: 'see what the keysets are: sealstream keys list' }
    : { next: 'make their keysets: sealstream keys rotate --missing' };
}

function policyText({ dataset, sample }: Options): string {
  if (sample === undefined) return starterPolicy(dataset ?? 'people');
  const name = dataset ?? basename(sample).replace(/\.[^.]*$/, '');
  return samplePolicy(name, sampleFields(beginningOf(sample)));
}

function beginningOf(file: string): Buffer {
  try {
    return readFileSync(file).subarray(0, SAMPLE_BYTES);
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}

/** Key files must never be committed; a line that is there already stays as it is. */
function ignoreState(file: string): void {
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const lines = text.split(/\r?\n/);
  if (lines.some((line) => /^\/?\.sealstream\/?$/.test(line.trim()))) return;
  const gap = text === '' || text.endsWith('\n') ? '' : '\n';
  appendFileSync(file, `${gap}${STATE_DIR}/\n`);
}
