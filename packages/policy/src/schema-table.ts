import { SealstreamError } from '@sealstream/contracts';
import type { SchemaProblem } from '@sealstream/records';
import type { SchemaPlan, SchemaRefusal } from './schema-plan.ts';
import { recordFault, type Refusal } from './verdict.ts';

/** A schema as a registry has it. */
export interface KnownSchema {
  readonly type: 'AVRO' | 'JSON' | 'PROTOBUF';
  readonly text: string;
  /** All that it is built on, each behind what it is built on itself. */
  readonly references: readonly { readonly text: string }[];
}

/** Which message of its schema a record is, where a schema has several; see protoMessageAt. */
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
  readonly problems: readonly SchemaProblem[];
}

export interface SchemaTableOptions<P> {
  readonly source: SchemaSource;
  /** What the policy makes of a message of a schema; throws SCHEMA_UNREADABLE. */
  readonly make: (schema: KnownSchema, message: MessagePath) => SchemaPlan<P> | SchemaRefusal;
  /** Where derived schemas are registered; nowhere when not given, as for a check. */
  readonly subject?: string;
  /** How many schemas are remembered; 1,000 when not given. One batch may need more. */
  readonly limit?: number;
  readonly onFinding?: (finding: SchemaFinding) => void;
}

/** How the records of one schema are treated. */
export interface TreatedSchema<P> {
  readonly plan: P;
  /** The id that what is written bears. */
  readonly outputId: number;
}

const DEFAULT_LIMIT = 1_000;

/**
 * The schemas that records name, in memory. A batch is treated at once: a schema that is not here is
 * noted, `bring` fetches what was noted, and the batch is treated again. So no record waits alone,
 * and a plan stays a function of what is in memory.
 */
export class SchemaTable<P> {
  readonly #options: SchemaTableOptions<P>;
  /** By the id of the schema, or by that and the message where it is not the first. */
  readonly #known = new Map<number | string, TreatedSchema<P> | Refusal>();
  readonly #wanted = new Map<number | string, { id: number; message: MessagePath }>();
  /** What the batch of now needs; these stay, however many they are. */
  readonly #used = new Set<number | string>();

  constructor(options: SchemaTableOptions<P>) {
    this.#options = options;
  }

  /** Whether `bring` has something to do. */
  get wants(): boolean {
    return this.#wanted.size > 0;
  }

  get size(): number {
    return this.#known.size;
  }

  /** Begins the next batch: an id that the registry did not have may be there now. */
  begin(): void {
    for (const [id, known] of this.#known)
      if ('ok' in known && known.code === 'SCHEMA_UNKNOWN') this.#known.delete(id);
    this.#used.clear();
    this.#shrink();
  }

  /** How the records of a schema are treated, or why not. Throws SCHEMAS_WANTED. */
  of(id: number, message: MessagePath): TreatedSchema<P> | Refusal {
    const isFirst = message.length === 1 && message[0] === 0;
    const key = isFirst ? id : `${id} ${message.join('.')}`;
    this.#used.add(key);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#wanted.set(key, { id, message });
    throw new SealstreamError('SCHEMAS_WANTED', { schemaId: id });
  }

  /**
   * Fetches the schemas that were asked for and registers what is derived from them. Throws what the
   * source throws when it is not the fault of a record; what was brought until then stays.
   */
  async bring(): Promise<void> {
    for (const [key, { id, message }] of this.#wanted) {
      this.#known.set(key, await this.#fetch(id, message));
      this.#wanted.delete(key);
    }
    this.#shrink();
  }

  async #fetch(id: number, message: MessagePath): Promise<TreatedSchema<P> | Refusal> {
    const { make, onFinding, source, subject } = this.#options;
    let made: SchemaPlan<P> | SchemaRefusal;
    let type: KnownSchema['type'];
    try {
      const schema = await source.schema(id);
      ({ type } = schema);
      made = make(schema, message);
    } catch (error) {
      return { ok: false, code: recordFault(error) };
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
    const outputId = await source.register(subject, type, outputSchema);
    onFinding?.({ schemaId: id, outputId, unknown, problems: [] });
    return { plan, outputId };
  }

  /** Forgets what came first and the batch of now does not need. */
  #shrink(): void {
    const { limit = DEFAULT_LIMIT } = this.#options;
    for (const key of this.#known.keys()) {
      if (this.#known.size <= limit) return;
      if (!this.#used.has(key)) this.#known.delete(key);
    }
  }
}
