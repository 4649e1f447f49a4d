import type { Bus } from '@sealstream/bus';
import {
  alterUserScramCredentialsV0,
  Connection,
  createAclsV3,
  createPartitionsV3,
  createTopicsV7,
  deleteGroupsV2,
  deleteTopicsV6,
  describeAclsV3,
  describeConfigsV4,
  describeTransactionsV0,
  findCoordinatorV4,
  findErrorBy,
  FindCoordinatorKeyTypes,
  heartbeatV4,
  incrementalAlterConfigsV1,
  initProducerIdV4,
} from '@platformatic/kafka';
import type { SecureUsers } from '../../tools/demo/secure-users.ts';
import { mayGroup, mayTopic, TRIED } from './rights-tried.ts';

const TIMEOUT_MS = 10_000;
const TRANSACTION_MS = 60_000;
// Numbers of Kafka's protocol guide and of org.apache.kafka.common.
const ON_TOPIC = 2;
const ON_BROKER = 4;
const SET = 0;
const ANY = 1;
const LITERAL = 3;
const READ = 3;
const ALLOW = 3;
const SCRAM_SHA_512 = 2;
const BROKER = '1';

/** What is tried on a topic, in this order; deleting it comes by itself, as the last of all. */
export const ON_TOPICS = [
  ...TRIED,
  'describe-configs',
  'alter-configs',
  'add-partitions',
  'create',
] as const;
export const ON_GROUPS = ['describe', 'read', 'delete'] as const;
export const ON_TRANSACTIONS = ['describe', 'write'] as const;
export const ON_CLUSTER = [
  'list-rules',
  'add-rule',
  'change-password',
  'describe-configs',
  'alter-configs',
  'create-topic',
  'idempotent-write',
] as const;

/** What a broker says to somebody who may, since nothing is to be changed by trying. */
const PAST_RIGHTS = new Set([
  'INVALID_PARTITIONS',
  'TOPIC_ALREADY_EXISTS',
  'UNKNOWN_MEMBER_ID',
  'GROUP_ID_NOT_FOUND',
  'TRANSACTIONAL_ID_NOT_FOUND',
  'RESOURCE_NOT_FOUND',
]);

/** `allowed`, or the word that a broker refused with. */
export type Outcome = string;

type OnTopic = (typeof ON_TOPICS)[number];
type OnGroup = (typeof ON_GROUPS)[number];
type OnTransaction = (typeof ON_TRANSACTIONS)[number];
type OnCluster = (typeof ON_CLUSTER)[number];

const isOfBus = (tried: OnTopic): tried is (typeof TRIED)[number] =>
  (TRIED as readonly string[]).includes(tried);

/** Tries for real what a user might do at the brokers: by our own client, and by another one. */
export class KafkaAttempts {
  readonly #bus: Bus;
  readonly #connection: Connection;

  private constructor(bus: Bus, connection: Connection) {
    this.#bus = bus;
    this.#connection = connection;
  }

  static async open(users: SecureUsers, user: string, bus: Bus): Promise<KafkaAttempts> {
    const { kafkaBrokers } = users.stack;
    const connection = new Connection(`attempts-${user}`, {
      tls: { ca: [users.ca] },
      sasl: {
        mechanism: 'SCRAM-SHA-512',
        username: user,
        password: users.files.kafka[user] ?? '',
      },
    });
    const { hostname, port } = new URL(`kafka://${kafkaBrokers}`);
    await connection.connect(hostname, Number(port));
    return new KafkaAttempts(bus, connection);
  }

  async onTopic(topic: string, tried: OnTopic): Promise<Outcome> {
    if (isOfBus(tried)) {
      const may = await mayTopic(this.#bus, topic, tried);
      return may ? 'allowed' : 'TOPIC_AUTHORIZATION_FAILED';
    }
    const to = this.#connection;
    const attempts: Record<typeof tried, () => Promise<unknown>> = {
      'describe-configs': () =>
        describeConfigsV4.api.async(to, [{ resourceType: ON_TOPIC, resourceName: topic }]),
      'alter-configs': () => this.#alter(ON_TOPIC, topic, 'retention.ms'),
      'add-partitions': () =>
        createPartitionsV3.api.async(to, [{ name: topic, count: 1 }], TIMEOUT_MS, true),
      create: () => this.#create(topic),
    };
    return outcomeOf(attempts[tried]);
  }

  /** Asks who keeps transactions; true once somebody does. */
  async findsTransactions(): Promise<boolean> {
    const { TRANSACTION } = FindCoordinatorKeyTypes;
    try {
      await findCoordinatorV4.api.async(this.#connection, TRANSACTION, ['attempts']);
      await initProducerIdV4.api.async(this.#connection, 'attempts', TRANSACTION_MS);
      return true;
    } catch (error) {
      if (/COORDINATOR/.test(wordOf(error))) return false;
      throw error;
    }
  }

  /** Deletes a topic, where it may. */
  deleteTopic(topic: string): Promise<Outcome> {
    return outcomeOf(() =>
      deleteTopicsV6.api.async(this.#connection, [{ name: topic, topicId: null }], TIMEOUT_MS),
    );
  }

  async onGroup(group: string, tried: OnGroup): Promise<Outcome> {
    const to = this.#connection;
    if (tried === 'describe')
      return (await mayGroup(this.#bus, group)) ? 'allowed' : 'GROUP_AUTHORIZATION_FAILED';
    return tried === 'read'
      ? outcomeOf(() => heartbeatV4.api.async(to, group, 1, 'nobody'))
      : outcomeOf(() => deleteGroupsV2.api.async(to, [group]));
  }

  onTransaction(id: string, tried: OnTransaction): Promise<Outcome> {
    const to = this.#connection;
    return tried === 'describe'
      ? outcomeOf(() => describeTransactionsV0.api.async(to, [id]))
      : outcomeOf(() => initProducerIdV4.api.async(to, id, TRANSACTION_MS));
  }

  onCluster(tried: OnCluster): Promise<Outcome> {
    const to = this.#connection;
    const attempts: Record<OnCluster, () => Promise<unknown>> = {
      'list-rules': () =>
        describeAclsV3.api.async(to, {
          resourceType: ANY,
          resourceName: null,
          resourcePatternType: ANY,
          principal: null,
          host: null,
          operation: ANY,
          permissionType: ANY,
        }),
      'add-rule': () => createAclsV3.api.async(to, [RULE]),
      'change-password': () =>
        alterUserScramCredentialsV0.api.async(
          to,
          [{ name: 'nobody-at-all', mechanism: SCRAM_SHA_512 }],
          [],
        ),
      'describe-configs': () =>
        describeConfigsV4.api.async(to, [{ resourceType: ON_BROKER, resourceName: BROKER }]),
      'alter-configs': () => this.#alter(ON_BROKER, BROKER, 'log.retention.ms'),
      'create-topic': () => this.#create('attempts-new'),
      'idempotent-write': () => initProducerIdV4.api.async(to, null, TRANSACTION_MS),
    };
    return outcomeOf(attempts[tried]);
  }

  async close(): Promise<void> {
    await this.#connection.close();
    await this.#bus.stop();
  }

  /** Only looked at by the broker, not done. */
  #alter(resourceType: typeof ON_TOPIC | typeof ON_BROKER, resourceName: string, name: string) {
    const configs = [{ name, configOperation: SET, value: '3600000' } as const];
    const resource = { resourceType, resourceName, configs };
    return incrementalAlterConfigsV1.api.async(this.#connection, [resource], true);
  }

  /** The same. */
  #create(name: string) {
    const topic = { name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] };
    return createTopicsV7.api.async(this.#connection, [topic], TIMEOUT_MS, true);
  }
}

/** Lets nobody do anything that there is. */
const RULE = {
  resourceType: ON_TOPIC,
  resourceName: 'attempts-none',
  resourcePatternType: LITERAL,
  principal: 'User:nobody-at-all',
  host: '*',
  operation: READ,
  permissionType: ALLOW,
} as const;

/** What comes of signing in at the brokers by a client that is not ours: `signed in`, or how it was refused. */
export async function signInOutcome(
  { ca, stack }: SecureUsers,
  username: string,
  password: string,
  mechanism: 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512' = 'SCRAM-SHA-512',
): Promise<string> {
  const sasl = { mechanism, username, password };
  const connection = new Connection('sign-in', { tls: { ca: [ca] }, sasl });
  const { hostname, port } = new URL(`kafka://${stack.kafkaBrokers}`);
  try {
    await connection.connect(hostname, Number(port));
    return 'signed in';
  } catch (error) {
    return refusalIn(error);
  } finally {
    await connection.close();
  }
}

/** What the client says of its sign-in, below the connection that failed for it. */
function refusalIn(error: unknown): string {
  if (!(error instanceof Error)) throw error;
  const isOfSignIn = 'code' in error && error.code === 'PLT_KFK_AUTHENTICATION';
  return isOfSignIn ? error.message : refusalIn(error.cause);
}

async function outcomeOf(attempt: () => Promise<unknown>): Promise<Outcome> {
  try {
    await attempt();
    return 'allowed';
  } catch (error) {
    const word = wordOf(error);
    if (word.endsWith('_AUTHORIZATION_FAILED')) return word;
    if (PAST_RIGHTS.has(word)) return 'allowed';
    throw error;
  }
}

/** The broker's word for what went wrong; '' where it did not say one. */
function wordOf(error: unknown): string {
  const said = error instanceof Error ? findErrorBy(error, 'code', 'PLT_KFK_PROTOCOL') : null;
  return String(said?.['apiId'] ?? '');
}
