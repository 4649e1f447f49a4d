import type { Bus, KafkaRecord, ReadStart } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import { behindProducerMarker } from '@sealstream/crypto';

/** Where one key is found. Times are those of records, in RFC 3339; '' where records have none. */
export interface KeyUsage {
  readonly keyId: string;
  readonly topic: string;
  readonly records: number;
  readonly first: string;
  readonly last: string;
}

/** What a scan found. */
export interface ScannedTopics {
  readonly usage: readonly KeyUsage[];
  /** Records read. */
  readonly records: number;
  /** Records with key ids of no keyset: those of subjects, and of other flows. */
  readonly others: number;
}

/** How topics are read. */
export interface UsageScan {
  /** Since when, in milliseconds since 1970; from the beginning if absent. */
  readonly fromMs?: number | undefined;
  /** Told after each batch how many records of how many were read. */
  readonly onProgress?: ((records: number, total: number) => void) | undefined;
  /** Ends the scan: it throws the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/** A sealed record is a format byte, 12 characters of key id, and what is sealed. */
const SEALED_ID = { from: 1, to: 13 };
const SEALED_FORMATS = [1, 2];
const KEY_ID = /^[\w-]{12}$/;
/** A text token of any version, and a Fernet token, behind their key id. */
const TOKEN = /ss[1-9f]:([\w-]{12}):/g;
/** The header of a JWE of ours up to the key id, which stands there in base64url once more. */
const JWE_BEGIN = Buffer.from('{"alg":"dir","enc":"A256GCM","kid":"').toString('base64url');
const JWE = new RegExp(`${JWE_BEGIN}([\\w-]{16})In0\\.\\.`, 'g');

/**
 * The key ids that a record names, wherever a key id of ours can stand: behind the format byte of a
 * sealed value, also of one that a producer sealed, and in the text of tokens in value, key and headers.
 * So a copy of any topic can be read, whatever it is called. Ids that stand there by chance count as well.
 */
export function keyIdsIn({
  headers,
  key,
  value,
}: Pick<KafkaRecord, 'headers' | 'key' | 'value'>): Set<string> {
  const ids = new Set<string>();
  const sealed = value === null ? undefined : sealedId(behindProducerMarker(value) ?? value);
  if (sealed !== undefined) ids.add(sealed);
  for (const bytes of [value, key, ...headers.map(([, header]) => header)]) {
    const text = bytes?.toString('latin1') ?? '';
    for (const [, id = ''] of text.matchAll(TOKEN)) ids.add(id);
    for (const [, id = ''] of text.matchAll(JWE)) ids.add(Buffer.from(id, 'base64url').toString());
  }
  return ids;
}

function sealedId(record: Buffer): string | undefined {
  if (record.length <= SEALED_ID.to || !SEALED_FORMATS.includes(record[0] ?? 0)) return undefined;
  const id = record.toString('latin1', SEALED_ID.from, SEALED_ID.to);
  return KEY_ID.test(id) ? id : undefined;
}

interface Found {
  records: number;
  firstMs: number;
  lastMs: number;
}

/**
 * Reads topics to their ends and counts the records under each key. Needs no key.
 *
 * @param known ids of keysets; only these are told apart, since subjects have very many keys
 * @throws SealstreamError TOPIC_MISSING; the reason of the signal
 */
export async function scanUsage(
  bus: Pick<Bus, 'admin' | 'read'>,
  topics: readonly string[],
  known: ReadonlySet<string>,
  { fromMs, onProgress, signal }: UsageScan = {},
): Promise<ScannedTopics> {
  const found = new Map<string, Map<string, Found>>();
  const { starts, total } = await startsOf(bus, topics, fromMs);
  let [records, others] = [0, 0];
  const options = signal === undefined ? {} : { signal };
  for await (const batch of bus.read({ starts, until: 'end', ...options })) {
    const { topic } = batch;
    const ofTopic = found.get(topic) ?? new Map<string, Found>();
    found.set(topic, ofTopic);
    for (const record of batch.records) {
      const ids = keyIdsIn(record);
      for (const id of ids) if (known.has(id)) note(ofTopic, id, Number(record.timestamp));
      if ([...ids].some((id) => !known.has(id))) others += 1;
      records += 1;
    }
    onProgress?.(records, total);
  }
  // A read that was ended gives what it has: that is no count.
  signal?.throwIfAborted();
  const usage = [...found].flatMap(([topic, ofTopic]) =>
    Array.from(ofTopic, ([keyId, one]): KeyUsage => {
      const times = { first: timeText(one.firstMs), last: timeText(one.lastMs) };
      return { keyId, topic, records: one.records, ...times };
    }),
  );
  return { usage, records, others };
}

function note(ofTopic: Map<string, Found>, id: string, atMs: number): void {
  const one = ofTopic.get(id);
  if (one === undefined) {
    ofTopic.set(id, { records: 1, firstMs: atMs, lastMs: atMs });
    return;
  }
  one.records += 1;
  one.firstMs = Math.min(one.firstMs, atMs);
  one.lastMs = Math.max(one.lastMs, atMs);
}

async function startsOf(
  { admin }: Pick<Bus, 'admin'>,
  topics: readonly string[],
  fromMs: number | undefined,
): Promise<{ readonly starts: ReadStart[]; readonly total: number }> {
  const starts: ReadStart[] = [];
  let total = 0n;
  for (const topic of topics) {
    const partitions = await admin.partitionCount(topic);
    if (partitions === 0) throw new SealstreamError('TOPIC_MISSING', { topic });
    for (let partition = 0; partition < partitions; partition += 1) {
      const from = fromMs === undefined ? 'earliest' : { atMs: fromMs };
      const [found, end] = await Promise.all([
        admin.offset(topic, partition, from),
        admin.offset(topic, partition, 'latest'),
      ]);
      // No record is that young.
      const offset = found < 0n ? end : found;
      starts.push({ topic, partition, offset });
      total += end - offset;
    }
  }
  return { starts, total: Number(total) };
}

/** Kafka's −1 stands for no timestamp. */
function timeText(atMs: number): string {
  return atMs >= 0 && atMs <= 8.64e15 ? new Date(atMs).toISOString() : '';
}
