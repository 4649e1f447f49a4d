import { SealstreamError } from '@sealstream/contracts';
import { askRegistry, type RegistryAddress } from './registry-request.ts';
import { SchemaCache } from './schema-cache.ts';
import { registerSchema } from './schema-registration.ts';
import type { SchemaType } from './schema-type.ts';

/** A schema that another one is built on. */
export interface ReferencedSchema {
  /** What the other one calls it: an Avro name, a JSON Schema $id, a Protobuf import. */
  readonly name: string;
  readonly text: string;
}

/** A schema as it was registered. */
export interface RegisteredSchema {
  readonly id: number;
  readonly type: SchemaType;
  /** The very text, with documentation, custom properties and tags. */
  readonly text: string;
  /** All that it is built on, each behind what it is built on itself. */
  readonly references: readonly ReferencedSchema[];
}

export interface RegistryOptions {
  /** Where Confluent's interface begins: `http://registry:8081`, `…/apis/ccompat/v7`. */
  readonly url: string;
  readonly user?: { readonly name: string; readonly password: string };
  /** Authorities (PEM) to trust, for https; the system's when not given. */
  readonly tlsCa?: string | undefined;
  /** How long one request may take; 5,000 when not given. */
  readonly timeoutMs?: number;
  /** How many schemas are remembered; 1,000 when not given. */
  readonly cachedSchemas?: number;
  /** How long an id that the registry does not have is not asked for again; 10,000 when not given. */
  readonly unknownMs?: number;
}

export interface RegistryClient {
  /** Asks whether a registry answers. Throws REGISTRY_UNREACHABLE and REGISTRY_REFUSED. */
  check(): Promise<void>;
  /**
   * The schema of an id. Throws SCHEMA_UNKNOWN when the registry does not have it, and
   * REGISTRY_UNREACHABLE and REGISTRY_REFUSED.
   */
  schema(id: number): Promise<RegisteredSchema>;
  /**
   * Registers a schema under a subject, or finds it there; its id. A subject's own level of
   * compatibility stays, a new subject gets BACKWARD. Throws SCHEMA_INCOMPATIBLE when the level forbids
   * it, SCHEMA_UNREADABLE when it is none, and REGISTRY_UNREACHABLE and REGISTRY_REFUSED.
   */
  register(subject: string, type: SchemaType, text: string): Promise<number>;
  /** How many schemas are remembered now. */
  readonly cachedSchemas: number;
}

const DEFAULT_TIMEOUT_MS = 5_000;
const DEFAULT_CACHED = 1_000;
const DEFAULT_UNKNOWN_MS = 10_000;
/** Somebody who registers a schema must not make us ask for ever. */
const REFERENCES_MAX = 100;
const ID_MAX = 0x7fff_ffff;
const NO_SCHEMA = [40401, 40402, 40403];

interface Answer {
  readonly schema?: unknown;
  readonly schemaType?: unknown;
  readonly references?: unknown;
}

interface Reference {
  readonly name: string;
  readonly subject: string;
  readonly version: number;
}

const isType = (word: unknown): word is SchemaType =>
  word === 'AVRO' || word === 'JSON' || word === 'PROTOBUF';

const isReferences = (all: unknown): all is Reference[] =>
  Array.isArray(all) && all.every(isReference);

function isReference(one: unknown): one is Reference {
  const { name, subject, version } = (one ?? {}) as Partial<Record<keyof Reference, unknown>>;
  return typeof name === 'string' && typeof subject === 'string' && typeof version === 'number';
}

interface ReadAnswer {
  readonly type: SchemaType;
  readonly text: string;
  readonly references: readonly Reference[];
}

/** What an answer holds; throws when it is not what a registry answers. */
function read(answer: Answer): ReadAnswer {
  // Avro is what is meant where no type stands.
  const { schema: text, schemaType: type = 'AVRO' } = answer;
  const references: unknown = answer.references ?? [];
  if (typeof text !== 'string' || !isType(type) || !isReferences(references))
    throw new SealstreamError('REGISTRY_REFUSED', { reason: 'an answer of another form' });
  return { type, text, references };
}

class HttpRegistry implements RegistryClient {
  readonly #address: RegistryAddress;
  readonly #schemas: SchemaCache<RegisteredSchema>;

  constructor({ url, user, timeoutMs, tlsCa, cachedSchemas, unknownMs }: RegistryOptions) {
    this.#address = {
      url: url.replace(/\/+$/, ''),
      user,
      tlsCa,
      timeoutMs: timeoutMs ?? DEFAULT_TIMEOUT_MS,
    };
    this.#schemas = new SchemaCache(cachedSchemas ?? DEFAULT_CACHED, (error) =>
      error instanceof SealstreamError && error.code === 'SCHEMA_UNKNOWN'
        ? (unknownMs ?? DEFAULT_UNKNOWN_MS)
        : 0,
    );
  }

  get cachedSchemas(): number {
    return this.#schemas.size;
  }

  async check(): Promise<void> {
    await askRegistry(this.#address, '/schemas/types', []);
  }

  schema(id: number): Promise<RegisteredSchema> {
    // Precondition: an id is a whole number above zero, or the registry need not be asked.
    if (!Number.isInteger(id) || id < 1 || id > ID_MAX)
      return Promise.reject(new SealstreamError('SCHEMA_UNKNOWN', { schemaId: id }));
    return this.#schemas.get(id, () => this.#fetch(id));
  }

  register(subject: string, type: SchemaType, text: string): Promise<number> {
    return registerSchema(this.#address, subject, type, text);
  }

  async #fetch(id: number): Promise<RegisteredSchema> {
    const answer = await askRegistry(this.#address, `/schemas/ids/${id}`, NO_SCHEMA);
    if (answer === undefined) throw new SealstreamError('SCHEMA_UNKNOWN', { schemaId: id });
    const { type, text, references } = read(answer as Answer);
    const found = new Map<string, ReferencedSchema | undefined>();
    for (const reference of references) await this.#follow(id, reference, found);
    const all = [...found.values()].filter((one) => one !== undefined);
    return { id, type, text, references: all };
  }

  async #follow(
    id: number,
    { name, subject, version }: Reference,
    found: Map<string, ReferencedSchema | undefined>,
  ): Promise<void> {
    const key = `${version} ${subject}`;
    if (found.has(key)) return;
    if (found.size === REFERENCES_MAX)
      throw new SealstreamError('SCHEMA_UNKNOWN', { schemaId: id, reason: 'too many references' });
    found.set(key, undefined);
    const path = `/subjects/${encodeURIComponent(subject)}/versions/${version}`;
    const answer = await askRegistry(this.#address, path, NO_SCHEMA);
    if (answer === undefined)
      throw new SealstreamError('SCHEMA_UNKNOWN', { schemaId: id, reason: 'a reference' });
    const { text, references } = read(answer as Answer);
    for (const reference of references) await this.#follow(id, reference, found);
    // Set anew, so that it stands behind what it is built on.
    found.delete(key);
    found.set(key, { name, text });
  }
}

/** A client of one registry. It opens no connection before it is asked something. */
export function openRegistry(options: RegistryOptions): RegistryClient {
  return new HttpRegistry(options);
}
