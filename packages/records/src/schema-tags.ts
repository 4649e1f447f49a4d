import { SealstreamError } from '@sealstream/contracts';
import { type AvroType, readAvroSchema, type Written } from './avro-schema.ts';
import { formatPattern, type Step } from './path-pattern.ts';
import {
  type ProtoMessage,
  protoMessageAt,
  protoTypeOf,
  readProtobufSchema,
} from './protobuf-schema.ts';

/** Tags of each place of a schema by its path pattern: its own, and those of what it stands in. */
export type SchemaTags = ReadonlyMap<string, ReadonlySet<string>>;

type Path = readonly Step[];
type Tags = readonly string[];

/** Under which name Confluent's registries and tools write tags into Avro and JSON Schema. */
const TAGS = 'confluent:tags';
/** Types that are used over and over make a small schema name very many places. */
const PLACES_MAX = 20_000;

const isMap = (value: unknown): value is Written =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function tagsOf(written: unknown): Tags {
  const tags = isMap(written) ? written[TAGS] : undefined;
  return Array.isArray(tags) ? tags.filter((tag): tag is string => typeof tag === 'string') : [];
}

/** Collects tags while a schema is walked. */
class Collector {
  readonly tags = new Map<string, Set<string>>();
  #places = 0;

  /** Throws SCHEMA_UNREADABLE when there is no end of places. */
  note(path: Path, tags: Tags): void {
    this.#places += 1;
    if (this.#places > PLACES_MAX)
      throw new SealstreamError('SCHEMA_UNREADABLE', {
        reason: 'too many places to look for tags',
      });
    if (path.length === 0 || tags.length === 0) return;
    const pattern = formatPattern(path);
    const known = this.tags.get(pattern) ?? new Set<string>();
    this.tags.set(pattern, known);
    for (const tag of tags) known.add(tag);
  }
}

/**
 * The tags in an Avro schema; of a type that holds itself, those of its outermost use. Throws
 * SCHEMA_UNREADABLE.
 */
export function avroTags(text: string, references: readonly string[] = []): SchemaTags {
  const collector = new Collector();
  const walk = (type: AvroType, path: Path, above: Tags, inside: readonly AvroType[]): void => {
    if (inside.includes(type)) return;
    const tags = type.is === 'union' ? above : [...above, ...tagsOf(type.written)];
    collector.note(path, tags);
    const deeper = [...inside, type];
    if (type.is === 'union') for (const branch of type.branches) walk(branch, path, tags, deeper);
    else if (type.is === 'array') walk(type.items, [...path, null], tags, deeper);
    else if (type.is === 'map') walk(type.values, [...path, null], tags, deeper);
    else if (type.is === 'record')
      for (const field of type.fields)
        walk(field.type, [...path, field.name], [...tags, ...tagsOf(field.written)], deeper);
  };
  walk(readAvroSchema(text, references), [], [], []);
  return collector.tags;
}

/** Words whose value is a schema, or a list of schemas, for the same place. */
const SAME_PLACE = ['allOf', 'anyOf', 'oneOf', 'if', 'then', 'else'];
/** The same for each element or member. */
const EACH = ['items', 'prefixItems', 'additionalItems', 'contains', 'additionalProperties'];
const LOCAL = /^#\/(definitions|\$defs)\/([^/]+)$/;

/** The tags in a JSON Schema. Throws SCHEMA_UNREADABLE. */
export function jsonSchemaTags(text: string): SchemaTags {
  const collector = new Collector();
  const root = parsed(text);
  const target = (ref: unknown): unknown => {
    const [, container = '', name = ''] = LOCAL.exec(String(ref)) ?? [];
    const all = isMap(root) ? root[container] : undefined;
    const key = name.replaceAll('~1', '/').replaceAll('~0', '~');
    return isMap(all) && Object.hasOwn(all, key) ? all[key] : undefined;
  };
  const walk = (schema: unknown, path: Path, above: Tags, inside: readonly unknown[]): void => {
    if (Array.isArray(schema)) for (const one of schema) walk(one, path, above, inside);
    if (!isMap(schema) || inside.includes(schema)) return;
    const tags = [...above, ...tagsOf(schema)];
    collector.note(path, tags);
    const deeper = [...inside, schema];
    const { $ref: ref, patternProperties, properties } = schema;
    if (ref !== undefined) walk(target(ref), path, tags, deeper);
    for (const word of SAME_PLACE) walk(schema[word], path, tags, deeper);
    for (const word of EACH) walk(schema[word], [...path, null], tags, deeper);
    if (isMap(patternProperties))
      for (const one of Object.values(patternProperties)) walk(one, [...path, null], tags, deeper);
    if (isMap(properties))
      for (const [name, one] of Object.entries(properties))
        walk(one, [...path, name], tags, deeper);
  };
  walk(root, [], [], []);
  return collector.tags;
}

/** `[(confluent.field_meta).tags = "PII"]`, or the same in braces with one tag or several. */
const FIELD_META = /\(\s*confluent\.field_meta\s*\)/;
const TAG_LISTS = /\btags\b\s*[:=]?\s*(\[[^\]]*\]|"[^"]*"|'[^']*')/g;
const QUOTED = /"([^"]*)"|'([^']*)'/g;

function optionTags(options: string): Tags {
  if (!FIELD_META.test(options)) return [];
  const lists = [...options.matchAll(TAG_LISTS)].map(([, list = '']) => list);
  return lists.flatMap((list) =>
    [...list.matchAll(QUOTED)].map(([, double, single]) => double ?? single ?? ''),
  );
}

/**
 * The tags of the fields of a message in a Protobuf schema. Throws SCHEMA_UNREADABLE.
 *
 * @param indexes which message; see protoMessageAt
 */
export function protobufTags(text: string, indexes: readonly number[]): SchemaTags {
  const collector = new Collector();
  const file = readProtobufSchema(text);
  const walk = (
    message: ProtoMessage,
    path: Path,
    above: Tags,
    inside: readonly ProtoMessage[],
  ): void => {
    if (inside.includes(message)) return;
    for (const field of message.fields) {
      const tags = [...above, ...optionTags(field.options)];
      const isMany = field.label === 'repeated' || field.keys !== undefined;
      const place = [...path, field.name];
      const each = isMany ? [...place, null] : place;
      collector.note(place, tags);
      if (isMany) collector.note(each, tags);
      const type = protoTypeOf(file, message, field);
      if (type?.is === 'message') walk(type.message, each, tags, [...inside, message]);
    }
  };
  walk(protoMessageAt(file, indexes), [], [], []);
  return collector.tags;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new SealstreamError('SCHEMA_UNREADABLE', { reason: 'no JSON' });
  }
}
