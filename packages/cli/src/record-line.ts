import type { KafkaRecord } from '@sealstream/bus';
import { REJECT_HEADER, type RejectNote, SOURCE_HEADER } from '@sealstream/contracts';
import { coordinateText, decodeSourceMark, type SourceMark } from '@sealstream/flow';

/** What a record shows: as it stands on the topic, or as it was opened. */
export interface ShownRecord {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  /** Where some of them were opened. */
  readonly headers?: KafkaRecord['headers'];
  /** Why it was rejected; of rejected records alone. */
  readonly reject?: RejectNote;
  /** Why it could not be opened; then the value is not shown. */
  readonly error?: string;
}

/**
 * A record as one line of JSON. A key or value that is JSON stands there byte for byte, so that
 * number text survives; other text becomes a string, and what is no text `{"base64": …}`.
 */
export function recordLine(
  partition: number,
  { headers, offset, timestamp }: Pick<KafkaRecord, 'headers' | 'offset' | 'timestamp'>,
  shown: ShownRecord,
): string {
  const mark = markOf(headers);
  const parts = [
    `"partition":${partition}`,
    `"offset":"${offset}"`,
    `"timestamp":"${timeText(timestamp)}"`,
    `"key":${asJson(shown.key)}`,
  ];
  if (shown.error === undefined) parts.push(`"value":${asJson(shown.value)}`);
  else parts.push(`"error":${JSON.stringify(shown.error)}`);
  if (mark !== undefined) parts.push(`"source":"${coordinateText(mark)}"`);
  if (mark !== undefined && mark.attempt > 0)
    parts.push(`"attempt":${mark.attempt}`, `"branch":"${mark.branch}"`);
  if (shown.reject !== undefined) parts.push(`"reject":${JSON.stringify(shown.reject)}`);
  const others = (shown.headers ?? headers).filter(
    ([name]) => name !== SOURCE_HEADER && name !== REJECT_HEADER,
  );
  if (others.length > 0)
    parts.push(
      `"headers":[${others.map(([name, value]) => `[${JSON.stringify(name)},${asJson(value)}]`).join(',')}]`,
    );
  return `{${parts.join(',')}}`;
}

/** A record that is not ours may have any bytes there: then it has no source to show. */
function markOf(headers: KafkaRecord['headers']): SourceMark | undefined {
  const found = headers.find(([name]) => name === SOURCE_HEADER)?.[1];
  if (found === undefined || found === null) return undefined;
  try {
    return decodeSourceMark(found);
  } catch {
    return undefined;
  }
}

/** Kafka's −1 stands for no timestamp. */
function timeText(timestamp: bigint): string {
  const atMs = Number(timestamp);
  const isTime = atMs >= 0 && atMs <= 8.64e15;
  return isTime ? new Date(atMs).toISOString() : '';
}

const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function asJson(bytes: Buffer | null): string {
  if (bytes === null) return 'null';
  let text: string;
  try {
    text = TEXT.decode(bytes);
  } catch {
    return `{"base64":"${bytes.toString('base64')}"}`;
  }
  if (!isJson(text)) return JSON.stringify(text);
  // In valid JSON a line break stands between tokens only, so a space means the same.
  return text.replaceAll(/[\r\n]/g, ' ').trim();
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
