import type { TlsFilePaths } from './tls-files.ts';
import type { Config } from './setting.ts';
import { ConfigError } from './settings.ts';

/** How the HTTP of a program is protected. */
export const HTTP_TLS_SETTINGS = {
  httpTlsCertFile: {
    env: 'SEALSTREAM_HTTP_TLS_CERT_FILE',
    type: 'path',
    optional: true,
    meaning:
      'Answer HTTP over TLS with this certificate (PEM, then those between it and the authority); ' +
      'read again when it changes.',
  },
  httpTlsKeyFile: {
    env: 'SEALSTREAM_HTTP_TLS_KEY_FILE',
    type: 'path',
    optional: true,
    meaning: 'Its private key (PEM), for its owner alone to read.',
  },
  httpTlsClientCaFile: {
    env: 'SEALSTREAM_HTTP_TLS_CLIENT_CA_FILE',
    type: 'path',
    optional: true,
    meaning: 'Authorities of clients (PEM): whoever has no certificate of theirs gets no answer.',
  },
} as const;

/**
 * Where the certificate is; undefined for plain HTTP.
 *
 * @throws ConfigError when one of the settings is without those that it needs
 */
export function httpTlsFiles({
  httpTlsCertFile: certFile,
  httpTlsClientCaFile: clientCaFile,
  httpTlsKeyFile: keyFile,
}: Config<typeof HTTP_TLS_SETTINGS>): TlsFilePaths | undefined {
  const { env } = HTTP_TLS_SETTINGS.httpTlsCertFile;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw new ConfigError([{ setting: env, problem: 'needs its key file, and a key file it' }]);
  if (certFile === undefined || keyFile === undefined) {
    if (clientCaFile === undefined) return undefined;
    const problem = 'is needed where authorities of clients are given';
    throw new ConfigError([{ setting: env, problem }]);
  }
  return { certFile, keyFile, clientCaFile };
}
