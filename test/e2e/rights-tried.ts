import type { Bus } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import type { KafkaUser } from '@sealstream/service';

/** How long a read that nobody refuses may find nothing. */
const READ_MS = 1_500;

/** What is tried on a topic, or on a group. */
export const TRIED = ['describe', 'read', 'write', 'delete'] as const;
export type Tried = (typeof TRIED)[number];

const IMPLY_DESCRIBE = new Set(['read', 'write', 'delete', 'alter', 'describe']);

/** What a user's rules say of one thing. */
export function isAllowed(
  { rules }: KafkaUser,
  resource: 'topic' | 'group',
  name: string,
  tried: Tried,
): boolean {
  const own = rules.filter((rule) => rule.resource === resource && rule.name === name);
  return own.some(({ operation }) =>
    tried === 'describe' ? IMPLY_DESCRIBE.has(operation) : operation === tried,
  );
}

/** Does it for real; false when the broker refuses it for want of a right. */
export async function mayTopic(bus: Bus, topic: string, tried: Tried): Promise<boolean> {
  const attempts: Readonly<Record<Tried, () => Promise<unknown>>> = {
    describe: () => bus.admin.topics([topic]),
    read: () => firstOf(bus, topic),
    write: () => bus.append(topic, 0, [{ key: Buffer.from('x'), value: Buffer.from('{}') }]),
    delete: () => bus.admin.deleteBefore(topic, 0, 0n),
  };
  return isPermitted(attempts[tried]);
}

export function mayGroup(bus: Bus, group: string): Promise<boolean> {
  return isPermitted(() => bus.admin.members(group));
}

async function isPermitted(attempt: () => Promise<unknown>): Promise<boolean> {
  try {
    await attempt();
    return true;
  } catch (error) {
    if (isRefusal(error)) return false;
    // What else can go wrong with one that is allowed: records before the offset are gone, a compacted
    // topic loses none by hand, and into topics of the brokers' own nobody writes.
    if (error instanceof SealstreamError && error.code === 'OFFSETS_LOST') return true;
    if (isOf(error, /^(OFFSET_OUT_OF_RANGE|POLICY_VIOLATION|INVALID_TOPIC_EXCEPTION|CODE_17)$/))
      return true;
    throw error;
  }
}

async function firstOf(bus: Bus, topic: string): Promise<void> {
  const signal = AbortSignal.timeout(READ_MS);
  const starts = [{ topic, partition: 0, offset: 'earliest' as const }];
  for await (const { records } of bus.read({ starts, signal })) if (records.length > 0) return;
}

function isRefusal(error: unknown): boolean {
  if (error instanceof SealstreamError) return error.code === 'KAFKA_REFUSED';
  return isOf(error, /_AUTHORIZATION_FAILED$/);
}

/** kafkajs wraps refusals in several ways: by type, by cause, in lists of errors or partitions. */
function isOf(error: unknown, type: RegExp): boolean {
  if (typeof error !== 'object' || error === null) return false;
  if ('type' in error && typeof error.type === 'string' && type.test(error.type)) return true;
  const inner = ['cause', 'errors', 'partitions', 'error'].flatMap((name): unknown[] => {
    const value: unknown = Reflect.get(error, name);
    return Array.isArray(value) ? value : [value];
  });
  return inner.some((one) => one !== error && isOf(one, type));
}
