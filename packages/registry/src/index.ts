/**
 * registry: a client of a schema registry that speaks Confluent's interface.
 *
 * Promises: a schema comes as the text that was registered, with all that it is built on; so many are
 * remembered at most; each request ends in time; whatever goes wrong is a code of ours, and no word of
 * the registry's stands in an error. What a schema means is not known here.
 */
export {
  openRegistry,
  type ReferencedSchema,
  type RegisteredSchema,
  type RegistryClient,
  type RegistryOptions,
} from './registry-client.ts';
export type { SchemaType } from './schema-type.ts';
