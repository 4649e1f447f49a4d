import type { AvroNamed, AvroType, Written } from './avro-schema.ts';
import { type AvroFieldOp, type AvroOp, branchesOf, avroChanges } from './avro-shape.ts';
import { isWhole, type Outcome } from './outcome.ts';

/** Attributes that say what a type is; all others are kept when it becomes another. */
const TYPE_WORDS = new Set(
  (
    'type name namespace aliases doc fields symbols default size items values ' +
    'logicalType precision scale'
  ).split(' '),
);

/** The Avro type that an outcome writes; undefined when the type stays. */
function outcomeType(outcome: Outcome): string | undefined {
  if (outcome.becomes === 'text') return 'string';
  if (outcome.becomes === 'null') return 'null';
  if (outcome.becomes !== 'constant') return undefined;
  if (typeof outcome.value === 'string') return 'string';
  if (typeof outcome.value === 'boolean') return 'boolean';
  return isWhole(outcome.value) ? 'long' : 'double';
}

/** Custom attributes of the types that went. */
function customWords(type: AvroType): Written {
  const kept: Record<string, unknown> = {};
  for (const branch of branchesOf(type))
    if ('written' in branch)
      for (const [word, value] of Object.entries(branch.written))
        if (!TYPE_WORDS.has(word)) kept[word] ??= value;
  return kept;
}

/** What of a type is treated how, as a text: types of equal texts are written alike. */
function signature(op: AvroOp): string {
  if (!avroChanges(op)) return '=';
  switch (op.does) {
    case 'field':
      return JSON.stringify(op.outcome);
    case 'record':
      return `{${op.members.map((one) => (one.cut ? '-' : signature(one.op))).join()}}`;
    case 'each':
      return `[${op.cut ? '-' : signature(op.each)}]`;
    case 'union':
      return `<${op.branches.map(signature).join()}>`;
    case 'keep':
    case 'refuse':
      break;
  }
  return '=';
}

const keep = (type: AvroType): AvroOp => ({ does: 'keep', type, pattern: '' });

class Printer {
  /** Printed names, by the original name and what is done inside. */
  readonly #printed = new Map<string, string>();
  readonly #taken = new Set<string>();

  /** `path`: names on the way here; `outer`: the namespace around. */
  print(op: AvroOp, path: string, outer: string): unknown {
    if (op.does === 'field') return this.#field(op, path, outer);
    const { type } = op;
    switch (type.is) {
      case 'union': {
        const inner = op.does === 'union' ? op.branches : type.branches.map(keep);
        return inner.map((one) => this.print(one, path, outer));
      }
      case 'array':
      case 'map': {
        const word = type.is === 'array' ? 'items' : 'values';
        const inner = type.is === 'array' ? type.items : type.values;
        const each = op.does === 'each' ? op.each : keep(inner);
        const isCut = op.does === 'each' && op.cut;
        const printed = isCut ? 'null' : this.print(each, `${path}_each`, outer);
        return { ...type.written, type: type.is, [word]: printed };
      }
      case 'record':
      case 'enum':
      case 'fixed':
        return this.#named(type, op, path, outer);
      case 'null':
      case 'boolean':
      case 'int':
      case 'long':
      case 'float':
      case 'double':
      case 'bytes':
      case 'string':
        break;
    }
    const { is, written } = type;
    return Object.keys(written).length === 0 ? is : { ...written, type: is };
  }

  #field(op: AvroFieldOp, path: string, outer: string): unknown {
    const word = outcomeType(op.outcome);
    if (word === undefined) return this.print(keep(op.type), path, outer);
    const custom = customWords(op.type);
    const type = Object.keys(custom).length === 0 ? word : { type: word, ...custom };
    const { none } = op;
    if (none < 0) return type;
    return none === 0 ? ['null', type] : [type, 'null'];
  }

  #named(type: AvroNamed, op: AvroOp, path: string, outer: string): unknown {
    const key = `${type.name} ${signature(op)}`;
    const known = this.#printed.get(key);
    if (known !== undefined) return reference(known, outer);
    const name = this.#nameFor(type, path);
    this.#printed.set(key, name);
    this.#taken.add(name);
    const { namespace } = type;
    const { namespace: _, ...written } = type.written;
    const words = {
      ...written,
      type: type.is,
      name: name.slice(name.lastIndexOf('.') + 1),
      ...(namespace === outer ? {} : { namespace }),
    };
    if (type.is !== 'record') return words;
    const members =
      op.does === 'record'
        ? op.members
        : type.fields.map((field) => ({ field, op: keep(field.type), cut: false }));
    const fields = members
      .filter(({ cut }) => !cut)
      .map((member) => {
        const { written: own, name: fieldName } = member.field;
        const printed = this.print(member.op, `${path}_${fieldName}`, namespace);
        const isSame = !avroChanges(member.op) || !Object.hasOwn(own, 'default');
        const value = isSame ? {} : { default: newDefault(member.op, own['default']) };
        return { ...own, type: printed, ...value };
      });
    return { ...words, fields };
  }

  /** Its own name, or one with the way to it where another form of the same type has that. */
  #nameFor({ name }: AvroNamed, path: string): string {
    if (!this.#taken.has(name)) return name;
    const base = `${name}_${path}`;
    let found = base;
    for (let n = 2; this.#taken.has(found); n++) found = `${base}_${n}`;
    return found;
  }
}

/** A name as it is written inside a namespace. */
function reference(name: string, outer: string): string {
  const at = name.lastIndexOf('.');
  return at >= 0 && name.slice(0, at) === outer ? name.slice(at + 1) : name;
}

/** A default of the new type; nothing of a protected one stays. */
function newDefault(op: AvroOp, value: unknown): unknown {
  if (!avroChanges(op)) return value;
  switch (op.does) {
    case 'field':
      return fieldDefault(op, value);
    case 'record': {
      const given = (value ?? {}) as Written;
      const kept = op.members.filter(({ cut }) => !cut);
      const entries = kept.flatMap(({ field: { name, written }, op: inner }) => {
        const own = Object.hasOwn(given, name) ? given[name] : written['default'];
        return own === undefined ? [] : [[name, newDefault(inner, own)]];
      });
      return Object.fromEntries(entries) as unknown;
    }
    case 'each': {
      const inner = (one: unknown) => newDefault(op.each, one);
      if (Array.isArray(value)) return op.cut ? [] : value.map(inner);
      const entries = op.cut ? [] : Object.entries((value ?? {}) as Written);
      return Object.fromEntries(entries.map(([name, one]) => [name, inner(one)]));
    }
    case 'union':
      // The default of a union is one of its first branch.
      return op.branches[0] === undefined ? value : newDefault(op.branches[0], value);
    case 'keep':
    case 'refuse':
      break;
  }
  return value;
}

function fieldDefault({ type, outcome }: AvroFieldOp, value: unknown): unknown {
  const isNull = type.is === 'union' && type.branches[0]?.is === 'null';
  if (isNull || outcome.becomes === 'null') return null;
  if (outcome.becomes === 'constant') return outcome.value;
  return outcome.becomes === 'text' ? '' : value;
}

/** The Avro schema of what is written where a shape meets a schema; JSON. */
export function derivedAvroSchema(root: AvroOp): string {
  return JSON.stringify(new Printer().print(root, 'of', ''));
}
