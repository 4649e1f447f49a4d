import { MAX_ENTRY_BYTES } from './bundle.ts';

/*
 * Every entry is one JSON object in UTF-8. What came from Kafka says from where:
 *
 *     {"topic":"audit.events.mask","partition":0,"offset":"12","event":<the value's exact bytes>}
 *     {"topic":…,"partition":0,"offset":"12","raw":"<base64>"}         a value that is not JSON
 *     {"topic":…,"partition":0,"offset":"12","raw":null}               a record without a value
 *     {"topic":…,"partition":0,"offset":"12","part":0,"parts":3,"raw":"<base64>"}   one too large
 *
 * What the log's own writer says (heartbeats, gaps) has no source:
 *
 *     {"source":"log","event":…}
 */

/** Where in Kafka an entry came from. */
export interface EntrySource {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
}

/** An entry that came from Kafka. */
export interface SourcedEntry extends EntrySource {
  readonly kind: 'sourced';
  /** The record's value, byte for byte; of one part when there are several. */
  readonly value: Buffer | null;
  /** 0 of 1, unless the value had to be cut. */
  readonly part: number;
  readonly parts: number;
}

/** What an entry says. */
export type LogEntry =
  | SourcedEntry
  /** Written by the log's own writer. */
  | { readonly kind: 'own'; readonly value: Buffer }
  /** Bytes that follow none of the forms above. */
  | { readonly kind: 'unreadable' };

/** Raw bytes in one part: in base64, with the head before it, they stay below the limit. */
const PART_BYTES = 48_000;
const OWN_HEAD = '{"source":"log","event":';
const SOURCED_HEAD = new RegExp(
  [
    /^\{"topic":"([A-Za-z0-9._-]{1,249})","partition":(\d{1,10}),"offset":"(\d{1,19})",/,
    /(?:"part":(\d{1,9}),"parts":(\d{1,9}),)?"(event|raw)":/,
  ]
    .map(({ source }) => source)
    .join(''),
);
/** Longer than every head. */
const HEAD_BYTES = 400;

/** The entry of one record, or several when its value is too large for one. */
export function encodeSourced(source: EntrySource, value: Buffer | null): Buffer[] {
  const { offset, partition, topic } = source;
  const head = `{"topic":"${topic}","partition":${partition},"offset":"${offset}",`;
  if (value === null) return [Buffer.from(`${head}"raw":null}`)];
  if (isJson(value)) {
    const entry = Buffer.concat([Buffer.from(`${head}"event":`), value, Buffer.from('}')]);
    if (entry.length <= MAX_ENTRY_BYTES) return [entry];
  }
  const parts = Math.max(1, Math.ceil(value.length / PART_BYTES));
  return Array.from({ length: parts }, (_, part) => {
    const raw = value.subarray(part * PART_BYTES, (part + 1) * PART_BYTES).toString('base64');
    const which = parts === 1 ? '' : `"part":${part},"parts":${parts},`;
    return Buffer.from(`${head}${which}"raw":"${raw}"}`);
  });
}

/** The entry of an event of the log's own writer. */
export function encodeOwn(event: object): Buffer {
  return Buffer.from(`${OWN_HEAD}${JSON.stringify(event)}}`);
}

/** Reads an entry. Never throws. */
export function decodeEntry(bytes: Buffer): LogEntry {
  const head = bytes.toString('latin1', 0, HEAD_BYTES);
  if (bytes.at(-1) !== 0x7d) return { kind: 'unreadable' };
  if (head.startsWith(OWN_HEAD)) {
    return { kind: 'own', value: bytes.subarray(OWN_HEAD.length, -1) };
  }
  const [whole, topic, partition, offset, part = '0', parts = '1', form] =
    SOURCED_HEAD.exec(head) ?? [];
  if (whole === undefined || topic === undefined || offset === undefined) {
    return { kind: 'unreadable' };
  }
  const body = bytes.subarray(whole.length, -1);
  const value = form === 'event' ? body : rawValue(body);
  if (value === undefined) return { kind: 'unreadable' };
  return {
    kind: 'sourced',
    topic,
    partition: Number(partition),
    offset: BigInt(offset),
    value,
    part: Number(part),
    parts: Number(parts),
  };
}

/** Canonical base64 in quotes, or null; undefined when it is neither. */
function rawValue(body: Buffer): Buffer | null | undefined {
  const text = body.toString('latin1');
  if (text === 'null') return null;
  const value = Buffer.from(text.slice(1, -1), 'base64');
  return text === `"${value.toString('base64')}"` ? value : undefined;
}

function isJson(value: Buffer): boolean {
  try {
    JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value));
    return true;
  } catch {
    return false;
  }
}
