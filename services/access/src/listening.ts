import { readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import type { SecureContextOptions } from 'node:tls';

import { SealstreamError } from '@sealstream/contracts';
import { ConfigError } from '@sealstream/service';
import type { FastifyInstance } from 'fastify';

import { type AccessConfig, SETTINGS } from './config.ts';

/**
 * Certificate and key of the service; undefined where it answers without TLS, on loopback alone.
 *
 * @throws ConfigError when one is given without the other, or TLS is missing where it must not
 * @throws SealstreamError FILE_UNREADABLE
 */
export function tlsOf(config: AccessConfig): SecureContextOptions | undefined {
  const { accessHost, accessTlsCertFile: cert, accessTlsKeyFile: key } = config;
  if (cert === undefined && key === undefined) {
    if (isLoopback(accessHost)) return undefined;
    throw problem(SETTINGS.accessTlsCertFile.env, 'is needed beyond a loopback address');
  }
  if (cert === undefined) throw problem(SETTINGS.accessTlsCertFile.env, 'is needed with a key');
  if (key === undefined)
    throw problem(SETTINGS.accessTlsKeyFile.env, 'is needed with a certificate');
  return { cert: read(cert), key: read(key) };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function problem(setting: string, text: string): ConfigError {
  return new ConfigError([{ setting, problem: text }]);
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}

/**
 * Begins to answer.
 *
 * @returns the port that was taken
 * @throws SealstreamError CONFIG_INVALID when the address cannot be bound
 */
export async function listen(server: FastifyInstance, config: AccessConfig): Promise<number> {
  const { accessHost: host, accessPort: port } = config;
  try {
    await server.listen({ host, port });
  } catch {
    throw new SealstreamError(
      'CONFIG_INVALID',
      { setting: SETTINGS.accessPort.env, host, port },
      'The address cannot be bound: it is taken or not of this machine.',
    );
  }
  const address = server.server.address();
  return typeof address === 'object' && address !== null ? address.port : port;
}
