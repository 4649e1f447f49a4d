import { Redis } from 'ioredis';

/**
 * Everything under a prefix in a Redis, keys and values, to be searched.
 *
 * @param ca the authority to believe, as PEM, of one on TLS
 */
export async function redisContents(url: string, prefix: string, ca?: string): Promise<Buffer> {
  const tls = ca === undefined ? {} : { tls: { ca } };
  const redis = new Redis(url, { ...tls, lazyConnect: true, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  const parts: Buffer[] = [];
  try {
    await redis.connect();
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 100);
      for (const key of keys) parts.push(Buffer.from(key), ...(await valuesOf(redis, key)));
      cursor = next;
    } while (cursor !== '0');
  } finally {
    redis.disconnect();
  }
  return Buffer.concat(parts.flatMap((part) => [part, Buffer.from('\n')]));
}

async function valuesOf(redis: Redis, key: string): Promise<Buffer[]> {
  switch (await redis.type(key)) {
    case 'string':
      return [(await redis.getBuffer(key)) ?? Buffer.alloc(0)];
    case 'hash':
      return Object.values(await redis.hgetallBuffer(key));
    case 'list':
      return redis.lrangeBuffer(key, 0, -1);
    case 'set':
      return redis.smembersBuffer(key);
    case 'zset':
      return redis.zrangeBuffer(key, '0', '-1');
    default:
      return [Buffer.from(JSON.stringify(await redis.call('DUMP', key)))];
  }
}

/** Removes everything under a prefix. */
export async function clearRedis(url: string, prefix: string): Promise<void> {
  if (prefix === '') throw new Error('without a prefix everything would go');
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 1 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    let cursor = '0';
    do {
      const [next, keys] = await redis.scan(cursor, 'MATCH', `${prefix}*`, 'COUNT', 100);
      if (keys.length > 0) await redis.del(...keys);
      cursor = next;
    } while (cursor !== '0');
  } finally {
    redis.disconnect();
  }
}
