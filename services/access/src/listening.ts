import { isIP } from 'node:net';

import { SealstreamError } from '@sealstream/contracts';
import { ConfigError, readConfig, type TlsFilePaths } from '@sealstream/service';
import type { FastifyInstance } from 'fastify';

import type { ClientCertificatePaths } from './client-certificate-files.ts';
import { type AccessConfig, SETTINGS } from './config.ts';

/**
 * The settings. What contradicts itself is told before a server is waited for.
 *
 * @throws ConfigError
 */
export function accessConfig(env: NodeJS.ProcessEnv): AccessConfig {
  const config = readConfig(SETTINGS, env);
  tlsFilesOf(config);
  return config;
}

/**
 * Where certificate and key of the service are; undefined where it answers without TLS, on loopback
 * alone.
 *
 * @throws ConfigError when one is given without the other, or TLS is missing where it must not
 */
export function tlsFilesOf(config: AccessConfig): TlsFilePaths | undefined {
  const { accessHost, accessTlsCertFile: certFile, accessTlsKeyFile: keyFile } = config;
  if (certFile === undefined && keyFile === undefined) {
    clientFilesOf(config);
    if (isLoopback(accessHost)) return undefined;
    throw problem(SETTINGS.accessTlsCertFile.env, 'is needed beyond a loopback address');
  }
  if (certFile === undefined) throw problem(SETTINGS.accessTlsCertFile.env, 'is needed with a key');
  if (keyFile === undefined)
    throw problem(SETTINGS.accessTlsKeyFile.env, 'is needed with a certificate');
  return { certFile, keyFile, clientCaFile: clientFilesOf(config)?.caFile };
}

/**
 * Where it stands who gets in with a certificate; undefined where nobody does.
 *
 * @throws ConfigError when one of the files is given without those that it needs
 */
export function clientFilesOf(config: AccessConfig): ClientCertificatePaths | undefined {
  const { accessClientCaFile: caFile, accessClientCertificatesFile: rulesFile } = config;
  const { accessClientCrlFile: revocationFile, accessTlsCertFile } = config;
  if (caFile === undefined && rulesFile === undefined && revocationFile === undefined)
    return undefined;
  if (caFile === undefined)
    throw problem(SETTINGS.accessClientCaFile.env, 'is needed with the others of clients');
  if (rulesFile === undefined)
    throw problem(SETTINGS.accessClientCertificatesFile.env, 'is needed with authorities');
  if (accessTlsCertFile === undefined)
    throw problem(SETTINGS.accessTlsCertFile.env, 'is needed with certificates of clients');
  return { caFile, rulesFile, revocationFile };
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

function problem(setting: string, text: string): ConfigError {
  return new ConfigError([{ setting, problem: text }]);
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
