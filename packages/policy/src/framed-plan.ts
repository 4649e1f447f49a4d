import type { KeySource } from '@sealstream/crypto';
import { avroTags, ByteWriter, jsonSchemaTags } from '@sealstream/records';
import { avroCheckPlan, avroPlan } from './avro-plan.ts';
import type { Dataset } from './dataset.ts';
import { type CheckPlan, type Plan, WholeRecordPlan } from './plan.ts';
import { jsonSchemaCheckPlan, jsonSchemaPlan } from './json-schema-plan.ts';
import type { SchemaRefusal, SchemaStage } from './schema-plan.ts';
import {
  type KnownSchema,
  SchemaTable,
  type SchemaTableOptions,
  type TreatedSchema,
} from './schema-table.ts';
import { withTaggedFields } from './tagged-fields.ts';
import type { Tally } from './tally.ts';
import type { Refusal, Verdict } from './verdict.ts';

/** Formats whose records name their schema. */
export type FramedFormat = 'avro' | 'json-schema' | 'protobuf';

/** A zero byte and the id of the schema, as Confluent's serializers write it. */
export const FRAME_BYTES = 5;

const TYPES: Readonly<Record<FramedFormat, KnownSchema['type']>> = {
  avro: 'AVRO',
  'json-schema': 'JSON',
  protobuf: 'PROTOBUF',
};
/** One record of another format is its own fault, so it is refused like a schema that is none. */
const FOREIGN: SchemaRefusal = { problems: [{ code: 'SCHEMA_UNREADABLE', path: '' }] };

type TableOptions<P> = Omit<SchemaTableOptions<P>, 'make'>;

/** The rules for records of one schema, whose tags count. */
function rulesFor(dataset: Dataset, { references, text, type }: KnownSchema): Dataset {
  return withTaggedFields(dataset, () =>
    type === 'JSON'
      ? jsonSchemaTags(text)
      : avroTags(
          text,
          references.map((one) => one.text),
        ),
  );
}

/** How the records of the schema that a value names are treated, or why not. */
function treatedOf<P>(
  schemas: SchemaTable<P>,
  bytes: Buffer,
  from: number,
  to: number,
): TreatedSchema<P> | Refusal {
  if (to - from < FRAME_BYTES || bytes[from] !== 0)
    return { ok: false, code: 'RECORD_NOT_FRAMED', byte: 0 };
  return schemas.of(bytes.readUInt32BE(from + 1));
}

/** Counts the place of a refusal from the beginning of the value. */
function moved(refusal: Refusal | undefined): Refusal | undefined {
  if (refusal?.byte === undefined) return refusal;
  return { ...refusal, byte: refusal.byte + FRAME_BYTES };
}

/** A plan for records that name their schema, and the schemas that it needs in memory. */
export class FramedPlan extends WholeRecordPlan {
  readonly stage: SchemaStage;
  readonly schemas: SchemaTable<Plan>;

  constructor(
    dataset: Dataset,
    format: FramedFormat,
    stage: SchemaStage,
    options: TableOptions<Plan>,
  ) {
    // The plan of the schema has a limit of its own.
    super(Number.POSITIVE_INFINITY);
    this.stage = stage;
    this.schemas = new SchemaTable({
      ...options,
      make: (schema) => {
        const { references, text, type } = schema;
        if (type !== TYPES[format] || type === 'PROTOBUF') return FOREIGN;
        const rules = rulesFor(dataset, schema);
        if (type === 'JSON')
          return references.length > 0 ? FOREIGN : jsonSchemaPlan(rules, stage, text);
        const others = references.map((one) => one.text);
        return avroPlan(rules, stage, text, others);
      },
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
    const found = treatedOf(this.schemas, bytes, from, to);
    if ('ok' in found) return found;
    const start = out.length;
    out.reserve(FRAME_BYTES);
    out.bytes[start] = 0;
    out.bytes.writeUInt32BE(found.outputId, start + 1);
    out.length = start + FRAME_BYTES;
    return moved(found.plan.rewrite(bytes, from + FRAME_BYTES, to, keys, tally, out));
  }

  /** The plan of the schema has counted. */
  protected override count(): void {}
}

/** Applies every rule that needs no key to records that name their schema. */
export class FramedCheckPlan implements CheckPlan {
  readonly schemas: SchemaTable<CheckPlan>;
  #latest: CheckPlan | undefined;

  constructor(
    dataset: Dataset,
    format: FramedFormat,
    options: Omit<TableOptions<CheckPlan>, 'subject'>,
  ) {
    this.schemas = new SchemaTable({
      ...options,
      make: (schema) => {
        const { references, text, type } = schema;
        if (type !== TYPES[format] || type === 'PROTOBUF') return FOREIGN;
        const rules = rulesFor(dataset, schema);
        if (type === 'JSON')
          return references.length > 0 ? FOREIGN : jsonSchemaCheckPlan(rules, text);
        const others = references.map((one) => one.text);
        return avroCheckPlan(rules, text, others);
      },
    });
  }

  check(value: Buffer): Verdict {
    return this.checkRange(value, 0, value.length) ?? { ok: true, value };
  }

  /** Throws SCHEMAS_WANTED. */
  checkRange(bytes: Buffer, from: number, to: number): Refusal | undefined {
    this.#latest = undefined;
    const found = treatedOf(this.schemas, bytes, from, to);
    if ('ok' in found) return found;
    this.#latest = found.plan;
    return moved(found.plan.checkRange(bytes, from + FRAME_BYTES, to));
  }

  subject(): ReturnType<CheckPlan['subject']> {
    return this.#latest?.subject();
  }

  undeclared(): ReturnType<CheckPlan['undeclared']> {
    return this.#latest?.undeclared();
  }
}
