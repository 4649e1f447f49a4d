import { type Bus, openBus } from '@sealstream/bus';
import { SealstreamError } from '@sealstream/contracts';
import type { SchemaAccess } from '@sealstream/policy';
import { kafkaConnection, openSchemaRegistry, redisTlsCa } from '@sealstream/service';

import { CliAudit } from './cli-audit.ts';
import type { Context } from './context.ts';
import { QUIET } from './quiet-logger.ts';

const START_STACK = 'or start local ones: npm run stack -- up';
const THROUGH_ACCESS =
  'Where you work through a service access, set SEALSTREAM_ACCESS_URL instead.';

/**
 * Does something with Kafka and closes the connection after it, however it ends.
 *
 * @throws SealstreamError SERVER_MISSING when no address is given, KAFKA_UNREACHABLE
 */
export async function withBus<T>(
  context: Context,
  work: (bus: Bus, audit: CliAudit) => Promise<T>,
): Promise<T> {
  const bus = await openKafka(context);
  const audit = new CliAudit(bus);
  try {
    return await work(bus, audit);
  } finally {
    await audit.stop();
    await bus.stop();
  }
}

function openKafka(context: Context): Promise<Bus> {
  const config = context.config();
  const { kafkaBrokers } = config;
  if (kafkaBrokers === undefined)
    throw new SealstreamError(
      'SERVER_MISSING',
      { setting: 'KAFKA_BROKERS' },
      `Set KAFKA_BROKERS=host:port to your brokers, ${START_STACK}`,
    );
  return openBus({
    ...kafkaConnection({ ...config, kafkaBrokers }),
    clientId: 'sealstream-cli',
    logger: QUIET,
    connectTimeoutMs: config.connectWaitMs,
  });
}

/**
 * How to reach Redis.
 *
 * @throws SealstreamError SERVER_MISSING, CONFIG_INVALID
 */
export function redisOf(context: Context): {
  readonly redisUrl: string;
  readonly redisTlsCa: string | undefined;
} {
  const config = context.config();
  const { redisUrl } = config;
  if (redisUrl === undefined)
    throw new SealstreamError(
      'SERVER_MISSING',
      { setting: 'REDIS_URL' },
      `Set REDIS_URL=redis://host:port to your Redis, ${START_STACK}. ${THROUGH_ACCESS}`,
    );
  return { redisUrl: redisUrl.reveal(), redisTlsCa: redisTlsCa(config) };
}

/**
 * The schema registry that the settings name; undefined when they name none.
 *
 * @throws SealstreamError CONFIG_INVALID
 */
export function schemaAccess(context: Context): SchemaAccess | undefined {
  const source = openSchemaRegistry(context.config());
  return source && { source };
}
