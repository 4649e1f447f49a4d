import { brokersAnswer } from './readiness.ts';
import { redisAnswers } from './redis.ts';

/**
 * The user's own servers, when KAFKA_BROKERS and REDIS_URL are set: asked whether they answer, and
 * never started, stopped or changed. Undefined when neither is set; throws when one is, or when
 * one does not answer.
 */
export async function ownServers(environment: NodeJS.ProcessEnv) {
  const kafkaBrokers = environment['KAFKA_BROKERS'] ?? '';
  const redisUrl = environment['REDIS_URL'] ?? '';
  if (kafkaBrokers === '' && redisUrl === '') return undefined;
  if (kafkaBrokers === '' || redisUrl === '')
    throw new Error('set both KAFKA_BROKERS and REDIS_URL for your own servers, or neither');
  const [kafka, redisVersion] = await Promise.all([
    brokersAnswer(kafkaBrokers, 10_000),
    redisAnswers(redisUrl, 10_000),
  ]);
  if (!kafka) throw new Error('no Kafka answers at KAFKA_BROKERS');
  // The address may hold a password, so it is not repeated.
  if (redisVersion === undefined) throw new Error('no Redis answers at REDIS_URL');
  return { kafkaBrokers, redisUrl, redisVersion };
}
