import {
  decodeEntry,
  parseEvent,
  type ReadEntry,
  readEntries,
  readVkey,
} from '@sealstream/audit-log';
import type { AuditEvent } from '@sealstream/contracts';
import { Argument, Option } from 'commander';

import { auditDirOption, auditKeyOption, type AuditOptions } from '../audit-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import { keyPlacesOf } from '../key-places.ts';
import { keyDirOption, type KeyOptions, wholeNumber } from '../options.ts';

interface Options extends AuditOptions, KeyOptions, CommonOptions {
  readonly lines: number;
  readonly follow?: boolean;
}

export const auditTail = defineCommand<Options, [dir: string | undefined]>({
  name: 'tail',
  summary: 'show the last entries of an audit log',
  about:
    'Shows entries in the order of the log. Each was checked against a signed checkpoint before it ' +
    'is shown, so what has not been signed yet appears at most a minute later.',
  arguments: [new Argument('[dir]', 'the same as --dir')],
  options: [
    new Option('-n, --lines <n>', 'how many entries').argParser(wholeNumber(1)).default(20),
    new Option('-f, --follow', 'wait for more, until Ctrl-C'),
    auditDirOption(),
    auditKeyOption(),
    keyDirOption(),
  ],
  examples: [
    ['sealstream audit tail --lines 5', 'the last five'],
    ['sealstream audit tail --follow --json', 'every entry from now on as JSON, one a line'],
  ],
  run: async (context, options, given) => {
    const { terminal } = context;
    const dir = given ?? options.dir ?? context.config().auditDir;
    const vkey = await readVkey(options.key ?? keyPlacesOf(context, options).auditVkey);
    const follow = options.follow ?? false;
    const reading = { from: -options.lines, follow };
    const signal = follow ? { signal: context.interrupted() } : {};
    for await (const entry of readEntries(dir, vkey, { ...reading, ...signal })) {
      const shown = shownEntry(entry);
      const line = terminal.json ? JSON.stringify(shown) : printable(entryLine(shown));
      await terminal.write(`${line}\n`);
    }
    return { next: 'verify the whole log: sealstream audit verify' };
  },
});

interface ShownEntry {
  readonly index: number;
  readonly topic?: string;
  readonly partition?: number;
  readonly offset?: string;
  /** null when the entry holds no event that follows the schema. */
  readonly event: AuditEvent | null;
}

function shownEntry({ bytes, index }: ReadEntry): ShownEntry {
  const entry = decodeEntry(bytes);
  if (entry.kind === 'unreadable') return { index, event: null };
  const event = parseEvent(entry.value);
  if (entry.kind === 'own') return { index, event };
  const { offset, partition, topic } = entry;
  return { index, topic, partition, offset: offset.toString(), event };
}

function entryLine({ event, index, topic }: ShownEntry): string {
  if (event === null) return `${index}  ${topic ?? 'log'}  (no event of the schema)`;
  const { emitter, time, type } = event;
  const head = `${index}  ${time}  ${type}  ${emitter}`;
  if (event.type === 'batch') {
    const rejected = Object.values(event.rejected).reduce((sum, count) => sum + count, 0);
    const { from, to } = event.range;
    return `${head}  ${event.topic} [${from}, ${to})  in ${event.recordsIn}  rejected ${rejected}`;
  }
  const details = Object.entries(event.details).map(([name, value]) => `${name}=${value}`);
  const dataset = event.dataset === undefined ? [] : [`dataset=${event.dataset}`];
  return [head, `by ${event.actor}`, ...dataset, ...details].join('  ');
}

/** Names in an event are whatever its writer says: a terminal must not be told what to do by them. */
function printable(line: string): string {
  return line.replaceAll(/[\p{Cc}\p{Cf}]/gu, '?');
}
