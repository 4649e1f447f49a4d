import { readFileSync } from 'node:fs';

import { SealstreamError } from '@sealstream/contracts';
import type { BusOptions } from '@sealstream/bus';

import type { BaseConfig } from './base-settings.ts';
import { ConfigError } from './settings.ts';

type Connection = Pick<BusOptions, 'brokers' | 'namePrefix' | 'ssl' | 'sasl'>;

/**
 * How to reach the brokers, from the settings.
 *
 * @throws ConfigError when settings contradict each other
 * @throws SealstreamError FILE_UNREADABLE for the file of authorities
 */
export function kafkaConnection(config: BaseConfig): Connection {
  const { kafkaBrokers, kafkaSaslPassword, kafkaSaslUsername, kafkaTls, kafkaTlsCaFile } = config;
  if (!kafkaTls && kafkaTlsCaFile !== undefined)
    throw contradiction('SEALSTREAM_KAFKA_TLS_CA_FILE', 'needs SEALSTREAM_KAFKA_TLS=true');
  if ((kafkaSaslUsername === undefined) !== (kafkaSaslPassword === undefined))
    throw contradiction('SEALSTREAM_KAFKA_SASL_USERNAME', 'needs a password, and a password it');
  return {
    brokers: [...kafkaBrokers],
    ...(config.namePrefix === undefined ? {} : { namePrefix: config.namePrefix }),
    ssl: kafkaTlsCaFile === undefined ? kafkaTls : { ca: [readAuthorities(kafkaTlsCaFile)] },
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
