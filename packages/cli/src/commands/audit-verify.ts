import { readFile } from 'node:fs/promises';

import { type Finding, readVkey, verifyLog, type VerifyReport } from '@sealstream/audit-log';
import { Argument, Option } from 'commander';

import { auditDirOption, auditKeyOption, type AuditOptions } from '../audit-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { EXIT } from '../exit-codes.ts';
import { keyPlacesOf } from '../key-places.ts';
import { durationMs, keyDirOption, type KeyOptions } from '../options.ts';
import { Progress } from '../progress.ts';
import type { Terminal } from '../terminal.ts';

interface Options extends AuditOptions, KeyOptions, CommonOptions {
  readonly checkpoint?: string;
  readonly maxAge?: number;
}

export const auditVerify = defineCommand<Options, [dir: string | undefined]>({
  name: 'verify',
  summary: 'recompute an audit log and name the first thing that is wrong',
  about:
    'Checks the signature, every entry, every tile and the files around them, and that the events ' +
    'join without a gap. A public key alone does not show that the whole log was rolled back or ' +
    'replaced: give an older checkpoint for that, such as one from the topic audit.checkpoints.',
  arguments: [new Argument('[dir]', 'the same as --dir')],
  options: [
    auditDirOption(),
    auditKeyOption(),
    new Option('--checkpoint <file>', 'a signed checkpoint kept from before'),
    new Option(
      '--max-age <duration>',
      'the newest heartbeat may be this old, such as 2m',
    ).argParser(durationMs),
    keyDirOption(),
  ],
  examples: [
    ['sealstream audit verify', 'the log of this checkout'],
    [
      'sealstream audit verify /mnt/copy --key audit.vkey --max-age 2m',
      'a copy, and that it is new',
    ],
    ['sealstream audit verify --checkpoint last-week.txt', 'against rollback and fork'],
  ],
  exits: { 0: 'the log is intact and complete', 1: 'something was found' },
  run: async (context, options, given) => {
    const { terminal } = context;
    const dir = given ?? options.dir ?? context.config().auditDir;
    const vkey = await readVkey(options.key ?? keyPlacesOf(context, options).auditVkey);
    const older = options.checkpoint === undefined ? undefined : await readFile(options.checkpoint);
    const progress = new Progress(terminal, 'audit verify', 1);
    const report = await verifyLog(dir, vkey, {
      ...(older === undefined ? {} : { olderCheckpoint: older }),
      ...(options.maxAge === undefined ? {} : { maxAgeMs: options.maxAge }),
      onProgress: (entries, size) => progress.show(entries / Math.max(1, size), entries),
    });
    progress.end();
    if (terminal.json) terminal.sayJson(report);
    else showReport(terminal, report);
    if (report.ok) return { next: `keep ${dir}/checkpoint elsewhere: it shows a rollback later` };
    if (report.intact)
      return { exit: EXIT.finding, next: 'look at these events: sealstream audit tail --json' };
    return {
      exit: EXIT.finding,
      next: 'keep the directory as evidence and compare with exported checkpoints',
    };
  },
});

function showReport(terminal: Terminal, report: VerifyReport): void {
  for (const finding of report.findings) terminal.say(findingLine(finding));
  const more = report.findingCount - report.findings.length;
  if (more > 0) terminal.say(`and ${more} more findings`);
  const { ageMs, complete, intact, olderSize, origin, size } = report;
  terminal.say(`log          ${origin ?? 'none'}`);
  terminal.say(`entries      ${size}`);
  for (const [topic, count] of Object.entries(report.entries)) terminal.say(`  ${topic}  ${count}`);
  if (ageMs !== null) terminal.say(`heartbeat    ${Math.round(ageMs / 1000)} s ago`);
  if (olderSize !== null) terminal.say(`older        ${olderSize} entries, the same tree`);
  const verdict = (isTrue: boolean, yes: string, no: string) =>
    isTrue ? terminal.paint('green', yes) : terminal.paint('red', no);
  terminal.say(`intact       ${verdict(intact, 'yes', 'NO')}`);
  terminal.say(`complete     ${verdict(complete, 'yes', 'NO')}`);
}

function findingLine({ entry, file, kind, message, topic }: Finding): string {
  const place = [entry === undefined ? undefined : `entry ${entry}`, file, topic];
  const where = place.filter((part) => part !== undefined).join(', ');
  return `${kind}: ${where === '' ? '' : `${where}: `}${message}`;
}
