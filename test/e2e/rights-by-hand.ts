import type { Allowed } from './refusal-table.ts';

// What each program may do, written by hand from what it is for, and not from the rules that give it: a rule
// that is wrong shows here. Kafka says `describe` of whatever somebody may read, write or delete.

/** `on` a topic by its name; of a group, a transaction and the cluster the kind stands before it. */
export const AT_KAFKA: Readonly<Record<string, Allowed>> = {
  ingest: {
    'describe read': 'accepted.people keyring raw.people sealstream.control',
    'describe write describe-configs': 'accepted.people audit.events.ingest rejected.people',
    // Plaintext goes as soon as it is sealed; whoever may delete records may delete the topic, too.
    'delete delete-topic': 'raw.people',
    'describe-group': 'sealstream.encrypt.people sealstream.ingest.people sealstream.mask.people',
    'read-group': 'sealstream.ingest.people',
    'describe-transaction write-transaction': 'sealstream.ingest.people.tried',
    'idempotent-write': '',
  },
  mask: {
    'describe read': 'accepted.people keyring mask.state.people sealstream.control',
    'describe write describe-configs': 'audit.events.mask masked.people rejected.people',
    'describe-group read-group': 'sealstream.mask.people',
    'describe-transaction write-transaction': 'sealstream.mask.people.tried',
    'idempotent-write': '',
  },
  encrypt: {
    'describe read': 'accepted.people keyring sealstream.control',
    'describe write describe-configs': 'audit.events.encrypt encrypted.people rejected.people',
    'describe-group read-group': 'sealstream.encrypt.people',
    'describe-transaction write-transaction': 'sealstream.encrypt.people.tried',
    'idempotent-write': '',
  },
  audit: {
    'describe read':
      'audit.events.access audit.events.anomaly-alert audit.events.audit audit.events.cli ' +
      'audit.events.encrypt audit.events.ingest audit.events.mask',
    'describe write describe-configs': 'audit.checkpoints audit.events.audit',
    'idempotent-write': '',
  },
  'anomaly-alert': {
    'describe read':
      'audit.checkpoints audit.events.access audit.events.anomaly-alert audit.events.audit ' +
      'audit.events.cli audit.events.encrypt audit.events.ingest audit.events.mask security.alerts',
    'describe write describe-configs': 'audit.events.anomaly-alert security.alerts',
    // Where stages stand, and never a record.
    describe: 'accepted.people raw.people',
    'describe-group': 'sealstream.encrypt.people sealstream.ingest.people sealstream.mask.people',
    'idempotent-write': '',
  },
  access: {
    'describe read':
      'audit.events.access audit.events.encrypt audit.events.ingest audit.events.mask keyring ' +
      'rejected.people security.alerts',
    'describe write describe-configs': 'audit.events.access',
    describe: 'accepted.people encrypted.people masked.people raw.people',
    'describe-group':
      'sealstream.encrypt.people sealstream.ingest.people sealstream.mask.people ' +
      'sealstream.replay.people',
    'idempotent-write': '',
  },
  producer: {
    'describe write describe-configs': 'raw.people',
    'idempotent-write': '',
  },
  'consumer-masked': {
    'describe read': 'masked.people',
    'describe-group read-group': 'consumer-masked',
  },
  'consumer-encrypted': {
    'describe read': 'encrypted.people',
    'describe-group read-group': 'consumer-encrypted',
  },
};

/** Nobody who has signed in can be kept from these two, which tell nothing and change nothing. */
const CONNECTION = 'auth hello';
const READING = 'get mget lrange';

/** What a user of Redis has: commands, and the beginnings of keys that they may be about. */
export interface AtRedis {
  readonly program: string;
  readonly commands: string;
  readonly keys: string;
  readonly channels?: string;
  /** Commands that its scripts may give; of one who may give none, nothing. */
  readonly inScripts?: string;
}

export const AT_REDIS: Readonly<Record<string, AtRedis>> = {
  ingest: {
    program: 'ingest',
    commands: `${CONNECTION} ${READING} subscribe`,
    keys:
      'keyset:accepted/ keyset:hash/ keyset:producer/ keyset:rejected/ keyset:subject-index/ ' +
      'keyset:subject/ shreds:',
    channels: 'keyset-changed',
  },
  mask: {
    program: 'mask',
    commands: `${CONNECTION} ${READING} subscribe`,
    keys:
      'keyset:accepted/ keyset:fpe/ keyset:hash/ keyset:rejected/ keyset:subject/ keyset:vault/ ' +
      'shreds:',
    channels: 'keyset-changed',
  },
  'mask-write': {
    program: 'mask',
    commands: `${CONNECTION} get setnx sadd sismember eval`,
    keys: 'vault: vault-of: vault-token:',
    inScripts: 'get setnx sadd sismember',
  },
  encrypt: {
    program: 'encrypt',
    commands: `${CONNECTION} ${READING} subscribe`,
    keys: 'key-id: keyset:accepted/ keyset:field/ keyset:rejected/ keyset:subject/ shreds: subject:',
    channels: 'keyset-changed',
  },
  'encrypt-write': {
    program: 'encrypt',
    commands: `${CONNECTION} get setnx incrby eval`,
    keys: 'key-id: keyset:subject/ subject: uses:',
    inScripts: 'get setnx incrby',
  },
  access: {
    program: 'access',
    commands: `${CONNECTION} get mget set del eval pexpireat zadd zcard zrange zrem zremrangebyscore`,
    keys: 'accounts: acknowledged:',
    inScripts: 'get mget set del pexpireat zadd zcard zrange zrem zremrangebyscore',
  },
  'access-read': {
    program: 'access',
    commands: `${CONNECTION} ${READING} subscribe`,
    keys:
      'grant: key-id: keyset:accepted/ keyset:field/ keyset:fpe/ keyset:hash/ keyset:producer/ ' +
      'keyset:rejected/ keyset:subject-index/ keyset:subject/ keyset:vault/ shreds: subject: uses: ' +
      'vault: vault-token:',
    channels: 'keyset-changed',
  },
  'access-write': {
    program: 'access',
    commands: `${CONNECTION} get setnx incrby sadd sismember eval`,
    keys: 'uses: vault: vault-of: vault-token:',
    inScripts: 'get setnx incrby sadd sismember',
  },
  'access-keys': {
    program: 'access, where it has the signer',
    commands: `${CONNECTION} ${READING} llen set setnx rpush del sadd srem sismember smembers eval publish`,
    keys:
      'grant: key-id: keyset:accepted/ keyset:field/ keyset:fpe/ keyset:hash/ keyset:producer/ ' +
      'keyset:rejected/ keyset:subject-index/ keyset:subject/ keyset:vault/ shreds: subject: vault: ' +
      'vault-of: vault-token:',
    channels: 'keyset-changed',
    inScripts: 'get mget lrange llen set setnx rpush del sadd srem sismember smembers publish',
  },
};

/** All beginnings of keys that there are, of which each user has some. */
export const BEGINNINGS = (
  'accounts: acknowledged: grant: key-id: keyset:accepted/ keyset:field/ keyset:fpe/ keyset:hash/ ' +
  'keyset:producer/ keyset:rejected/ keyset:subject-index/ keyset:subject/ keyset:vault/ shreds: ' +
  'subject: uses: vault: vault-of: vault-token:'
).split(' ');

/** Public, as the page of the console, the list of routes and the ways to a provider are. */
const TO_ANYBODY =
  '/v1/health /v1/openapi.json / /v1/sign-in /v1/sign-in/{provider} /v1/sign-in/callback/{provider}';
/** Who it is, and what its own keys are. Ending a session ends none where there is none. */
const TO_ANY_KEY = { GET: `${TO_ANYBODY} /v1/api-keys /v1/me`, DELETE: '/v1/session' };

/** Routes that are answered with what is asked for. */
export const AT_HTTP: Readonly<Record<string, Allowed>> = {
  nobody: { GET: TO_ANYBODY },
  'nobody at metrics': { GET: '/livez /metrics /readyz' },
  'consumer-masked by API key': TO_ANY_KEY,
  'consumer-encrypted by API key': { ...TO_ANY_KEY, POST: '/v1/keys/resolve' },
};
