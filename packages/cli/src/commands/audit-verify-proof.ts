import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { createInterface } from 'node:readline';

import {
  decodeEntry,
  parseEvent,
  readEntryDocument,
  readGrowthDocument,
  readVkey,
} from '@sealstream/audit-log';
import { SealstreamError } from '@sealstream/contracts';
import { Argument, Option } from 'commander';

import { auditKeyOption } from '../audit-options.ts';
import { type CommonOptions, defineCommand } from '../command.ts';
import type { Context } from '../context.ts';
import { EXIT } from '../exit-codes.ts';
import { keyPlacesOf } from '../key-places.ts';
import { keyDirOption, type KeyOptions } from '../options.ts';

/** One proof is far smaller; larger files are exports, and read line by line. */
const WHOLE_BYTES_MAX = 1024 * 1024;

interface Options extends KeyOptions, CommonOptions {
  readonly key?: string;
  readonly checkpoint?: string;
}

export const auditVerifyProof = defineCommand<Options, [file: string]>({
  name: 'verify-proof',
  summary: 'check proofs that access gave, without the log and without a server',
  about:
    'Takes what GET /v1/audit/entries/N/proof or POST /v1/audit/export of access answered, one proof a ' +
    'line, and checks that each entry stands in the log under a checkpoint that its key signed. With ' +
    '--checkpoint it takes what GET /v1/audit/consistency answered, and checks that the log only grew ' +
    'since that checkpoint. Shows what was proven.',
  arguments: [new Argument('<file>', 'the answer, as JSON or as lines of JSON')],
  options: [
    auditKeyOption(),
    new Option('--checkpoint <file>', 'the signed checkpoint that was kept from before'),
    keyDirOption(),
  ],
  examples: [
    ['sealstream audit verify-proof proof.json --key audit.vkey', 'one entry, or an export'],
    ['sealstream audit verify-proof growth.json --checkpoint last-week.txt', 'that it only grew'],
  ],
  exits: { 0: 'all of it is proven', 1: 'a proof does not hold' },
  run: async (context, options, file) => {
    const vkey = await readVkey(options.key ?? keyPlacesOf(context, options).auditVkey);
    const { checkpoint } = options;
    const older = checkpoint === undefined ? undefined : await bytesOf(checkpoint);
    let proven = 0;
    for await (const { document, line } of documentsOf(file)) {
      try {
        if (older === undefined) await showEntry(context, readEntryDocument(document, vkey));
        else await showGrowth(context, readGrowthDocument(document, older, vkey));
      } catch (error) {
        if (!(error instanceof SealstreamError) || error.code !== 'AUDIT_LOG_CORRUPT') throw error;
        const { why = 'form' } = error.place;
        context.terminal.note(`${file}: line ${line}: ${why}`, { line, why });
        return { exit: EXIT.finding, next: 'ask for it again; keep this one as evidence' };
      }
      proven += 1;
    }
    // A proof of nothing is none.
    if (proven === 0)
      throw new SealstreamError('FILE_UNREADABLE', { file, what: 'no proof in it' });
    return { next: 'keep the checkpoint elsewhere: it shows a rollback later' };
  },
});

async function showEntry(
  { terminal }: Context,
  { bytes, head, index }: ReturnType<typeof readEntryDocument>,
): Promise<void> {
  const entry = decodeEntry(bytes);
  const event = entry.kind === 'unreadable' ? null : parseEvent(entry.value);
  const shown = { index, size: head.size, origin: head.origin, event };
  const { time = '', type = 'no event of the schema' } = event ?? {};
  const text = `entry ${index} of ${head.size} in ${head.origin}: ${time} ${type}`;
  await terminal.write(`${terminal.json ? JSON.stringify(shown) : text}\n`);
}

async function showGrowth(
  { terminal }: Context,
  { origin, size }: ReturnType<typeof readGrowthDocument>,
): Promise<void> {
  const text = `${origin} only grew, to ${size} entries`;
  await terminal.write(`${terminal.json ? JSON.stringify({ origin, size }) : text}\n`);
}

/** One document in a file that is JSON as a whole, else one on each line; undefined where that is no JSON. */
async function* documentsOf(file: string): AsyncGenerator<{ document: unknown; line: number }> {
  let line = 0;
  try {
    const { size } = await stat(file);
    const whole = size <= WHOLE_BYTES_MAX ? parsed(await readFile(file, 'utf8')) : undefined;
    if (whole !== undefined) {
      yield { document: whole, line: 1 };
      return;
    }
    const input = createReadStream(file);
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      line += 1;
      if (text.trim() !== '') yield { document: parsed(text), line };
    }
  } catch (error) {
    if (error instanceof SealstreamError) throw error;
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function bytesOf(file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
