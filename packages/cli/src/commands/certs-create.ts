import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import {
  type Authority,
  type CertificatePair,
  type CertificateRequest,
  createAuthority,
  issueCertificate,
  type Validity,
} from '@sealstream/certificates';
import { SealstreamError } from '@sealstream/contracts';
import { createFile, readSecretFile } from '@sealstream/keyring';
import { InvalidArgumentError, Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { wholeNumber } from '../options.ts';

interface Options extends CommonOptions {
  readonly dir: string;
  readonly host: readonly string[];
  readonly server: string;
  readonly client: readonly string[];
  readonly days: number;
  /** false with --no-authority-key. */
  readonly authorityKey: boolean;
}

const AUTHORITY = 'ca';
const AUTHORITY_NAME = 'Sealstream development authority';
const DAY_MS = 86_400_000;
/** Clocks of two machines may differ so far. */
const SKEW_MS = 300_000;
const PUBLIC = 0o644;
const DAYS = 365;
const HOST = /^(\*\.)?[A-Za-z0-9]([A-Za-z0-9.:-]{0,251}[A-Za-z0-9])?$|^::1$/;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/;

export const certsCreate = defineCommand<Options>({
  name: 'create',
  summary: 'make an authority and certificates for development',
  about:
    'Makes ca.crt and ca.key where they are not there, one pair for a server under all names of ' +
    '--host, and one pair for each --client, whose name is the user. Called again it signs more with ' +
    'the same authority. Keys are EC P-256, for you alone to read; nothing is overwritten: when one of ' +
    'the files is there, nothing is written. Whoever has ca.key can be anybody: keep it off the ' +
    'servers, or leave it out with --no-authority-key once everything is signed in one go.',
  options: [
    new Option('--dir <dir>', 'where to write').makeOptionMandatory(),
    listOption('--host <name>', 'a name or address of the server; several times for several', HOST),
    new Option('--server <name>', 'name of the files of the server').default('server'),
    listOption('--client <name>', 'a user; several times for several', NAME),
    new Option('--days <days>', 'how long the certificates hold')
      .argParser(wholeNumber(1))
      .default(DAYS),
    new Option('--no-authority-key', 'do not write ca.key: nothing more can be signed later'),
  ],
  examples: [
    [
      'sealstream certs create --dir tls --host localhost --host 127.0.0.1',
      'a server of two names',
    ],
    ['sealstream certs create --dir tls --client mask --client encrypt --days 90', 'and two users'],
  ],
  exits: { 2: 'usage is wrong, or a file is there already: nothing was written' },
  run: async ({ terminal }, options) => {
    const { client, dir, host, server } = options;
    const validity = { fromMs: Date.now() - SKEW_MS, untilMs: Date.now() + options.days * DAY_MS };
    const requests = requestsOf(options, validity);
    const names = requests.map(({ name }) => name);
    if (!NAME.test(server) || new Set([...names, AUTHORITY]).size <= names.length)
      throw new SealstreamError(
        'USAGE',
        {},
        'Names must differ, and be of letters, digits, . _ and -.',
      );
    const isFirst = !existsSync(join(dir, `${AUTHORITY}.crt`));
    // Precondition: none of the files is there, so that nothing is written when one is.
    for (const name of isFirst ? [AUTHORITY, ...names] : names)
      for (const file of [join(dir, `${name}.crt`), join(dir, `${name}.key`)])
        if (existsSync(file)) throw new SealstreamError('FILE_EXISTS', { file });
    const authority = isFirst
      ? await createAuthority(AUTHORITY_NAME, validity)
      : readAuthority(dir);
    const pairs = await Promise.all(
      requests.map(async (request) => issueCertificate(authority, request)),
    );
    const made = isFirst ? writePair(dir, AUTHORITY, authority, options.authorityKey) : [];
    for (const [index, pair] of pairs.entries())
      made.push(...writePair(dir, names[index] ?? '', pair, true));
    if (terminal.json) terminal.sayJson({ made });
    else for (const file of made) terminal.say(`made ${file}`);
    if (host.length + client.length === 0)
      return {
        next: `sign for servers and users: sealstream certs create --dir ${dir} --client NAME`,
      };
    return { next: `see what was made: sealstream certs show ${dir}` };
  },
});

function listOption(flags: string, description: string, form: RegExp): Option {
  return new Option(flags, description)
    .default([], 'none')
    .argParser((text: string, before: readonly string[]) => {
      if (!form.test(text)) throw new InvalidArgumentError('It is no such name.');
      return [...before, text];
    });
}

function requestsOf(
  { client, host, server }: Options,
  validity: Validity,
): readonly CertificateRequest[] {
  return [
    ...(host.length === 0 ? [] : [{ use: 'server', name: server, hosts: host, validity } as const]),
    ...client.map((name) => ({ use: 'client', name, validity }) as const),
  ];
}

/** @throws SealstreamError KEY_FILE_MISSING when its key is not there (or never was), KEY_FILE_OPEN */
function readAuthority(dir: string): Authority {
  const key = readSecretFile(join(dir, `${AUTHORITY}.key`));
  try {
    const certificate = readFileSync(join(dir, `${AUTHORITY}.crt`), 'utf8');
    return { certificate, privateKey: key.toString('utf8') };
  } finally {
    key.fill(0);
  }
}

function writePair(dir: string, name: string, pair: CertificatePair, withKey: boolean): string[] {
  const [key, certificate] = [join(dir, `${name}.key`), join(dir, `${name}.crt`)];
  if (withKey) createFile(key, Buffer.from(pair.privateKey));
  createFile(certificate, Buffer.from(pair.certificate), PUBLIC);
  return withKey ? [certificate, key] : [certificate];
}
