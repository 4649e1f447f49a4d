import { SealstreamError } from '@sealstream/contracts';
import type { NeededSchemas } from './plan.ts';
import type { SchemaPlan, SchemaRefusal } from './schema-plan.ts';
import { recordFault, type Refusal } from './verdict.ts';

/** A schema as a registry has it. */
export interface KnownSchema {
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly text: string;
  /** All that it is built on, each behind what it is built on itself. */
  readonly references: readonly { readonly text: string }[];
}

/** Which message of its schema a record is, where a schema has several, if it says; see protoMessageAt. */
export type MessagePath = readonly number[];

/** Whom schemas are asked for. What it throws of the class `record` is the fault of the record. */
export interface SchemaSource {
  schema(id: number): Promise<KnownSchema>;
  register(subject: string, type: KnownSchema['type'], text: string): Promise<number>;
}

/** What was seen of a schema when it was met first: to be told, since somebody may have to act. */
export interface SchemaFinding {
  readonly schemaId: number;
  /** Under which id the derived schema was registered, if it was. */
  readonly outputId?: number;
  /** Fields that the policy does not name: JSON Pointers, in the schema's own names. */
  readonly unknown: readonly string[];
  /** Why its records are refused; empty when they are not. */
  readonly problems: readonly Pick<Refusal, 'code' | 'path'>[];
}

export interface SchemaTableOptions<P> {
  readonly source: SchemaSource;
  /** What the policy makes of a message of a schema; throws SCHEMA_UNREADABLE. */
  readonly make: (schema: KnownSchema, message: MessagePath) => SchemaPlan<P> | SchemaRefusal;
  /** Where derived schemas are registered; nowhere when not given, as for a check. */
  readonly subject?: string;
  /** How many schemas are remembered; 1,000 when not given. Batches in work may need more. */
  readonly limit?: number;
  /** How long a refusal counts that another try may change; 10,000 when not given. */
  readonly refusedMs?: number;
  readonly onFinding?: (finding: SchemaFinding) => void;
}

/** How the records of one schema are treated. */
export interface TreatedSchema<P> {
  readonly plan: P;
  /** The id that what is written bears. */
  readonly outputId: number;
}

const DEFAULT_LIMIT = 1_000;
const DEFAULT_REFUSED_MS = 10_000;
/** Somebody may register the schema, or mend what the output must be compatible with. */
const MAY_PASS: ReadonlySet<Refusal['code']> = new Set(['SCHEMA_UNKNOWN', 'SCHEMA_INCOMPATIBLE']);

interface Known<P> {
  readonly treated: TreatedSchema<P> | Refusal;
  /** Since when, by the clock of `performance`. */
  readonly sinceMs: number;
}

/** A schema, and which of its messages. */
interface Place {
  readonly id: number;
  readonly message: MessagePath;
}

/** The id of a schema; another number where no message is named; both, where it is not the first. */
type Key = number | string;

/** A batch in work. */
interface Work {
  /** Where it begins. */
  from: bigint;
  /** What it named so far. */
  readonly keys: Set<Key>;
  /** What of it was not there when it was treated last. */
  readonly wanted: Map<Key, Place>;
}

const isFirst = (message: MessagePath): boolean => message.length === 1 && message[0] === 0;

/** A number wherever it can be one, since each record asks. */
function keyOf(id: number, message: MessagePath): Key {
  if (isFirst(message)) return id;
  return message.length === 0 ? -1 - id : `${id} ${message.join('.')}`;
}

const newWork = (): Work => ({ from: -1n, keys: new Set(), wanted: new Map() });

/**
 * The schemas that records name, in memory. A batch is treated at once: a schema that is not here is
 * noted, `bring` fetches what was noted, and the batch is treated again. So no record waits alone,
 * and a plan stays a function of what is in memory. Partitions take turns: what the batch of one needs
 * stays until its next one begins, and with it each answer, so that no batch waits for ever; and one that
 * has all it needs does not wait for what another lacks.
 */
export class SchemaTable<P> implements NeededSchemas {
  readonly #options: SchemaTableOptions<P>;
  readonly #known = new Map<Key, Known<P>>();
  /** What is being fetched; whoever wants it too waits for the same answer. */
  readonly #coming = new Map<Key, Promise<void>>();
  /** By partition. */
  readonly #works = new Map<number, Work>();
  #work: Work = newWork();

  constructor(options: SchemaTableOptions<P>) {
    this.#options = options;
    // What is treated before any batch began, as by whoever has no partitions.
    this.#works.set(-1, this.#work);
  }

  get wants(): boolean {
    return this.#work.wanted.size > 0;
  }

  get size(): number {
    return this.#known.size;
  }

  begin(partition: number, from: bigint): void {
    const work = this.#works.get(partition) ?? newWork();
    this.#works.set(partition, work);
    this.#work = work;
    work.wanted.clear();
    if (work.from === from) return;
    work.from = from;
    work.keys.clear();
    this.#forgetRefused();
    this.#shrink();
  }

  /** How the records of a schema are treated, or why not. Throws SCHEMAS_WANTED. */
  of(id: number, message: MessagePath): TreatedSchema<P> | Refusal {
    const key = keyOf(id, message);
    this.#work.keys.add(key);
    const known = this.#known.get(key);
    if (known !== undefined) return known.treated;
    this.#work.wanted.set(key, { id, message });
    throw new SealstreamError('SCHEMAS_WANTED', { schemaId: id });
  }

  /**
   * Fetches the schemas that the batch of now asked for and registers what is derived from them. Throws
   * what the source throws when it is not the fault of a record; what was brought until then stays.
   */
  async bring(): Promise<void> {
    const { wanted } = this.#work;
    for (const [key, place] of wanted) {
      await this.#brought(key, place);
      wanted.delete(key);
    }
    this.#shrink();
  }

  async #brought(key: Key, place: Place): Promise<void> {
    if (this.#known.has(key)) return;
    const coming = this.#coming.get(key) ?? this.#keep(key, place);
    this.#coming.set(key, coming);
    await coming.finally(() => this.#coming.delete(key));
  }

  async #keep(key: Key, place: Place): Promise<void> {
    this.#known.set(key, { treated: await this.#fetch(place), sinceMs: performance.now() });
  }

  async #fetch({ id, message }: Place): Promise<TreatedSchema<P> | Refusal> {
    const { make, onFinding, source, subject } = this.#options;
    let made: SchemaPlan<P> | SchemaRefusal;
    let type: KnownSchema['type'];
    try {
      const schema = await source.schema(id);
      ({ type } = schema);
      made = make(schema, message);
    } catch (error) {
      const code = recordFault(error);
      // Ids and messages that are nobody's can be many; their records are counted.
      if (code !== 'SCHEMA_UNKNOWN' && (isFirst(message) || message.length === 0))
        onFinding?.({ schemaId: id, unknown: [], problems: [{ code, path: '' }] });
      return { ok: false, code };
    }
    if ('problems' in made) {
      const { problems } = made;
      onFinding?.({ schemaId: id, unknown: [], problems });
      // The path is told by the finding: it has names that are not the policy's.
      return { ok: false, code: problems[0]?.code ?? 'SCHEMA_UNREADABLE' };
    }
    const { plan, outputSchema, unknown } = made;
    if (subject === undefined) {
      onFinding?.({ schemaId: id, unknown, problems: [] });
      return { plan, outputId: id };
    }
    try {
      const outputId = await source.register(subject, type, outputSchema);
      onFinding?.({ schemaId: id, outputId, unknown, problems: [] });
      return { plan, outputId };
    } catch (error) {
      const code = recordFault(error);
      onFinding?.({ schemaId: id, unknown, problems: [{ code, path: '' }] });
      return { ok: false, code };
    }
  }

  #isUsed(key: Key): boolean {
    return [...this.#works.values()].some(({ keys }) => keys.has(key));
  }

  #forgetRefused(): void {
    const untilMs = performance.now() - (this.#options.refusedMs ?? DEFAULT_REFUSED_MS);
    for (const [key, { sinceMs, treated }] of this.#known)
      if ('ok' in treated && MAY_PASS.has(treated.code) && sinceMs <= untilMs && !this.#isUsed(key))
        this.#known.delete(key);
  }

  /** Forgets what came first and no batch in work needs. */
  #shrink(): void {
    const { limit = DEFAULT_LIMIT } = this.#options;
    for (const key of this.#known.keys()) {
      if (this.#known.size <= limit) return;
      if (!this.#isUsed(key)) this.#known.delete(key);
    }
  }
}
