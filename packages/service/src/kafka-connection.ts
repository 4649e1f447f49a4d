import { readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import type { BusOptions } from '@sealstream/bus';

import type { BaseConfig } from './base-settings.ts';
import { ConfigError } from './settings.ts';
import { readPair } from './tls-files.ts';

type Connection = Pick<BusOptions, 'brokers' | 'namePrefix' | 'ssl' | 'sasl'>;

/** The settings that say how to reach the brokers; services and the command have them all. */
export type KafkaSettings = Pick<
  BaseConfig,
  | 'kafkaBrokers'
  | 'kafkaSaslMechanism'
  | 'kafkaSaslPassword'
  | 'kafkaSaslUsername'
  | 'kafkaTls'
  | 'kafkaTlsCaFile'
  | 'kafkaTlsCertFile'
  | 'kafkaTlsKeyFile'
  | 'namePrefix'
>;

/**
 * How to reach the brokers, from the settings. Files are read once, at the start.
 *
 * @throws ConfigError when settings contradict each other
 * @throws SealstreamError FILE_UNREADABLE for authorities or certificate, KEY_FILE_MISSING and
 *   KEY_FILE_OPEN for its key, CERTIFICATE_INVALID when both do not fit or it has ended
 */
export function kafkaConnection(config: KafkaSettings): Connection {
  const { kafkaBrokers, kafkaSaslPassword, kafkaSaslUsername } = config;
  if ((kafkaSaslUsername === undefined) !== (kafkaSaslPassword === undefined))
    throw contradiction('SEALSTREAM_KAFKA_SASL_USERNAME', 'needs a password, and a password it');
  return {
    brokers: [...kafkaBrokers],
    ...(config.namePrefix === undefined ? {} : { namePrefix: config.namePrefix }),
    ssl: tlsOf(config),
    ...(kafkaSaslUsername === undefined || kafkaSaslPassword === undefined
      ? {}
      : {
          sasl: {
            mechanism: config.kafkaSaslMechanism as 'plain',
            username: kafkaSaslUsername,
            password: kafkaSaslPassword.reveal(),
          },
        }),
  };
}

/** TLS 1.2 or newer; the name of the broker is checked in any case. */
function tlsOf(config: KafkaSettings): NonNullable<Connection['ssl']> {
  const { kafkaTls, kafkaTlsCaFile, kafkaTlsCertFile, kafkaTlsKeyFile } = config;
  if (!kafkaTls && kafkaTlsCaFile !== undefined)
    throw contradiction('SEALSTREAM_KAFKA_TLS_CA_FILE', 'needs SEALSTREAM_KAFKA_TLS=true');
  if (!kafkaTls && kafkaTlsCertFile !== undefined)
    throw contradiction('SEALSTREAM_KAFKA_TLS_CERT_FILE', 'needs SEALSTREAM_KAFKA_TLS=true');
  if ((kafkaTlsCertFile === undefined) !== (kafkaTlsKeyFile === undefined))
    throw contradiction('SEALSTREAM_KAFKA_TLS_CERT_FILE', 'needs its key file, and a key file it');
  if (!kafkaTls) return false;
  const own =
    kafkaTlsCertFile === undefined || kafkaTlsKeyFile === undefined
      ? {}
      : readPair({ certFile: kafkaTlsCertFile, keyFile: kafkaTlsKeyFile });
  const ca = kafkaTlsCaFile === undefined ? {} : { ca: [readAuthorities(kafkaTlsCaFile)] };
  return { minVersion: 'TLSv1.2', ...ca, ...own };
}

function contradiction(setting: string, problem: string): ConfigError {
  return new ConfigError([{ setting, problem }]);
}

function readAuthorities(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    throw new SealstreamError('FILE_UNREADABLE', { file });
  }
}
