import type { AccessRule, RuleOperation, RuleResource } from '@sealstream/bus';
import {
  ALERT_TOPIC,
  auditTopic,
  CHECKPOINT_TOPIC,
  CONTROL_TOPIC,
  KEYRING_TOPIC,
  maskStateTopic,
  SERVICES,
  type ServiceName,
  stageGroup,
} from '@sealstream/contracts';

import { type PlannedDataset, planTopics } from './topic-plan.ts';

/** A user at the brokers, and all that it may do there. */
export interface KafkaUser {
  readonly name: string;
  /** Who goes by it, in a few words. */
  readonly meaning: string;
  readonly rules: readonly AccessRule[];
}

/** One right, before it is somebody's. Read, Write, Alter and Delete imply Describe at the broker. */
type Right = readonly [
  operation: RuleOperation,
  resource: RuleResource,
  name: string,
  pattern?: AccessRule['pattern'],
];

const EVENTS = [...SERVICES, 'cli'].map(auditTopic);
const STAGES = ['ingest', 'mask', 'encrypt'] as const;

/**
 * The users of the flow of some datasets, each with the rights that its program uses and no other (G7):
 * the six services, the operator's command, and three that are examples for programs of others.
 */
export function kafkaUsers(datasets: readonly PlannedDataset[]): KafkaUser[] {
  const of = (rights: (dataset: PlannedDataset) => Right[]) => datasets.flatMap(rights);
  return [
    user('ingest', 'service ingest', [...common('ingest'), ...flow(), ...of(ingestRights)]),
    user('mask', 'service mask', [...common('mask'), ...flow(), ...of(maskRights)]),
    user('encrypt', 'service encrypt', [...common('encrypt'), ...flow(), ...of(encryptRights)]),
    user('audit', 'service audit', [
      ...common('audit'),
      ...EVENTS.flatMap(reads),
      ...writes(CHECKPOINT_TOPIC),
    ]),
    user('anomaly-alert', 'service anomaly-alert', [
      ...common('anomaly-alert'),
      ...EVENTS.flatMap(reads),
      ...reads(CHECKPOINT_TOPIC),
      ...reads(ALERT_TOPIC),
      ...writes(ALERT_TOPIC),
      ...of(watchRights),
    ]),
    user('access', 'service access', [...accessRights(), ...of(shownRights)]),
    // A user of its own: reading what is sealed, and writing heads, goes with the signer alone.
    user('access-keys', 'service access, where it has the signer', [
      ...accessRights(),
      ...of(shownRights),
      ...writes(KEYRING_TOPIC),
      ...of(caredRights),
    ]),
    user('operator', 'the command sealstream', operatorRights(datasets)),
    user(
      'producer',
      'example: a program that publishes',
      of(({ topics }) => writes(topics.raw)),
    ),
    user('consumer-masked', 'example: a reader of masked', [
      ...of(({ topics }) => reads(topics.masked)),
      ['read', 'group', 'consumer-masked'],
    ]),
    user('consumer-encrypted', 'example: a reader of encrypted, with a grant', [
      ...of(({ topics }) => reads(topics.encrypted)),
      ['read', 'group', 'consumer-encrypted'],
    ]),
  ];
}

function user(name: string, meaning: string, rights: readonly Right[]): KafkaUser {
  const seen = new Set<string>();
  const rules = rights.flatMap((right): AccessRule[] => {
    const [operation, resource, resourceName, pattern = 'literal'] = right;
    const key = [operation, resource, resourceName, pattern].join(' ');
    if (seen.has(key)) return [];
    seen.add(key);
    const where = { resource, pattern, name: resourceName, host: '*' };
    return [{ principal: `User:${name}`, permission: 'allow', operation, ...where }];
  });
  return { name, meaning, rules };
}

function reads(topic: string): Right[] {
  return [['read', 'topic', topic]];
}

/** Whoever writes asks how large a batch may be. */
function writes(topic: string): Right[] {
  return [
    ['write', 'topic', topic],
    ['describeConfigs', 'topic', topic],
  ];
}

/** Every service tells what it does. */
function common(service: ServiceName): Right[] {
  return writes(auditTopic(service));
}

/** Services with stages and keys: pauses, and the heads of keysets. */
function flow(): Right[] {
  return [...reads(CONTROL_TOPIC), ...reads(KEYRING_TOPIC)];
}

/** A stage: what it reads and writes, its group, and the transactions of its partitions. */
function stage(name: string, dataset: string, source: string, outputs: readonly string[]): Right[] {
  const group = stageGroup(name, dataset);
  return [
    ...reads(source),
    ...outputs.flatMap(writes),
    ['read', 'group', group],
    // Their names end in topic and partition.
    ['write', 'transactionalId', `${group}.`, 'prefixed'],
  ];
}

function ingestRights({ name, topics }: PlannedDataset): Right[] {
  const { accepted, raw, rejected } = topics;
  return [
    ...stage('ingest', name, raw, [accepted, rejected]),
    // Plaintext goes as soon as it is sealed.
    ['delete', 'topic', raw],
    // How old what the branches have not read is: ingest stops before they lose it.
    ...reads(accepted),
    ['describe', 'group', stageGroup('mask', name)],
    ['describe', 'group', stageGroup('encrypt', name)],
  ];
}

function maskRights({ kAnonymity, name, topics }: PlannedDataset): Right[] {
  const { accepted, masked, rejected } = topics;
  const state = maskStateTopic(name);
  return [
    ...stage('mask', name, accepted, [masked, rejected]),
    // Without groups, too: mask does not start while records wait there for a policy that had them.
    ...reads(state),
    ...(kAnonymity === undefined ? [] : writes(state)),
  ];
}

function encryptRights({ name, topics }: PlannedDataset): Right[] {
  const { accepted, encrypted, rejected } = topics;
  return stage('encrypt', name, accepted, [encrypted, rejected]);
}

/** Where stages stand, and that they live; never a record. */
function watchRights({ name, topics }: PlannedDataset): Right[] {
  return [
    ['describe', 'topic', topics.raw],
    ['describe', 'topic', topics.accepted],
    ...STAGES.map((each): Right => ['describe', 'group', stageGroup(each, name)]),
  ];
}

function accessRights(): Right[] {
  return [
    ...common('access'),
    ...reads(KEYRING_TOPIC),
    ...reads(ALERT_TOPIC),
    ...[...STAGES, 'access'].map(auditTopic).flatMap(reads),
  ];
}

/** Where keys can be found before one is destroyed. Not raw: what is plain is not for access to read. */
function caredRights({ name, topics: { accepted, encrypted } }: PlannedDataset): Right[] {
  return [accepted, encrypted, maskStateTopic(name)].flatMap(reads);
}

/** What the console shows: where everything stands, and the notes of rejects. A replay needs more. */
function shownRights(dataset: PlannedDataset): Right[] {
  const { encrypted, masked, rejected } = dataset.topics;
  return [
    ...watchRights(dataset),
    ['describe', 'topic', masked],
    ['describe', 'topic', encrypted],
    ...reads(rejected),
    ['describe', 'group', stageGroup('replay', dataset.name)],
  ];
}

/**
 * Topics, keys, pauses, offsets, replay, reading with `tail`. Not writing raw: whoever can try values there
 * and read what becomes of them learns what masks hide, so `sealstream ingest` goes by `producer`.
 */
function operatorRights(datasets: readonly PlannedDataset[]): Right[] {
  const planned = planTopics({ datasets, existing: new Map(), brokers: 1 });
  const managed = (['create', 'alter', 'delete', 'read', 'describeConfigs'] as const).flatMap(
    (operation) => planned.map(({ topic }): Right => [operation, 'topic', topic]),
  );
  return [
    ...managed,
    ...[auditTopic('cli'), CONTROL_TOPIC, KEYRING_TOPIC].flatMap(writes),
    ...datasets.flatMap(({ name, topics }) => [
      ...stage('replay', name, topics.rejected, [topics.accepted, topics.rejected]),
      ...STAGES.map((each): Right => ['read', 'group', stageGroup(each, name)]),
      ...reads(maskStateTopic(name)),
    ]),
  ];
}

/** A principal that may both write raw and read what becomes of it. */
export interface OracleFinding {
  readonly principal: string;
  readonly dataset: string;
}

/**
 * Who, by these rules, may try values: write raw.D and read masked.D or encrypted.D (G7). A rule that denies
 * is not counted on: it is one deletion away from none. What everybody may (`User:*`), each may.
 */
export function oracles(
  rules: readonly AccessRule[],
  datasets: readonly PlannedDataset[],
): OracleFinding[] {
  const allowed = rules.filter(({ permission }) => permission === 'allow');
  const everybody = allowed.filter(({ principal }) => principal === EVERYBODY);
  const principals = new Set(allowed.map(({ principal }) => principal));
  return [...principals].flatMap((principal) => {
    const own = allowed.filter((rule) => rule.principal === principal);
    const may = (operation: RuleOperation, topic: string) =>
      [...own, ...everybody].some((rule) => covers(rule, operation, topic));
    return datasets.flatMap(({ name, topics: { encrypted, masked, raw } }) =>
      may('write', raw) && (may('read', masked) || may('read', encrypted))
        ? [{ principal, dataset: name }]
        : [],
    );
  });
}

const EVERYBODY = 'User:*';

function covers(rule: AccessRule, operation: RuleOperation, topic: string): boolean {
  if (rule.resource !== 'topic') return false;
  if (rule.operation !== operation && rule.operation !== 'all') return false;
  if (rule.pattern === 'prefixed') return topic.startsWith(rule.name);
  return rule.name === topic || rule.name === '*';
}
