import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { type CertificateFacts, certificateFacts } from '@sealstream/certificates';
import { SealstreamError } from '@sealstream/contracts';
import { Argument, Option } from 'commander';

import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { durationMs } from '../options.ts';
import { textTable } from '../table.ts';

interface Options extends CommonOptions {
  readonly within: number;
}

interface Shown extends CertificateFacts {
  readonly file: string;
  readonly daysLeft: number;
  readonly state: 'ok' | 'ends soon' | 'expired' | 'not yet';
}

const DAY_MS = 86_400_000;
const WITHIN_DAYS = 30;

export const certsShow = defineCommand<Options, [path: string]>({
  name: 'show',
  summary: 'show whose certificates are and when they end',
  about:
    'Of a file, every certificate in it; of a directory, those of its files that end in .crt or .pem and ' +
    'hold one. Needs no server and reads no key.',
  arguments: [new Argument('<path>', 'a file in PEM, or a directory')],
  options: [
    new Option('--within <duration>', 'what ends within this time is a finding')
      .argParser(durationMs)
      .default(WITHIN_DAYS * DAY_MS, `${WITHIN_DAYS}d`),
  ],
  examples: [
    ['sealstream certs show tls', 'every certificate of a directory'],
    ['sealstream certs show tls/server.crt --within 7d --json', 'one, for a monitor'],
  ],
  exits: {
    0: 'every certificate holds for longer',
    1: 'one has ended, ends soon or is not valid yet',
  },
  run: async ({ terminal }, { within }, path) => {
    const now = Date.now();
    const shown = filesOf(path).flatMap((file) =>
      factsOf(file).map((facts) => asShown(file, facts, now, within)),
    );
    if (shown.length === 0) throw new SealstreamError('CERTIFICATE_INVALID', { file: path });
    if (terminal.json) terminal.sayJson({ certificates: shown.map(asJson) });
    else for (const line of asTable(shown)) terminal.say(line);
    if (shown.some(({ state }) => state !== 'ok'))
      return {
        exit: EXIT.finding,
        next: 'put new files in their place; services take them without a restart',
      };
    return {
      next: 'ask again from time to time; services tell it as sealstream_tls_certificate_expiry_seconds',
    };
  },
});

function filesOf(path: string): readonly string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const names = readdirSync(path).filter((name) => /\.(crt|pem)$/.test(name));
    return names
      .toSorted()
      .map((name) => join(path, name))
      .filter((file) => readFileSync(file, 'utf8').includes('-----BEGIN CERTIFICATE-----'));
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file: path });
  }
}

function factsOf(file: string): readonly CertificateFacts[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
  try {
    return certificateFacts(text);
  } catch (error) {
    if (!(error instanceof SealstreamError)) throw error;
    throw new SealstreamError(error.code, { file, ...error.place });
  }
}

function asShown(file: string, facts: CertificateFacts, now: number, within: number): Shown {
  const leftMs = facts.untilMs - now;
  const soon = leftMs < within ? 'ends soon' : 'ok';
  const sofar = facts.fromMs > now ? 'not yet' : soon;
  return {
    file,
    ...facts,
    daysLeft: Math.floor(leftMs / DAY_MS),
    state: leftMs <= 0 ? 'expired' : sofar,
  };
}

function asJson({ fromMs, untilMs, ...shown }: Shown) {
  return { ...shown, from: new Date(fromMs).toISOString(), until: new Date(untilMs).toISOString() };
}

function asTable(shown: readonly Shown[]): string[] {
  return textTable(
    [
      { head: 'file' },
      { head: 'subject' },
      { head: 'names' },
      { head: 'until' },
      { head: 'days left', align: 'right' },
      { head: 'state' },
    ],
    shown.map(({ daysLeft, file, isAuthority, names, state, subject, untilMs }) => [
      file,
      subject,
      isAuthority ? '(authority)' : names.join(' '),
      new Date(untilMs).toISOString().slice(0, 16).replace('T', ' '),
      String(daysLeft),
      state,
    ]),
  );
}
