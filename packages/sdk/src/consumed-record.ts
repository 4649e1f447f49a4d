import type { SealedRecord } from '@sealstream/flow';

/** The bytes of a header. A string is read as UTF-8, which cannot stand for all bytes. */
export type HeaderBytes = Uint8Array | string | null | undefined;

type NamedHeader = readonly [name: Uint8Array | string, value: HeaderBytes];
type HeaderTable = Readonly<Record<string, HeaderBytes | readonly HeaderBytes[]>>;

/**
 * A record of encrypted.D as Kafka clients give it: headers as an object (kafkajs and
 * kafka-javascript; repeats as a list), as a Map (@platformatic/kafka), or as pairs.
 *
 * Headers are needed for fields that the policy binds to their record or subject, and must be bytes
 * then: a client that decodes them as text loses some.
 */
export interface ConsumedRecord {
  readonly value: Uint8Array | string | null | undefined;
  readonly key?: Uint8Array | string | null | undefined;
  readonly headers?: Iterable<NamedHeader> | HeaderTable | undefined;
}

/** The record as far as opening goes by it. */
export function sealedRecord({ headers, key, value }: ConsumedRecord): SealedRecord {
  return { key: bytesOf(key), value: bytesOf(value), headers: headersOf(headers) };
}

function headersOf(headers: ConsumedRecord['headers']): SealedRecord['headers'] {
  if (headers === undefined) return [];
  if (isIterable(headers))
    return Array.from(headers, ([name, value]) => [textOf(name), bytesOf(value)] as const);
  return Object.entries(headers).flatMap(([name, found]) =>
    (isList(found) ? found : [found]).map((value) => [name, bytesOf(value)] as const),
  );
}

const textOf = (name: Uint8Array | string): string =>
  typeof name === 'string' ? name : (bytesOf(name)?.toString('utf8') ?? '');

function isIterable(
  headers: NonNullable<ConsumedRecord['headers']>,
): headers is Iterable<NamedHeader> {
  return Symbol.iterator in headers;
}

function isList(value: HeaderTable[string]): value is readonly HeaderBytes[] {
  return Array.isArray(value);
}

/** The same bytes as a Buffer, without a copy. */
export function bytesOf(bytes: HeaderBytes): Buffer | null {
  if (bytes === null || bytes === undefined) return null;
  if (typeof bytes === 'string') return Buffer.from(bytes, 'utf8');
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
