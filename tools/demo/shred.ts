import { writeFileSync } from 'node:fs';
import { REJECT_HEADER, RejectNote } from '@sealstream/contracts';
import type { SealedRecord } from '@sealstream/flow';
import { sealstream } from './command-line.ts';
import { type RecordOpener, recordOpener } from './keys.ts';
import { recordAt } from './sample.ts';
import type { DemoSession } from './session.ts';

/** The notice reaches a process at once; one that missed it asks every 10 s. */
const BOUND_MS = 15_000;
const REJECTED_MS = 30_000;
const SHREDDED = 'SUBJECT_SHREDDED';

/** One thing that is seen before or after the shred. */
interface Step {
  readonly what: string;
  readonly seen: string;
  readonly ok: boolean;
}

/** What became of one person's records. */
export interface ShredRun {
  readonly index: string;
  /** Until a process that had the key in memory refused it. */
  readonly refusedAfterMs: number;
  readonly steps: readonly Step[];
}

/**
 * Shreds the subject of one record as an operator would, and shows that what opened before opens no
 * more: not in a process that has the key in memory, not in a new one, and that the person's next
 * record is refused.
 */
export async function shredSubject(session: DemoSession, raw: Buffer): Promise<ShredRun> {
  const { access, dataset } = session.ground;
  const record = await recordAt(session, dataset.topics.encrypted, raw);
  if (record === undefined) throw new Error('the record that was to be shredded is not encrypted');
  const cached = await recordOpener(access, dataset);
  try {
    const [before] = await cached.open([record]);
    const opens = before.ok && before.value.equals(raw);
    const receipt = await shredded(session, raw);
    const shredAtMs = performance.now();
    const held = await session.comes(async () => !(await opened(cached, record)), BOUND_MS);
    const refusedAfterMs = Math.round(performance.now() - shredAtMs);
    const signed = await verified(session, receipt);
    const fresh = await recordOpener(access, dataset);
    const later = await codeOf(fresh, record).finally(() => fresh.stop());
    const code = await codeOf(cached, record);
    const next = await nextRecord(session, raw);
    const steps = [
      { what: 'the record before', seen: 'opened, equal to raw', ok: opens },
      { what: 'the receipt', seen: 'signed, verified without a server', ok: signed },
      {
        what: 'where the key was in memory',
        seen: `${code} within ${refusedAfterMs} ms`,
        ok: held && code === SHREDDED,
      },
      { what: 'in a new reader', seen: later, ok: later === SHREDDED },
      { what: 'the next record of them', seen: `rejected: ${next}`, ok: next === SHREDDED },
    ];
    return { index: indexIn(receipt), refusedAfterMs, steps };
  } finally {
    cached.stop();
  }
}

async function opened(opener: RecordOpener, record: SealedRecord): Promise<boolean> {
  const [one] = await opener.open([record]);
  return one.ok;
}

async function codeOf(opener: RecordOpener, record: SealedRecord): Promise<string> {
  const [one] = await opener.open([record]);
  return one.ok ? 'it opened' : one.code;
}

/** Runs `sealstream subjects shred`, with the value on stdin; gives the receipt. */
function shredded(session: DemoSession, raw: Buffer): Promise<string> {
  const { dataset, place } = session.ground;
  const { ssn } = JSON.parse(raw.toString()) as { readonly ssn: string };
  const args = ['subjects', 'shred', '--dataset', dataset.name, '--reason', 'demo', '--yes'];
  return sealstream(place, [...args, '--policy', place.policyFile], settingsOf(session), ssn);
}

async function verified(session: DemoSession, receipt: string): Promise<boolean> {
  const file = `${session.ground.place.tmp}/receipt.txt`;
  writeFileSync(file, receipt);
  const args = ['subjects', 'verify-receipt', file, '--json'];
  const said = await sealstream(session.ground.place, args, settingsOf(session));
  return indexIn(said) === indexIn(receipt);
}

function indexIn(receipt: string): string {
  const [line = '{}'] = receipt.split('\n');
  return (JSON.parse(line) as { readonly index?: string }).index ?? '';
}

function settingsOf({ ground }: DemoSession): Record<string, string> {
  const { commandSettings, keys, place } = ground;
  return {
    ...commandSettings,
    SEALSTREAM_KEY_DIR: place.keys,
    SEALSTREAM_EPOCH_DIR: place.epochs,
    SEALSTREAM_SIGNER_PUBLIC_KEY_FILE: keys.signerPublicKeyFile,
  };
}

/** Publishes the record again; gives the code that it is rejected with. */
async function nextRecord(session: DemoSession, raw: Buffer): Promise<string> {
  const { bus, buses, dataset } = session.ground;
  const { rejected, raw: topic } = dataset.topics;
  const end = await bus.admin.offset(rejected, 0, 'latest');
  await buses.producer.append(topic, 0, [{ key: null, value: raw }]);
  const isThere = async () => (await bus.admin.offset(rejected, 0, 'latest')) > end;
  if (!(await session.comes(isThere, REJECTED_MS))) return 'it was not';
  const starts = [{ topic: rejected, partition: 0, offset: end }];
  for await (const { records } of bus.read({ starts, until: 'end' }))
    for (const { headers } of records) {
      const note = headers.find(([name]) => name === REJECT_HEADER)?.[1];
      return RejectNote.parse(JSON.parse(note?.toString('utf8') ?? '{}')).code;
    }
  return 'it was not';
}

const WHAT = 30;
const SEEN = 42;

/** The steps as lines of the closing report. */
export function shredLines({ index, steps }: ShredRun): string[] {
  return [
    `One person shredded (${index}):`,
    '',
    ...steps.map(({ ok, seen, what }) => {
      return ` ${what.padEnd(WHAT)} ${seen.padEnd(SEEN)} ${ok ? 'ok' : 'FAILED'}`;
    }),
  ];
}
