import type { SealedRecord } from '@sealstream/flow';
import { recordOpener } from './keys.ts';
import { outcomeOf } from './outcomes.ts';
import type { DemoSession } from './session.ts';

/** One record at each of its stations, as JSON text. */
export interface Sample {
  readonly coordinate: string;
  readonly raw: string;
  readonly masked: string;
  readonly encrypted: string;
  readonly opened: string;
}

/** A raw record beside its masked, encrypted and opened form. */
export async function takeSample(session: DemoSession, raw: Buffer): Promise<Sample | undefined> {
  const { access, dataset } = session.ground;
  const { topics } = dataset;
  const { ledger } = session;
  const at = ledger.locate(raw);
  if (at === undefined) return undefined;
  const masked = await recordAt(session, topics.masked, raw);
  const encrypted = await recordAt(session, topics.encrypted, raw);
  const opener = await recordOpener(access, dataset);
  const [opened] = await opener.open(encrypted === undefined ? [] : [encrypted]);
  opener.stop();
  return {
    coordinate: `${ledger.incarnation}/${at.partition}/${at.offset}`,
    raw: raw.toString(),
    masked: masked?.value?.toString() ?? '{}',
    encrypted: encrypted?.value?.toString() ?? '{}',
    opened: opened?.ok ? opened.value.toString() : '{}',
  };
}

/** What a record of raw became on another topic. */
export async function recordAt(
  session: DemoSession,
  topic: string,
  raw: Buffer,
): Promise<SealedRecord | undefined> {
  const at = session.ledger.locate(raw);
  if (at === undefined) return undefined;
  const { partition, offset } = at;
  const starts = [{ topic, partition, offset: 'earliest' as const }];
  for await (const { records } of session.ground.buses
    .readerOf(topic)
    .read({ starts, until: 'end' })) {
    const record = records.find((each) => outcomeOf(partition, each).source?.offset === offset);
    if (record !== undefined)
      return { ...record, value: record.value && Buffer.from(record.value) };
  }
  return undefined;
}

type Json = string | number | boolean | null | Json[] | { [name: string]: Json };

/** Path and text of every value of a JSON object, in order. */
function valuesOf(value: Json, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (value === null || typeof value !== 'object') return [[path, JSON.stringify(value)]];
  const entries = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return entries.flatMap(([name, each]) => valuesOf(each, `${path}/${name}`));
}

const WIDTH = 27;

/** Cut to the width of a column; control characters, as in a note of two lines, become spaces. */
function cell(text: string): string {
  const flat = text.replaceAll(/[\r\n\t]/g, ' ');
  return (flat.length > WIDTH ? `${flat.slice(0, WIDTH - 1)}…` : flat).padEnd(WIDTH);
}

/** The sample as a table, one field a row. */
export function sampleLines({ raw, masked, encrypted, opened, coordinate }: Sample): string[] {
  const parse = (json: string) => new Map(valuesOf(JSON.parse(json) as Json));
  const columns = [masked, encrypted, opened].map(parse);
  const rows = [...parse(raw)].map(([path, text]) => {
    const cells = columns.map((column) => cell(column.get(path) ?? '(left out)'));
    return ` ${path.padEnd(18)} ${cell(text)} ${cells.join(' ')}`.trimEnd();
  });
  const heads = ['raw', 'masked', 'encrypted', 'opened again'].map(cell).join(' ').trimEnd();
  return [
    `One record (${coordinate}) at its four stations:`,
    '',
    ` ${' '.repeat(18)} ${heads}`,
    ...rows,
  ];
}
