import { randomBytes } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

import { createAuditKey, createVkey } from '@sealstream/audit-log';
import { PURPOSES, SealstreamError } from '@sealstream/contracts';
import {
  createFile,
  createKeyFiles,
  createPublicKeyFile,
  createSignerFiles,
  keyFilePath,
} from '@sealstream/keyring';
import { sampleFields, samplePolicy } from '@sealstream/policy';
import { Option } from 'commander';

import { type CommonOptions, defineCommand, type Outcome } from '../command.ts';
import type { Context } from '../context.ts';
import { type KeyPlaces, keyPlacesIn, keyPlacesOf } from '../key-places.ts';
import type { KeyOptions } from '../options.ts';
import { POLICY_FILE } from '../policy-file.ts';
import { starterPolicy } from '../starter-policy.ts';

interface Options extends CommonOptions, KeyOptions {
  readonly sample?: string;
  readonly dataset?: string;
  readonly dir?: string;
  /** false with --no-policy. */
  readonly policy: boolean;
  readonly missing?: boolean;
}

const STATE_DIR = '.sealstream';
const SECRET_BYTES = 32;
const SAMPLE_BYTES = 1024 * 1024;

export const init = defineCommand<Options>({
  name: 'init',
  summary: 'make a first policy and the key files',
  about:
    'Writes sealstream.yaml, in which every field of the sample is redacted on masked and sealed on ' +
    'encrypted (without a sample: a commented starter), the key files of every purpose, the pair ' +
    'that signs keysets, the key that signs the audit log and the secret of access (all readable by ' +
    'you alone, in .sealstream/keys), and a line in .gitignore. Overwrites nothing: when one of them ' +
    'is there, ' +
    'nothing is written. With --missing the key files that are not there, and nothing else, are ' +
    'made: those that a newer version needs, or what an init that was cut did not come to. A folder ' +
    'where a key is gone whose public half is still there is refused.',
  options: [
    new Option('--sample <file>', 'a CSV or NDJSON file whose fields the policy shall name'),
    new Option('-d, --dataset <name>', 'name of the dataset (default: after the sample)'),
    new Option('--dir <dir>', 'where to write (default: .)'),
    new Option('--no-policy', 'make the keys only'),
    new Option('--missing', 'make the key files that are not there beside those that are'),
    new Option(
      '--key-dir <dir>',
      'directory of the key files (default: .sealstream/keys in --dir; with --missing and without ' +
        '--dir SEALSTREAM_KEY_DIR)',
    ),
  ],
  examples: [
    ['sealstream init --sample people.csv --dataset people', 'a policy with the fields of a file'],
    ['sealstream init --no-policy', 'keys for a policy that is there already'],
    [
      'sealstream init --missing',
      'after an upgrade, or an init that was cut: the keys that are not there',
    ],
  ],
  exits: { 2: 'usage is wrong, or a file is there already: nothing was written' },
  run: async (context, options) => {
    if (options.missing === true) return makeMissing(context, placesOf(context, options));
    const { dir = '.' } = options;
    const policyFile = join(dir, POLICY_FILE);
    const places = keyPlacesIn(options.keyDir ?? join(dir, STATE_DIR, 'keys'));
    const text = options.policy ? policyText(options) : undefined;
    const made = [
      ...(text === undefined ? [] : [policyFile]),
      ...PURPOSES.map((purpose) => keyFilePath(places.dir, purpose)),
      places.signer,
      places.signerPublic,
      places.auditKey,
      places.auditVkey,
      places.accessSecret,
    ];
    // Precondition: none of them is there, so that nothing is written when one is.
    for (const file of made)
      if (existsSync(file)) throw new SealstreamError('FILE_EXISTS', { file });
    mkdirSync(places.dir, { recursive: true, mode: 0o700 });
    // Before the keys: where it is cut, `--missing` makes the rest of them.
    if (text !== undefined) writeFileSync(policyFile, text, { flag: 'wx' });
    ignoreState(join(dir, '.gitignore'));
    createKeyFiles(places.dir, PURPOSES);
    createSignerFiles(places.signer, places.signerPublic);
    await createAuditKey(places.auditKey);
    createAccessSecret(places.accessSecret);
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

/** Where the keys of an installation are: as every command finds them, or below a folder given. */
function placesOf(context: Context, options: Options): KeyPlaces {
  if (options.dir === undefined || options.keyDir !== undefined)
    return keyPlacesOf(context, options);
  return keyPlacesIn(join(options.dir, STATE_DIR, 'keys'));
}

/** @throws SealstreamError KEY_FILE_MISSING for a folder in which nothing can be completed */
async function makeMissing({ terminal }: Context, places: KeyPlaces): Promise<Outcome> {
  refuseOther(places);
  const { accessSecret, auditKey, auditVkey, dir, signer, signerPublic } = places;
  const absent = PURPOSES.filter((purpose) => !existsSync(keyFilePath(dir, purpose)));
  const all = [signer, signerPublic, auditKey, auditVkey, accessSecret];
  const later = all.filter((file) => !existsSync(file));
  const made = [...createKeyFiles(dir, absent), ...later];
  if (later.includes(signer)) createSignerFiles(signer, signerPublic);
  else if (later.includes(signerPublic)) createPublicKeyFile(signer, signerPublic);
  if (later.includes(auditKey)) await createAuditKey(auditKey);
  else if (later.includes(auditVkey)) await createVkey(auditKey);
  if (later.includes(accessSecret)) createAccessSecret(accessSecret);
  if (terminal.json) terminal.sayJson({ made });
  else if (made.length === 0) terminal.say(`every key file is in ${dir}`);
  else for (const file of made) terminal.say(`made ${file}`);
  if (later.includes(auditVkey))
    terminal.note('where the audit log was signed before: keep its own audit.key and audit.vkey');
  return made.length === 0
    ? { next: 'see what the keysets are: sealstream keys list' }
    : { next: 'make their keysets: sealstream keys rotate --missing' };
}

/**
 * A signer or an audit key made anew would not fit what was signed. Init makes files in one order, so a
 * key that is missing while something later is there was lost, or this is another folder than the one
 * meant.
 */
function refuseOther({ auditKey, auditVkey, dir, signer, signerPublic }: KeyPlaces): void {
  const isBegun = PURPOSES.some((purpose) => existsSync(keyFilePath(dir, purpose)));
  const isLost = [signerPublic, auditKey, auditVkey].some((file) => existsSync(file));
  if (!existsSync(signer) && (isLost || !isBegun))
    throw new SealstreamError('KEY_FILE_MISSING', { file: signer });
  if (!existsSync(auditKey) && existsSync(auditVkey))
    throw new SealstreamError('KEY_FILE_MISSING', { file: auditKey });
}

/** One that was lost is no loss: devices are strangers again until their next sign-in. */
function createAccessSecret(path: string): void {
  createFile(path, Buffer.from(`${randomBytes(SECRET_BYTES).toString('base64url')}\n`));
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
