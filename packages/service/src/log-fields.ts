import type { LogFields } from '@sealstream/contracts';

/**
 * The names that a log line may carry, each with its name in the Elastic Common Schema, or under
 * `sealstream.` where the schema has none. What is not in this table does not reach a log.
 */
const NAMES = {
  code: 'error.code',
  errorType: 'error.type',
  stack: 'error.stack_trace',
  place: 'sealstream.place',
  signal: 'sealstream.signal',
  service: 'sealstream.service',
  stage: 'sealstream.stage',
  dataset: 'sealstream.dataset',
  topic: 'sealstream.topic',
  partition: 'sealstream.partition',
  partitions: 'sealstream.partitions',
  offset: 'sealstream.offset',
  from: 'sealstream.from',
  to: 'sealstream.to',
  group: 'sealstream.group',
  generation: 'sealstream.generation',
  members: 'sealstream.members',
  records: 'sealstream.records',
  bytes: 'sealstream.bytes',
  count: 'sealstream.count',
  lag: 'sealstream.lag',
  attempt: 'sealstream.attempt',
  durationMs: 'sealstream.duration_ms',
  waitMs: 'sealstream.wait_ms',
  ageMs: 'sealstream.age_ms',
  state: 'sealstream.state',
  number: 'sealstream.number',
  type: 'sealstream.type',
  api: 'sealstream.api',
  node: 'sealstream.broker_id',
  broker: 'server.address',
  host: 'server.address',
  port: 'server.port',
  file: 'file.path',
  line: 'file.line',
  column: 'file.column',
  revision: 'sealstream.revision',
  sha256: 'hash.sha256',
  purpose: 'sealstream.purpose',
  keyset: 'sealstream.keyset',
  keyId: 'sealstream.key_id',
  version: 'sealstream.version',
  rule: 'rule.name',
  alert: 'rule.id',
  replicas: 'sealstream.replicas',
  insync: 'sealstream.insync',
  setting: 'sealstream.setting',
  schemaId: 'sealstream.schema_id',
  outputId: 'sealstream.output_schema_id',
  unknown: 'sealstream.unknown_fields',
  unknownFields: 'sealstream.unknown_fields_rule',
  problems: 'sealstream.schema_problems',
  problem: 'event.reason',
  waitsFor: 'sealstream.waits_for',
} as const satisfies Record<string, string>;

/** What stands where a value was taken out. */
export const REDACTED = '[redacted]';

const MOST_CHARACTERS = 300;
const MOST_STACK_CHARACTERS = 4000;

/**
 * The fields as they may be written: known names with plain values pass under their schema name;
 * of any other field only its name stays, and not even that when it does not look like a name
 * from code.
 */
export function allowedFields(fields: LogFields): Record<string, string | number | boolean> {
  const allowed: Record<string, string | number | boolean> = {};
  for (const [name, value] of Object.entries(fields)) {
    if (value === undefined) continue;
    if (Object.hasOwn(NAMES, name)) allowed[NAMES[name as keyof typeof NAMES]] = plain(name, value);
    else allowed[`sealstream.${/^[a-z][a-zA-Z]{0,30}$/.test(name) ? name : 'other'}`] = REDACTED;
  }
  return allowed;
}

function plain(name: string, value: unknown): string | number | boolean {
  if (typeof value === 'string')
    return value.slice(0, name === 'stack' ? MOST_STACK_CHARACTERS : MOST_CHARACTERS);
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' || typeof value === 'boolean' ? value : REDACTED;
}
