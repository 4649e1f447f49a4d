import { Agent } from 'node:https';
import type * as Client from '@kafkajs/confluent-schema-registry';
import { SealstreamError } from '@sealstream/contracts';
import { answeredError, awayError } from './registry-errors.ts';
import { askRegistry, type RegistryAddress, tlsOptions } from './registry-request.ts';
import type { SchemaType } from './schema-type.ts';

const CONFLICT = 409;
const UNPROCESSABLE = 422;
/** What the client makes of a connection that failed; a registry says 422 of what it cannot read. */
const FAILED_CONNECTION = 400;
/** What a registry says when a subject has no setting of its own. */
const NO_SETTING = [40401, 40408];
const DEFAULT_LEVEL = 'BACKWARD';

type Options = ConstructorParameters<typeof Client.SchemaRegistry>[0];
type Middleware = NonNullable<Options['middlewares']>[number];

/** Gives each request its time. */
const within =
  (timeoutMs: number): Middleware =>
  () => ({ prepareRequest: async (next) => (await next()).enhance({ timeout: timeoutMs }) });

/** The client reads a schema before it sends it. Derived ones need no second reader, so it reads none. */
const UNREAD = { addSchema: () => UNREAD, compile: () => () => true } as never;

/** The level that a subject has. Throws what asking throws. */
async function levelOf(address: RegistryAddress, subject: string): Promise<string> {
  const path = `/config/${encodeURIComponent(subject)}`;
  const setting = await askRegistry(address, path, NO_SETTING);
  const level = (setting as { readonly compatibilityLevel?: unknown } | undefined)
    ?.compatibilityLevel;
  return typeof level === 'string' ? level.toUpperCase() : DEFAULT_LEVEL;
}

/**
 * Registers a schema under a subject and gives its id; the id that is there when the subject has it.
 * A subject's own level of compatibility stays; a new subject gets BACKWARD. Throws
 * SCHEMA_INCOMPATIBLE, SCHEMA_UNREADABLE, REGISTRY_UNREACHABLE and REGISTRY_REFUSED.
 */
export async function registerSchema(
  address: RegistryAddress,
  subject: string,
  type: SchemaType,
  text: string,
): Promise<number> {
  const level = await levelOf(address, subject);
  // Heavy, and of no use to a flow without a registry.
  const client = await import('@kafkajs/confluent-schema-registry');
  const { url, user, timeoutMs } = address;
  const tls = tlsOptions(address);
  // One for each registration: its cache has no bound and its schemas are not asked for again.
  const registry = new client.SchemaRegistry(
    {
      host: url,
      clientId: 'sealstream',
      ...(user === undefined ? {} : { auth: { username: user.name, password: user.password } }),
      retry: { retries: 0 },
      middlewares: [within(timeoutMs)],
      ...(tls === undefined ? {} : { agent: new Agent({ ...tls, keepAlive: false }) }),
    },
    { [client.SchemaType.JSON]: { ajvInstance: UNREAD } },
  );
  const levels: Readonly<Record<string, Client.COMPATIBILITY>> = client.COMPATIBILITY;
  try {
    const { id } = await registry.register(
      { type: client.SchemaType[type], schema: text },
      { subject, compatibility: levels[level] ?? levels[DEFAULT_LEVEL] },
    );
    return id;
  } catch (error) {
    throw failure(error, subject);
  }
}

function failure(error: unknown, subject: string): SealstreamError {
  const { name, status } = error as { readonly name?: unknown; readonly status?: unknown };
  if (status === CONFLICT) return new SealstreamError('SCHEMA_INCOMPATIBLE', { subject });
  if (status === UNPROCESSABLE)
    return new SealstreamError('SCHEMA_UNREADABLE', { subject, reason: 'the registry refuses it' });
  if (status === FAILED_CONNECTION) return awayError(error);
  if (typeof status === 'number') return answeredError(status);
  // Somebody changed the level between two requests; the next try reads the new one.
  if (name === 'ConfluentSchemaRegistryCompatibilityError')
    return new SealstreamError('REGISTRY_UNREACHABLE', { subject, reason: 'level changed' });
  // What the client refuses before it asks anybody.
  return new SealstreamError('SCHEMA_UNREADABLE', { subject, reason: 'it does not parse' });
}
