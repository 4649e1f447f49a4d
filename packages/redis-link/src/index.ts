/**
 * redis-link: how our packages reach Redis.
 *
 * Promises: a command fails at once while Redis is away and is never sent twice; errors of the
 * client and the server become REDIS_UNREACHABLE or REDIS_REFUSED and quote nothing.
 */
export { answered, RedisLink, type RedisOptions, type StoreOptions } from './redis-link.ts';
