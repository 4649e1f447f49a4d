import { CsvReader, formatPattern, type ValueType, type Step } from '@sealstream/records';
import { columnNames, rowFault } from './csv-columns.ts';
import { fileFormat } from './file-output.ts';
import type { ClassName } from './value-class.ts';

/** A field seen in a sample. */
export interface SampleField {
  readonly path: string;
  readonly types: readonly ValueType[];
  /** What its values are, where somebody has looked. */
  readonly class?: ClassName;
  /** Its mask as YAML; redact when not given. */
  readonly mask?: string;
}

/** Longest header row or line of a sample. */
const LINE_BYTES_MAX = 1024 * 1024;
/** More fields than a policy in one file can sensibly name. */
const FIELDS_MAX = 10_000;
const DEPTH_MAX = 60;

interface Seen {
  readonly steps: readonly Step[];
  readonly types: Set<ValueType>;
  readonly named: Map<string, Seen>;
  any?: Seen;
}

const seen = (steps: readonly Step[]): Seen => ({ steps, types: new Set(), named: new Map() });

function child(node: Seen, step: Step): Seen {
  const next = (step === null ? node.any : node.named.get(step)) ?? seen([...node.steps, step]);
  if (step === null) node.any = next;
  else node.named.set(step, next);
  return next;
}

/** Walks one parsed value; what is nested too deep is left to be rejected. */
function look(node: Seen, value: unknown): void {
  if (value === null || node.steps.length > DEPTH_MAX) return;
  if (Array.isArray(value)) {
    const each = child(node, null);
    for (const element of value) look(each, element);
  } else if (typeof value === 'object') {
    for (const [name, member] of Object.entries(value)) look(child(node, name), member);
  } else if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') {
    node.types.add(typeof value as ValueType);
  }
}

/**
 * The fields below a node. A place that is sometimes a value and sometimes holds others can only be
 * declared as one of them: as a value, so that the others are rejected and not passed.
 */
function collect(node: Seen, fields: SampleField[]): void {
  if (fields.length >= FIELDS_MAX) return;
  const inner = node.any === undefined ? [...node.named.values()] : [node.any];
  if (node.steps.length > 0 && (node.types.size > 0 || inner.length === 0)) {
    const types: ValueType[] = node.types.size === 0 ? ['string'] : [...node.types].sort();
    fields.push({ path: formatPattern(node.steps), types });
    return;
  }
  for (const next of inner) collect(next, fields);
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    // The last line of a cut sample, or a bad one: a sample need not be whole.
    return undefined;
  }
}

function ndjsonFields(sample: Buffer): SampleField[] {
  const root = seen([]);
  for (const line of sample
    .toString()
    .replace(/^\ufeff/, '')
    .split('\n')) {
    const value = parsed(line);
    if (typeof value === 'object' && !Array.isArray(value)) look(root, value);
  }
  const fields: SampleField[] = [];
  collect(root, fields);
  return fields;
}

function csvFields(sample: Buffer): SampleField[] {
  const reader = new CsvReader(LINE_BYTES_MAX);
  let names: readonly string[] | undefined;
  const onRow: Parameters<CsvReader['push']>[1] = (row) => {
    if (names === undefined) names = rowFault(row) === undefined ? columnNames(row) : [];
  };
  reader.push(sample, onRow);
  reader.end(onRow);
  const paths = new Set((names ?? []).map((name) => formatPattern([name])));
  return [...paths].map((path) => ({ path, types: ['string'] }));
}

/**
 * The fields of a sample, the beginning of a CSV or NDJSON file: every column, or every value of
 * every record, nested ones too. Columns are strings, since 02139 in one row may be 2139 in none.
 */
export function sampleFields(sample: Buffer): SampleField[] {
  return fileFormat(sample) === 'csv' ? csvFields(sample) : ndjsonFields(sample);
}
