import type { ByteRange } from '@sealstream/contracts';
import type { KeySource } from '@sealstream/crypto';
import {
  behindElement,
  type ByteWriter,
  derivedProtobufSchema,
  KIND,
  PROTO_SPAN,
  type ProtoFile,
  protoMessageAt,
  ProtobufScanner,
  ProtobufShape,
  type ProtoSpan,
  readProtobufSchema,
  varintSize,
  WIRE,
  writeProtoTag,
  writeVarint,
} from '@sealstream/records';
import type { Dataset } from './dataset.ts';
import { FieldPlan } from './field-plan.ts';
import { slotOutcomes } from './outcomes.ts';
import type { CheckPlan, Plan } from './plan.ts';
import { protobufText, type ProtobufTreatment, protobufTreatment } from './protobuf-treatment.ts';
import {
  schemaCheck,
  type SchemaPlan,
  SchemaReader,
  type SchemaRefusal,
  type SchemaStage,
} from './schema-plan.ts';
import type { Tally } from './tally.ts';
import { valueTreatments } from './value-treatment.ts';
import { recordFault, type Refusal } from './verdict.ts';

/** The schema that was read last: its messages are met one by one, and records may name any of them. */
let latest: ProtoFile | undefined;

function fileOf(text: string): ProtoFile {
  if (latest?.text !== text) latest = readProtobufSchema(text);
  return latest;
}

class ProtobufReader extends SchemaReader<ProtoSpan> {
  readonly met: ProtobufShape;
  readonly scanner: ProtobufScanner;

  constructor(
    dataset: Dataset,
    stage: SchemaStage | 'check',
    text: string,
    indexes: readonly number[],
  ) {
    super(dataset, stage);
    const file = fileOf(text);
    const outcomes = slotOutcomes(dataset, this.shape, stage);
    this.met = new ProtobufShape(file, protoMessageAt(file, indexes), this.shape, outcomes);
    this.scanner = new ProtobufScanner(this.met);
  }

  protected override textOf(bytes: Buffer, span: ProtoSpan): ByteRange | undefined {
    const { kind, op } = span;
    // What is moved stands elsewhere, too, each time that it stands. Of what is repeated only text can
    // look sealed, and the rest of it may be packed.
    const isText = op?.kind === KIND.string && op.does === 'value' && kind !== PROTO_SPAN.moved;
    return isText && (op.is === 'string' || !op.isRepeated)
      ? protobufText(bytes, span, op, this.maxBytes)
      : undefined;
  }

  protected override isString({ op }: ProtoSpan): boolean {
    return op?.is === 'string';
  }
}

/** A message whose inside is being written. */
interface Opened {
  /** Where its length begins in what is written, and how many bytes it has there. */
  readonly at: number;
  readonly lengthBytes: number;
  /** The length that stands there. */
  readonly length: number;
}

function open(bytes: Buffer, { start, end, inside, op }: ProtoSpan, out: ByteWriter): Opened {
  const behindTag = behindElement(bytes, start, WIRE.varint);
  if (op === undefined || op.outNumber === op.number) out.copy(bytes, start, behindTag);
  else writeProtoTag(out, op.outNumber, WIRE.bytes);
  const at = out.length;
  out.copy(bytes, behindTag, inside);
  return { at, lengthBytes: inside - behindTag, length: end - inside };
}

/** Puts the length before a message, where it is another now. */
function close({ at, length, lengthBytes }: Opened, out: ByteWriter): void {
  const written = out.length - at - lengthBytes;
  if (written === length) return;
  const more = varintSize(written) - lengthBytes;
  out.reserve(Math.max(more, 0));
  out.bytes.copyWithin(at + lengthBytes + more, at + lengthBytes, out.length);
  const end = out.length + more;
  out.length = at;
  writeVarint(out, written);
  out.length = end;
}

class ProtobufPlan extends FieldPlan<SchemaStage> {
  readonly #reader: ProtobufReader;
  readonly #treatments: readonly (ProtobufTreatment | undefined)[];
  readonly #opened: Opened[] = [];

  constructor(dataset: Dataset, stage: SchemaStage, reader: ProtobufReader) {
    super(dataset, stage, reader);
    this.#reader = reader;
    this.#treatments = valueTreatments(dataset, stage, reader.shape, reader).map((one) =>
      one === undefined ? undefined : protobufTreatment(one, this.maxOutput),
    );
  }

  protected override treat(
    bytes: Buffer,
    from: number,
    to: number,
    keys: KeySource,
    out: ByteWriter,
  ): Refusal | undefined {
    const { spans, count } = this.#reader.scanner;
    const begin = out.length;
    this.#opened.length = 0;
    let done = from;
    for (let i = 0; i < count; i++) {
      const span = spans[i];
      // Fields that are not there are written, too, so that a small record may become a large one.
      if (out.length - begin > this.maxOutput) return { ok: false, code: 'RECORD_TOO_LARGE' };
      const isTreated = span.kind === PROTO_SPAN.value || span.kind === PROTO_SPAN.packed;
      if (isTreated && span.op?.outcome.becomes === 'same') continue;
      const refusal = this.#write(bytes, done, span, keys, out, from);
      if (refusal !== undefined) return refusal;
      done = behind(span);
    }
    out.copy(bytes, done, to);
    return undefined;
  }

  /** Writes what stands before a span, and what the span becomes. */
  #write(
    bytes: Buffer,
    done: number,
    span: ProtoSpan,
    keys: KeySource,
    out: ByteWriter,
    from: number,
  ): Refusal | undefined {
    const { kind, slot } = span;
    out.copy(bytes, done, kind === PROTO_SPAN.moved ? span.to : span.start);
    if (kind === PROTO_SPAN.open) this.#opened.push(open(bytes, span, out));
    if (kind === PROTO_SPAN.close) {
      const opened = this.#opened.pop();
      if (opened !== undefined) close(opened, out);
    }
    if (kind > PROTO_SPAN.moved) return undefined;
    const code = treated(this.#treatments[slot], bytes, span, out, keys);
    return code === undefined ? undefined : this.#reader.refuse(code, span, from);
  }

  protected override count(tally: Tally): void {
    const { spans, count } = this.#reader.scanner;
    const counters = tally.counters(this.labels);
    for (let i = 0; i < count; i++) {
      const { kind, slot, count: values } = spans[i];
      const isTreated = kind <= PROTO_SPAN.moved && this.#treatments[slot] !== undefined;
      if (isTreated || kind === PROTO_SPAN.cut) counters[slot] += values;
    }
  }
}

/** Where the record goes on behind what a span became. */
function behind({ end, inside, kind, to }: ProtoSpan): number {
  if (kind === PROTO_SPAN.moved) return to;
  return kind === PROTO_SPAN.open ? inside : end;
}

function treated(
  treatment: ProtobufTreatment | undefined,
  bytes: Buffer,
  span: ProtoSpan,
  out: ByteWriter,
  keys: KeySource,
): Refusal['code'] | undefined {
  try {
    return treatment?.(bytes, span, out, keys);
  } catch (error) {
    return recordFault(error);
  }
}

/** The first message of a schema. */
const FIRST: readonly number[] = [0];

/**
 * Treats Protobuf records of one message as the policy says; the bytes alone, without what Confluent's
 * wire format puts before them. Untouched bytes stay as they are. Throws SCHEMA_UNREADABLE.
 *
 * @param indexes which message of the schema, see protoMessageAt
 */
export function protobufPlan(
  dataset: Dataset,
  stage: SchemaStage,
  text: string,
  indexes: readonly number[] = FIRST,
): SchemaPlan<Plan> | SchemaRefusal {
  const reader = new ProtobufReader(dataset, stage, text, indexes);
  const { problems, unknown } = reader.met;
  if (problems.length > 0) return { problems };
  const plan = new ProtobufPlan(dataset, stage, reader);
  return { plan, outputSchema: derivedProtobufSchema(reader.met), unknown };
}

/** Applies every rule that needs no key to Protobuf records of one message. Throws SCHEMA_UNREADABLE. */
export function protobufCheckPlan(
  dataset: Dataset,
  text: string,
  indexes: readonly number[] = FIRST,
): SchemaPlan<CheckPlan> | SchemaRefusal {
  const reader = new ProtobufReader(dataset, 'check', text, indexes);
  const { problems, unknown } = reader.met;
  if (problems.length > 0) return { problems };
  return { plan: schemaCheck(reader), outputSchema: text, unknown };
}
