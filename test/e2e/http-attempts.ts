import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';

/** `allowed`, or the status and code of a refusal. */
export type Outcome = string;

const WAIT_MS = 30_000;

/** Texts of which one fits each pattern: ids of 12, 22 and 24 characters, and a digest. */
const TEXTS = ['A'.repeat(12), 'A'.repeat(22), '0'.repeat(24), 'a'.repeat(64)];

/** Addresses of loopback in a row. */
const HOSTS = 250;

interface Schema {
  readonly $ref?: string;
  readonly type?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly items?: Schema;
  readonly minItems?: number;
  readonly minLength?: number;
  readonly minimum?: number;
  readonly pattern?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
}

interface Operation {
  readonly tags?: readonly string[];
  readonly parameters?: readonly {
    readonly name: string;
    readonly in: string;
    readonly required?: boolean;
    readonly schema: Schema;
  }[];
  readonly requestBody?: {
    readonly content: Readonly<Record<string, { readonly schema: Schema }>>;
  };
}

/** As much of an OpenAPI document as it takes to ask for what it describes. */
export interface OpenApi {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** One request that the document calls well-formed. */
export interface Sample {
  /** `METHOD /path/{of}/document`. */
  readonly route: string;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
}

/** @param words values of fields and parameters that no schema tells, by name; `id` is by tag and name */
export function samplesOf(document: OpenApi, words: Readonly<Record<string, unknown>>): Sample[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => {
      const [tag = ''] = operation.tags ?? [];
      const valueOf = (name: string, schema: Schema) =>
        sampleOf(document, schema, name === 'id' ? `${tag} id` : name, words);
      const parameters = (operation.parameters ?? []).filter(
        (one) => one.required === true || one.in === 'path' || one.name === 'if-match',
      );
      const of = (place: string) =>
        parameters
          .filter((one) => one.in === place)
          .map(({ name, schema }) => [name, String(valueOf(name, schema))] as const);
      const inPath = new Map(of('path'));
      const query = new URLSearchParams(of('query').map(([name, value]) => [name, value]));
      const schema = operation.requestBody?.content['application/json']?.schema;
      return {
        route: `${method.toUpperCase()} ${path}`,
        method: method.toUpperCase(),
        path:
          path.replaceAll(/\{(\w+)\}/g, (_, name: string) => inPath.get(name) ?? '') +
          (query.size === 0 ? '' : `?${query.toString()}`),
        headers: Object.fromEntries(of('header')),
        body: schema === undefined ? undefined : JSON.stringify(valueOf('', schema)),
      };
    }),
  );
}

function sampleOf(
  document: OpenApi,
  schema: Schema,
  name: string,
  words: Readonly<Record<string, unknown>>,
): unknown {
  const { $ref } = schema;
  if (Object.hasOwn(words, name)) return words[name];
  const inner = (one: Schema, of = name) => sampleOf(document, one, of, words);
  if ($ref !== undefined)
    return inner(document.components.schemas?.[$ref.split('/').at(-1) ?? ''] ?? {});
  if (schema.const !== undefined) return schema.const;
  if (schema.enum !== undefined) return schema.enum[0];
  const [option] = schema.anyOf ?? schema.oneOf ?? schema.allOf ?? [];
  if (option !== undefined) return inner(option);
  switch (schema.type) {
    case 'object':
      return Object.fromEntries(
        (schema.required ?? []).map((of) => [of, inner(schema.properties?.[of] ?? {}, of)]),
      );
    case 'array':
      return Array.from({ length: schema.minItems ?? 0 }, () => inner(schema.items ?? {}));
    case 'integer':
    case 'number':
      // A range is `from` and `to`, and empty where both are the least.
      return Math.max(schema.minimum ?? 1, name === 'to' ? 2 : 1);
    case 'boolean':
      return true;
    case undefined:
    default:
      return textOf(schema, name);
  }
}

function textOf({ minLength = 1, pattern = '' }: Schema, name: string): string {
  const candidates = ['x'.repeat(Math.max(minLength, 1)), ...TEXTS];
  const text = candidates.find((one) => new RegExp(pattern, 'u').test(one));
  if (text === undefined) throw new Error(`no text is known here for ${name}, which is ${pattern}`);
  return text;
}

/** Sends requests over TLS, each from an address of loopback of its own, so that none waits for another. */
export class HttpAttempts {
  readonly #port: number;
  readonly #ca: string;
  #sent = 0;

  constructor(port: number, ca: string) {
    this.#port = port;
    this.#ca = ca;
  }

  /** @param authorization the header; none where it is undefined */
  async on(sample: Omit<Sample, 'route'>, authorization?: string): Promise<Outcome> {
    const { status, text } = await this.ask(sample, authorization);
    if (status < 400) return 'allowed';
    const { code = '' } = JSON.parse(text) as { code?: string };
    return `${status} ${code}`;
  }

  async ask(
    { body, headers, method, path }: Omit<Sample, 'route'>,
    authorization?: string,
  ): Promise<{ readonly status: number; readonly text: string }> {
    this.#sent += 1;
    const [low, high] = [this.#sent % HOSTS, Math.floor(this.#sent / HOSTS)];
    const sent = request({
      host: '127.0.0.1',
      port: this.#port,
      localAddress: `127.1.${high + 1}.${low + 1}`,
      method,
      path,
      ca: this.#ca,
      agent: false,
      signal: AbortSignal.timeout(WAIT_MS),
      headers: {
        ...headers,
        ...(authorization === undefined ? {} : { authorization }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
    });
    sent.end(body);
    const [answer] = (await once(sent, 'response')) as [IncomingMessage];
    const { statusCode: status = 0 } = answer;
    // A stream has no end; its head tells enough.
    if (answer.headers['content-type']?.startsWith('text/event-stream') === true) {
      answer.destroy();
      return { status, text: '' };
    }
    let text = '';
    for await (const bytes of answer) text += String(bytes);
    return { status, text };
  }
}
