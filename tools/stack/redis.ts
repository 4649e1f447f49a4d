import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import type { LocalServers } from './local-servers.ts';
import type { StackDirectories } from './paths.ts';
import { type SecureFiles, secureFiles, secureRedisSettings } from './secure-files.ts';
import { type ProcessRecord, startDetached } from './processes.ts';

/** Nothing acknowledged is lost, nothing is evicted, nobody outside this machine is heard. */
export function redisSettings(port: number, data: string, secure?: SecureFiles): string {
  return [
    'bind 127.0.0.1',
    ...(secure === undefined ? [`port ${port}`] : secureRedisSettings(secure, port)),
    'protected-mode yes',
    'daemonize no',
    `dir "${data}"`,
    'appendonly yes',
    'appendfsync always',
    'save ""',
    'maxmemory-policy noeviction',
    '',
  ].join('\n');
}

/** Writes the settings of redis-server. */
export function prepareRedis(directories: StackDirectories, port: number): void {
  mkdirSync(directories.redis, { recursive: true, mode: 0o700 });
  const file = join(directories.root, 'redis.conf');
  writeFileSync(file, redisSettings(port, directories.redis, secureFiles(directories.root)), {
    mode: 0o600,
  });
}

/** Starts the redis-server that prepareRedis prepared. */
export function startRedis(servers: LocalServers, directories: StackDirectories): ProcessRecord {
  return startDetached(servers.redisServer, [join(directories.root, 'redis.conf')], {
    cwd: directories.root,
    log: join(directories.logs, 'redis.log'),
  });
}

/** The version of the Redis at `url` when it answers a command within `waitMs`. */
export async function redisAnswers(
  url: string,
  waitMs: number,
  ca?: string,
): Promise<string | undefined> {
  const redis = new Redis(url, {
    ...(ca === undefined ? {} : { tls: { ca } }),
    lazyConnect: true,
    connectTimeout: waitMs,
    commandTimeout: waitMs,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    enableOfflineQueue: false,
  });
  // Each failed connection also comes as an event, which would end the process unheard.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    const info = await redis.info('server');
    // A server that still loads its append-only file answers INFO but nothing else.
    await redis.exists('sealstream');
    return /redis_version:(\S+)/.exec(info)?.[1] ?? 'unknown';
  } catch {
    return undefined;
  } finally {
    redis.disconnect();
  }
}
