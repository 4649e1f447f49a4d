import { SealstreamError } from '@sealstream/contracts';
import type { Outcome, SchemaProblem } from './outcome.ts';
import { formatPattern, type Step } from './path-pattern.ts';
import type { Shape, ShapeNode } from './shape.ts';

type Schema = Readonly<Record<string, unknown>>;
type Path = readonly Step[];

/** A JSON Schema of what is written, and what is to be told of the one it was made from. */
export interface DerivedJsonSchema {
  readonly schema: string;
  readonly problems: readonly SchemaProblem[];
  /** Properties that the shape does not name. */
  readonly unknown: readonly string[];
}

/** Keywords that say something of values; all others are kept where values become others. */
const VALUE_WORDS = new Set(
  (
    '$ref $dynamicRef type enum const format pattern minLength maxLength minimum maximum ' +
    'exclusiveMinimum exclusiveMaximum multipleOf default examples properties patternProperties ' +
    'additionalProperties propertyNames minProperties maxProperties required items prefixItems ' +
    'additionalItems contains minContains maxContains minItems maxItems uniqueItems allOf anyOf ' +
    'oneOf not if then else dependencies dependentRequired dependentSchemas unevaluatedItems ' +
    'unevaluatedProperties contentEncoding contentMediaType contentSchema definitions $defs'
  ).split(' '),
);

/** What can no longer be said of a place when something inside it becomes another value. */
const BROKEN_WORDS = new Set(
  (
    'default examples enum const not if then else dependencies dependentRequired dependentSchemas ' +
    'minProperties minItems uniqueItems contains minContains maxContains unevaluatedProperties ' +
    'unevaluatedItems propertyNames'
  ).split(' '),
);

const LOCAL = /^#\/(definitions|\$defs)\/([^/]+)$/;
const SAME: Outcome = { becomes: 'same' };
const DEPTH_MAX = 64;

const isSchema = (value: unknown): value is Schema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const membersOf = (value: unknown): [string, unknown][] =>
  isSchema(value) ? Object.entries(value) : [];
const unescaped = (name: string) => name.replaceAll('~1', '/').replaceAll('~0', '~');
const escaped = (name: string) => name.replaceAll('~', '~0').replaceAll('/', '~1');

class Deriver {
  readonly problems: SchemaProblem[] = [];
  readonly unknown: string[] = [];
  readonly #root: Schema;
  readonly #shape: Shape;
  readonly #outcomes: readonly Outcome[];
  /** New definitions, by their place in the schema. */
  readonly #made = new Map<string, unknown>();
  /** Where the new form of a definition stands, by the old place and the place in the shape. */
  readonly #forms = new Map<string, string>();

  constructor(root: Schema, shape: Shape, outcomes: readonly Outcome[]) {
    this.#root = root;
    this.#shape = shape;
    this.#outcomes = outcomes;
  }

  derive(): Schema {
    const { definitions: _, $defs: __, ...root } = this.#root;
    const derived = this.#inside(root, this.#shape.root, [], 1) as Schema;
    return { ...derived, ...this.#definitions(derived) };
  }

  /** The definitions that are still pointed to, old and new ones. */
  #definitions(derived: Schema): Schema {
    const kept = new Map<string, unknown>();
    const visit = (value: unknown): void => {
      if (Array.isArray(value)) for (const one of value) visit(one);
      for (const [word, one] of membersOf(value)) {
        if (word === '$ref' && typeof one === 'string' && LOCAL.test(one) && !kept.has(one)) {
          kept.set(one, this.#made.get(one) ?? this.#target(one));
          visit(kept.get(one));
        } else visit(one);
      }
    };
    visit(derived);
    const found: Record<string, Record<string, unknown>> = {};
    for (const [ref, schema] of kept) {
      const [, container = '', name = ''] = LOCAL.exec(ref) ?? [];
      found[container] = { ...found[container], [unescaped(name)]: schema };
    }
    return found;
  }

  #target(ref: string): unknown {
    const [, container = '', name = ''] = LOCAL.exec(ref) ?? [];
    const all = this.#root[container];
    const key = unescaped(name);
    return isSchema(all) && Object.hasOwn(all, key) ? all[key] : undefined;
  }

  #problem(code: SchemaProblem['code'], path: Path): void {
    const pattern = formatPattern(path);
    if (!this.problems.some((one) => one.code === code && one.path === pattern))
      this.problems.push({ code, path: pattern });
  }

  #at(schema: unknown, node: ShapeNode, path: Path, depth: number): unknown {
    if (!node.leaf) return this.#inside(schema, node, path, depth);
    return this.#leaf(schema, this.#outcomes[node.slot] ?? SAME, path);
  }

  #leaf(schema: unknown, outcome: Outcome, path: Path): unknown {
    if (outcome.becomes === 'same') {
      this.#checkRefs(schema, path);
      return schema;
    }
    const kept = Object.fromEntries(
      membersOf(schema).filter(([word]) => !VALUE_WORDS.has(word)),
    ) as Schema;
    const orNull = (type: string) => (this.#mayBeNull(schema, 1) ? [type, 'null'] : type);
    switch (outcome.becomes) {
      case 'null':
        return { type: 'null', ...kept };
      case 'constant':
        return { const: outcome.value, ...kept };
      case 'number':
        return { type: orNull('number'), ...kept };
      case 'text':
        break;
    }
    return { type: outcome.nullStays ? orNull('string') : 'string', ...kept };
  }

  /** Whether null may stand there; in doubt it may. */
  #mayBeNull(schema: unknown, depth: number): boolean {
    if (!isSchema(schema) || depth > DEPTH_MAX) return schema !== false;
    const { type, const: constant, enum: values, $ref: ref, allOf } = schema;
    if (type !== undefined)
      return type === 'null' || (Array.isArray(type) && type.includes('null'));
    if (Object.hasOwn(schema, 'const')) return constant === null;
    if (Array.isArray(values)) return values.includes(null);
    if (typeof ref === 'string') return this.#mayBeNull(this.#target(ref), depth + 1);
    if (Array.isArray(allOf)) return allOf.every((one) => this.#mayBeNull(one, depth + 1));
    const some = [schema['anyOf'], schema['oneOf']].find(Array.isArray) as unknown[] | undefined;
    return some === undefined || some.some((one) => this.#mayBeNull(one, depth + 1));
  }

  /** What is kept whole may point nowhere but to definitions, which stay as they are. */
  #checkRefs(value: unknown, path: Path, seen = new Set<unknown>()): void {
    if (seen.has(value)) return;
    seen.add(value);
    if (Array.isArray(value)) for (const one of value) this.#checkRefs(one, path, seen);
    for (const [word, one] of membersOf(value)) {
      if (word !== '$ref' && word !== '$dynamicRef') this.#checkRefs(one, path, seen);
      else if (typeof one !== 'string' || !LOCAL.test(one) || this.#target(one) === undefined)
        this.#problem('SCHEMA_UNREADABLE', path);
      else this.#checkRefs(this.#target(one), path, seen);
    }
  }

  /** A place that holds fields. */
  #inside(schema: unknown, node: ShapeNode, path: Path, depth: number): unknown {
    if (!isSchema(schema)) return schema;
    if (depth > DEPTH_MAX) {
      this.#problem('SCHEMA_UNREADABLE', path);
      return schema;
    }
    const { $ref: ref } = schema;
    const next = depth + 1;
    const made: Record<string, unknown> = {};
    for (const [word, value] of Object.entries(schema)) {
      const list = Array.isArray(value) ? (value as unknown[]) : undefined;
      const each = () => list?.map((one) => this.#inside(one, node, path, next));
      if (BROKEN_WORDS.has(word)) continue;
      else if (word === 'properties') made[word] = this.#properties(value, node, path, next);
      else if (word === 'patternProperties')
        made[word] = this.#others(membersOf(value), node, path, next);
      else if (word === 'additionalProperties')
        made[word] = isSchema(value) ? this.#other(value, node, path, next) : value;
      else if (word === 'items' || word === 'prefixItems' || word === 'additionalItems')
        made[word] = this.#items(value, node, path, next);
      else if (word === 'required') made[word] = list?.filter((name) => !this.#isCut(node, name));
      else if (word === 'allOf' || word === 'anyOf') made[word] = each();
      // Of two that differ in what is hidden now both may hold.
      else if (word === 'oneOf') made['anyOf'] = each();
      else if (word === '$ref') made[word] = this.#reference(ref, node, path, next);
      else if (word === '$dynamicRef') this.#problem('SCHEMA_UNREADABLE', path);
      else made[word] = value;
    }
    return made;
  }

  #reference(ref: unknown, node: ShapeNode, path: Path, depth: number): unknown {
    const target = typeof ref === 'string' && LOCAL.test(ref) ? this.#target(ref) : undefined;
    if (typeof ref !== 'string' || target === undefined) {
      this.#problem('SCHEMA_UNREADABLE', path);
      return ref;
    }
    const key = `${node.index} ${ref}`;
    const known = this.#forms.get(key);
    if (known !== undefined) return known;
    const way = path.map((step) => step ?? 'each').join('_');
    let form = `${ref}_of_${escaped(way)}`;
    while (this.#made.has(form) || this.#target(form) !== undefined) form += '_';
    // Known before it is made, since it may hold itself.
    this.#forms.set(key, form);
    this.#made.set(form, true);
    this.#made.set(form, this.#inside(target, node, path, depth));
    return form;
  }

  #isCut(node: ShapeNode, name: unknown): boolean {
    const child = node.any ?? (typeof name === 'string' ? node.named(name) : undefined);
    return child?.cut ?? this.#shape.unknown === 'cut';
  }

  #properties(value: unknown, node: ShapeNode, path: Path, depth: number): Schema {
    return Object.fromEntries(
      membersOf(value)
        .map(([name, one]): [string, unknown] => {
          const child = node.any ?? node.named(name);
          const at = [...path, name];
          if (child?.cut === true) return [name, undefined];
          return [
            name,
            child === undefined ? this.#stranger(one, node, at) : this.#at(one, child, at, depth),
          ];
        })
        .filter(([, one]) => one !== undefined),
    );
  }

  /** What becomes of a property that the shape does not name; undefined when it is left out. */
  #stranger(schema: unknown, node: ShapeNode, path: Path): unknown {
    this.unknown.push(formatPattern(path));
    const { unknown } = this.#shape;
    if (unknown === 'fault') this.#problem('RECORD_UNKNOWN_FIELD', path);
    if (unknown === 'cut') return undefined;
    return this.#leaf(schema, this.#outcomes[node.slot] ?? SAME, path);
  }

  /** Members whose names are not known: those of a map, or what the shape does not name. */
  #other(schema: unknown, node: ShapeNode, path: Path, depth: number): unknown {
    const { any } = node;
    if (any === undefined) {
      const outcome = this.#outcomes[node.slot] ?? SAME;
      return this.#shape.unknown === 'span' ? this.#leaf(schema, outcome, path) : true;
    }
    return any.cut ? true : this.#at(schema, any, [...path, null], depth);
  }

  #others(all: [string, unknown][], node: ShapeNode, path: Path, depth: number): Schema {
    return Object.fromEntries(
      all.map(([pattern, one]) => [pattern, this.#other(one, node, path, depth)]),
    );
  }

  #items(value: unknown, node: ShapeNode, path: Path, depth: number): unknown {
    if (node.any === undefined) return value;
    if (!Array.isArray(value))
      return isSchema(value) ? this.#other(value, node, path, depth) : value;
    return value.map((one) => this.#other(one, node, path, depth));
  }
}

/**
 * The JSON Schema (drafts 4 to 2020-12) of what is written where a shape meets a schema. What can no
 * longer be said of a place in which something becomes another value is left out: the new schema
 * may be wider than what is written, never narrower. Throws SCHEMA_UNREADABLE.
 *
 * @param outcomes by slot of the shape
 */
export function deriveJsonSchema(
  text: string,
  shape: Shape,
  outcomes: readonly Outcome[],
): DerivedJsonSchema {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    root = undefined;
  }
  if (!isSchema(root)) throw new SealstreamError('SCHEMA_UNREADABLE', { reason: 'no JSON Schema' });
  const deriver = new Deriver(root, shape, outcomes);
  const schema = JSON.stringify(deriver.derive());
  return { schema, problems: deriver.problems, unknown: deriver.unknown };
}
