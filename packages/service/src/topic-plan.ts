import {
  ALERT_TOPIC,
  auditTopic,
  CHECKPOINT_TOPIC,
  CONTROL_TOPIC,
  type DatasetTopics,
  KEYRING_TOPIC,
  maskStateTopic,
  SERVICES,
} from '@sealstream/contracts';

const KIB = 1024;
const MIB = 1024 * KIB;
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

const DEFAULT_RAW_BYTES = 4 * MIB;
const DEFAULT_PARTITIONS = 4;
const MOST_REPLICAS = 3;
/** What the sealed envelope adds to a record: names, nonces, tags and lengths, with room to spare. */
const SEAL_BYTES = 64 * KIB;

/** What a topic is for. `shared` ones serve all datasets; `state` is what waits in mask. */
export type TopicRole = keyof DatasetTopics | 'state' | 'events' | 'shared';

/** What the plan needs to know of a dataset; package policy's Dataset has it. */
export interface PlannedDataset {
  readonly name: string;
  readonly topics: DatasetTopics;
  readonly maxRecordBytes: number;
  /** Masked holds groups, for which records wait. */
  readonly kAnonymity?: object;
}

/** A topic as the cluster has it. */
export interface ExistingTopic {
  readonly partitions: number;
  readonly replicas: number;
  readonly settings: ReadonlyMap<string, string>;
  /** Whether Sealstream created it: CONTROL_TOPIC names it with the id that it has. */
  readonly isOurs: boolean;
}

/** What the plan is made from. */
export interface PlanFacts {
  readonly datasets: readonly PlannedDataset[];
  readonly existing: ReadonlyMap<string, ExistingTopic>;
  readonly brokers: number;
  /** Partitions of raw topics that do not exist yet, or that all shall grow to; default 4. */
  readonly partitions?: number;
}

/** A setting that is not as the flow needs it. */
export interface TopicDifference {
  readonly setting: string;
  readonly wanted: string;
  readonly found: string;
}

/** One topic of the flow: how it should be and how it stands. */
export interface PlannedTopic {
  readonly topic: string;
  readonly role: TopicRole;
  /** Absent for topics that serve all datasets. */
  readonly dataset?: string;
  readonly partitions: number;
  readonly replicas: number;
  /** The topic's settings at creation, by Kafka's names. */
  readonly settings: Readonly<Record<string, string>>;
  readonly state: 'missing' | 'ok' | 'differs';
  readonly isOurs: boolean;
  readonly differences: readonly TopicDifference[];
}

interface Wanted extends Pick<PlannedTopic, 'topic' | 'role' | 'dataset' | 'partitions'> {
  readonly settings: Readonly<Record<string, string>>;
}

/**
 * Every topic that the flow needs, in the order in which they are created and grown: shared ones,
 * then of each dataset from the outputs backwards, raw last.
 *
 * A raw topic that exists decides the partition count and the size limit of what follows it; a raw
 * topic that Sealstream did not create is taken as it is. `partitions` in an existing topic may be
 * more than wanted, and so may max.message.bytes; everything else must be equal.
 */
export function planTopics(facts: PlanFacts): PlannedTopic[] {
  const raws = facts.datasets.map((dataset) => rawOf(dataset, facts));
  const most = Math.max(1, ...raws.map(({ partitions }) => partitions));
  const wanted = [
    ...sharedTopics(most),
    ...facts.datasets.flatMap((dataset, at) => datasetTopicsWanted(dataset, raws[at])),
  ];
  const replicas = Math.min(MOST_REPLICAS, Math.max(1, facts.brokers));
  return wanted.map((topic) => compared(topic, replicas, facts.existing.get(topic.topic)));
}

interface RawShape {
  readonly partitions: number;
  readonly maxBytes: number;
  readonly isForeign: boolean;
}

function rawOf(dataset: PlannedDataset, { existing, partitions }: PlanFacts): RawShape {
  const found = existing.get(dataset.topics.raw);
  const roomFor = dataset.maxRecordBytes + SEAL_BYTES;
  const wantedBytes = Math.max(DEFAULT_RAW_BYTES, Math.ceil(roomFor / MIB) * MIB);
  const foundBytes = Number(found?.settings.get('max.message.bytes') ?? wantedBytes);
  return {
    // Partitions are never taken away, so the present count is the least.
    partitions: Math.max(found?.partitions ?? 0, partitions ?? (found ? 0 : DEFAULT_PARTITIONS)),
    maxBytes: found === undefined ? wantedBytes : foundBytes,
    isForeign: found !== undefined && !found.isOurs,
  };
}

function sharedTopics(eventPartitions: number): Wanted[] {
  // Events of a batch stand in the partition of the batch, which the transaction writes to.
  const events = [...SERVICES, 'cli'].map(
    (service): Wanted => ({
      topic: auditTopic(service),
      role: 'events',
      partitions: eventPartitions,
      settings: kept(7 * DAY_MS, DAY_MS, 'LogAppendTime'),
    }),
  );
  const compacted = [CONTROL_TOPIC, KEYRING_TOPIC, CHECKPOINT_TOPIC, ALERT_TOPIC];
  return [
    ...compacted.map(
      (topic): Wanted => ({
        topic,
        role: 'shared',
        partitions: 1,
        settings: { 'cleanup.policy': 'compact' },
      }),
    ),
    ...events,
  ];
}

function datasetTopicsWanted(
  { kAnonymity, name, topics }: PlannedDataset,
  raw: RawShape,
): Wanted[] {
  const { maxBytes, partitions } = raw;
  const of = (role: keyof DatasetTopics, settings: Readonly<Record<string, string>>): Wanted => ({
    topic: topics[role],
    role,
    dataset: name,
    partitions,
    settings,
  });
  const sealedBytes = limit(maxBytes + SEAL_BYTES);
  // How long outputs are kept is the user's choice, so nothing is said about it.
  const output = { 'message.timestamp.type': 'CreateTime', ...limit(2 * maxBytes) };
  const own = { ...kept(7 * DAY_MS, 10 * MINUTE_MS, 'CreateTime'), ...limit(maxBytes) };
  const state: Wanted = {
    topic: maskStateTopic(name),
    role: 'state',
    dataset: name,
    partitions,
    settings: { ...STATE, ...limit(2 * maxBytes + SEAL_BYTES) },
  };
  return [
    ...(kAnonymity === undefined ? [] : [state]),
    of('encrypted', output),
    of('masked', output),
    of('rejected', { ...kept(14 * DAY_MS, DAY_MS, 'LogAppendTime'), ...sealedBytes }),
    of('accepted', { ...kept(DAY_MS, HOUR_MS, 'LogAppendTime'), ...sealedBytes }),
    of('raw', raw.isForeign ? {} : own),
  ];
}

/**
 * What waits is read from the beginning at each start, and what has left should not lie there: so it is
 * compacted as soon as there is something to take away, in segments that are closed every ten minutes.
 */
const STATE = {
  'cleanup.policy': 'compact',
  'segment.ms': String(10 * MINUTE_MS),
  'min.cleanable.dirty.ratio': '0.1',
  'delete.retention.ms': String(HOUR_MS),
};

/** retention.ms works on closed segments only, so segment.ms bounds how much longer records stay. */
function kept(
  retentionMs: number,
  segmentMs: number,
  timestamps: 'CreateTime' | 'LogAppendTime',
): Record<string, string> {
  return {
    'cleanup.policy': 'delete',
    'retention.ms': String(retentionMs),
    'segment.ms': String(segmentMs),
    'message.timestamp.type': timestamps,
  };
}

function limit(bytes: number): Record<string, string> {
  return { 'max.message.bytes': String(bytes) };
}

function compared(
  wanted: Wanted,
  replicas: number,
  found: ExistingTopic | undefined,
): PlannedTopic {
  const durable = replicas === MOST_REPLICAS ? { 'min.insync.replicas': '2' } : {};
  const isForeign = found !== undefined && !found.isOurs;
  // A raw topic of others is taken as it is; of other topics the flow has needs of its own.
  const settings =
    wanted.role === 'raw' && isForeign ? wanted.settings : { ...wanted.settings, ...durable };
  const differences = found === undefined ? [] : differencesOf(wanted, settings, found);
  const differs = differences.length > 0 ? 'differs' : 'ok';
  return {
    ...wanted,
    settings,
    replicas,
    state: found === undefined ? 'missing' : differs,
    isOurs: found?.isOurs ?? false,
    differences,
  };
}

function differencesOf(
  { partitions }: Wanted,
  settings: Readonly<Record<string, string>>,
  found: ExistingTopic,
): TopicDifference[] {
  const differences: TopicDifference[] = [];
  if (found.partitions < partitions)
    differences.push({
      setting: 'partitions',
      wanted: String(partitions),
      found: String(found.partitions),
    });
  for (const [setting, wanted] of Object.entries(settings)) {
    const value = found.settings.get(setting) ?? '';
    const isEnough = AT_LEAST.has(setting) ? Number(value) >= Number(wanted) : value === wanted;
    if (!isEnough) differences.push({ setting, wanted, found: value });
  }
  return differences;
}

const AT_LEAST = new Set(['max.message.bytes', 'min.insync.replicas']);
