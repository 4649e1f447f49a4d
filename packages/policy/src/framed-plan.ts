import type { KeySource } from '@sealstream/crypto';
import {
  avroTags,
  type ByteWriter,
  jsonSchemaTags,
  protobufTags,
  readMessageIndexes,
  type SchemaTags,
} from '@sealstream/records';
import { avroCheckPlan, avroPlan } from './avro-plan.ts';
import type { Dataset } from './dataset.ts';
import { FRAME_BYTES, FRAME_START, moved } from './frame.ts';
import { type CheckPlan, type Plan, WholeRecordPlan } from './plan.ts';
import { jsonSchemaCheckPlan, jsonSchemaPlan } from './json-schema-plan.ts';
import { protobufCheckPlan, protobufPlan } from './protobuf-plan.ts';
import type { SchemaPlan, SchemaRefusal, SchemaStage } from './schema-plan.ts';
import {
  type KnownSchema,
  type MessagePath,
  SchemaTable,
  type SchemaTableOptions,
} from './schema-table.ts';
import { withTaggedFields } from './tagged-fields.ts';
import type { Tally } from './tally.ts';
import type { Refusal, Verdict } from './verdict.ts';

/** Formats whose records name their schema. */
export type FramedFormat = 'avro' | 'json-schema' | 'protobuf';

const TYPES: Readonly<Record<FramedFormat, KnownSchema['type']>> = {
  avro: 'AVRO',
  'json-schema': 'JSON',
  protobuf: 'PROTOBUF',
};
/** One record of another format is its own fault, so it is refused like a schema that is none. */
const FOREIGN: SchemaRefusal = { problems: [{ code: 'SCHEMA_UNREADABLE', path: '' }] };

type TableOptions<P> = Omit<SchemaTableOptions<P>, 'make'>;

function tagsOf({ references, text, type }: KnownSchema, message: MessagePath): SchemaTags {
  if (type === 'JSON') return jsonSchemaTags(text);
  if (type === 'PROTOBUF') return protobufTags(text, message);
  const others = references.map((one) => one.text);
  return avroTags(text, others);
}

/** What stands before a record: its schema, which message of it, and where the record begins. */
interface Frame {
  readonly id: number;
  readonly message: MessagePath;
  readonly inside: number;
}

/** The path of a record whose schema has no other. */
const ONLY: MessagePath = [0];

function frameOf(format: FramedFormat, bytes: Buffer, from: number, to: number): Frame | Refusal {
  if (to - from < FRAME_BYTES || bytes[from] !== FRAME_START)
    return { ok: false, code: 'RECORD_NOT_FRAMED', byte: 0 };
  const id = bytes.readUInt32BE(from + 1);
  const behindId = from + FRAME_BYTES;
  if (format !== 'protobuf') return { id, message: ONLY, inside: behindId };
  const found = readMessageIndexes(bytes, behindId, to);
  if (found === undefined) return { ok: false, code: 'RECORD_NOT_FRAMED', byte: FRAME_BYTES };
  return { id, message: found.indexes, inside: found.end };
}

type Made<P> = SchemaPlan<P> | SchemaRefusal;

/** How a plan for the records of each format is made. */
interface Makers<P> {
  readonly avro: (rules: Dataset, text: string, references: readonly string[]) => Made<P>;
  readonly json: (rules: Dataset, text: string) => Made<P>;
  readonly protobuf: (rules: Dataset, text: string, message: MessagePath) => Made<P>;
}

/** How plans of a dataset's format are made, by its rules and the tags of each schema. */
function maker<P>(dataset: Dataset, format: FramedFormat, { avro, json, protobuf }: Makers<P>) {
  return (schema: KnownSchema, message: MessagePath): Made<P> => {
    const { references, text, type } = schema;
    // Only Avro has a way to write a schema and all that it is built on as one.
    if (type !== TYPES[format] || (type !== 'AVRO' && references.length > 0)) return FOREIGN;
    const rules = withTaggedFields(dataset, () => tagsOf(schema, message));
    if (type === 'JSON') return json(rules, text);
    if (type === 'PROTOBUF') return protobuf(rules, text, message);
    const others = references.map((one) => one.text);
    return avro(rules, text, others);
  };
}

/** A plan for records that name their schema, and the schemas that it needs in memory. */
export class FramedPlan extends WholeRecordPlan {
  readonly stage: SchemaStage;
  readonly schemas: SchemaTable<Plan>;
  readonly #format: FramedFormat;

  constructor(
    dataset: Dataset,
    format: FramedFormat,
    stage: SchemaStage,
    options: TableOptions<Plan>,
  ) {
    // The plan of the schema has a limit of its own.
    super(Number.POSITIVE_INFINITY);
    this.stage = stage;
    this.#format = format;
    this.schemas = new SchemaTable({
      ...options,
      make: maker(dataset, format, {
        avro: (rules, text, references) => avroPlan(rules, stage, text, references),
        json: (rules, text) => jsonSchemaPlan(rules, stage, text),
        protobuf: (rules, text, message) => protobufPlan(rules, stage, text, message),
      }),
    });
  }

  /** Throws SCHEMAS_WANTED when the schema is not in memory: bring it, and treat the batch again. */
  protected override write(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    tally: Tally,
    out: ByteWriter,
  ): Refusal | undefined {
    const frame = frameOf(this.#format, bytes, from, to);
    if ('ok' in frame) return frame;
    const { id, inside, message } = frame;
    const found = this.schemas.of(id, message);
    if ('ok' in found) return found;
    const { outputId, plan } = found;
    const start = out.length;
    out.reserve(FRAME_BYTES);
    out.bytes[start] = FRAME_START;
    out.bytes.writeUInt32BE(outputId, start + 1);
    out.length = start + FRAME_BYTES;
    // The message has the same place in the schema of what is written.
    out.copy(bytes, from + FRAME_BYTES, inside);
    return moved(plan.rewrite(bytes, inside, to, keys, tally, out), inside - from);
  }

  /** The plan of the schema has counted. */
  protected override count(): void {}
}

/** Applies every rule that needs no key to records that name their schema. */
export class FramedCheckPlan implements CheckPlan {
  readonly schemas: SchemaTable<CheckPlan>;
  readonly #format: FramedFormat;
  #latest: CheckPlan | undefined;

  constructor(
    dataset: Dataset,
    format: FramedFormat,
    options: Omit<TableOptions<CheckPlan>, 'subject'>,
  ) {
    this.#format = format;
    this.schemas = new SchemaTable({
      ...options,
      make: maker(dataset, format, {
        avro: avroCheckPlan,
        json: jsonSchemaCheckPlan,
        protobuf: protobufCheckPlan,
      }),
    });
  }

  check(value: Buffer): Verdict {
    return this.checkRange(value, 0, value.length) ?? { ok: true, value };
  }

  /** Throws SCHEMAS_WANTED. */
  checkRange(bytes: Buffer, from: number, to: number): Refusal | undefined {
    this.#latest = undefined;
    const frame = frameOf(this.#format, bytes, from, to);
    if ('ok' in frame) return frame;
    const { id, inside, message } = frame;
    const found = this.schemas.of(id, message);
    if ('ok' in found) return found;
    this.#latest = found.plan;
    return moved(found.plan.checkRange(bytes, inside, to), inside - from);
  }

  subject(): ReturnType<CheckPlan['subject']> {
    return this.#latest?.subject();
  }

  undeclared(): ReturnType<CheckPlan['undeclared']> {
    return this.#latest?.undeclared();
  }
}
