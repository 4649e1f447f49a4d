import type { KafkaRecord } from '@sealstream/bus';
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

/** The first encrypted record that has every field, beside its raw, masked and opened form. */
export async function takeSample(session: DemoSession, raw: Buffer): Promise<Sample | undefined> {
  const { access, dataset } = session.ground;
  const { topics } = dataset;
  const opener = await recordOpener(access, dataset);
  try {
    let opened = '';
    const encrypted = await first(session, topics.encrypted, ({ value }) => {
      const result = value === null ? undefined : opener.open(value);
      if (result?.ok !== true || !result.value.equals(raw)) return false;
      opened = result.value.toString();
      return true;
    });
    const source = encrypted && outcomeOf(encrypted.partition, encrypted.record).source;
    if (encrypted === undefined || source === null || source === undefined) return undefined;
    const masked = await first(session, topics.masked, (record, partition) => {
      const other = outcomeOf(partition, record).source;
      return other?.partition === source.partition && other.offset === source.offset;
    });
    return {
      coordinate: `${source.incarnation}/${source.partition}/${source.offset}`,
      raw: raw.toString(),
      masked: masked?.record.value?.toString() ?? '',
      encrypted: encrypted.record.value?.toString() ?? '',
      opened,
    };
  } finally {
    opener.stop();
  }
}

async function first(
  session: DemoSession,
  topic: string,
  is: (record: KafkaRecord, partition: number) => boolean,
): Promise<{ partition: number; record: KafkaRecord } | undefined> {
  const starts = Array.from({ length: session.ledger.partitions }, (_, partition) => {
    return { topic, partition, offset: 'earliest' as const };
  });
  for await (const { partition, records } of session.ground.bus.read({ starts, until: 'end' })) {
    const record = records.find((each) => is(each, partition));
    if (record !== undefined) return { partition, record };
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
