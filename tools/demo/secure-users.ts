import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { type Logger, SERVICE_PURPOSES, type ServiceName } from '@sealstream/contracts';
import { ADMIN, type SecureFiles } from '../stack/secure-files.ts';
import type { Stack } from '../stack/stack.ts';
import { sealstream } from './command-line.ts';
import type { DemoPlace } from './place.ts';
import type { ServiceEnvironment } from './service-processes.ts';

type Settings = Readonly<Record<string, string>>;

/** The user of Redis that a service reads as, where it is not called as the service is. */
const READERS: Partial<Record<ServiceName, string>> = { access: 'access-read' };
/** And the one that it writes as, beside that. */
const WRITERS: Partial<Record<ServiceName, string>> = {
  mask: 'mask-write',
  encrypt: 'encrypt-write',
  access: 'access-write',
};

/** How to open a bus other than as the user with its own password. */
export interface OtherBus {
  readonly password?: string;
  /** The authority to believe, as PEM. */
  readonly ca?: string;
  /** Others than the stack's own. */
  readonly brokers?: readonly string[];
  /** Default 60 s, as a service waits. */
  readonly connectTimeoutMs?: number;
}

/** How each program reaches a stack that speaks TLS alone, under a user of its own. */
export class SecureUsers {
  readonly stack: Stack;
  readonly files: SecureFiles;
  /** The stack's authority, as PEM. */
  readonly ca: string;

  constructor(stack: Stack) {
    if (stack.secure === undefined) throw new Error(`the stack ${stack.name} is not secure`);
    this.stack = stack;
    this.files = stack.secure;
    this.ca = readFileSync(stack.secure.caFile, 'utf8');
  }

  /** How a user signs in at Kafka with its password. */
  kafkaSettings(user: string): Settings {
    return {
      KAFKA_BROKERS: this.stack.kafkaBrokers,
      SEALSTREAM_KAFKA_TLS: 'true',
      SEALSTREAM_KAFKA_TLS_CA_FILE: this.files.caFile,
      SEALSTREAM_KAFKA_SASL_USERNAME: user,
      SEALSTREAM_KAFKA_SASL_PASSWORD: this.files.kafka[user] ?? '',
    };
  }

  /** How it signs in with its certificate. */
  certificateSettings(user: string): Settings {
    return {
      KAFKA_BROKERS: this.stack.certificatesBrokers ?? '',
      SEALSTREAM_KAFKA_TLS: 'true',
      SEALSTREAM_KAFKA_TLS_CA_FILE: this.files.caFile,
      SEALSTREAM_KAFKA_TLS_CERT_FILE: join(this.files.dir, `${user}.crt`),
      SEALSTREAM_KAFKA_TLS_KEY_FILE: join(this.files.dir, `${user}.key`),
    };
  }

  redisUrl(user: string): string {
    return `rediss://${user}:${this.files.redis[user]}@127.0.0.1:${this.redisPort}`;
  }

  get redisPort(): number {
    return Number(new URL(this.stack.redisUrl).port);
  }

  /** Of the command `sealstream`: a user at Kafka, and the operator at Redis. */
  commandSettings(user: string): Settings {
    return {
      ...this.kafkaSettings(user),
      REDIS_URL: this.redisUrl('operator'),
      SEALSTREAM_REDIS_TLS_CA_FILE: this.files.caFile,
    };
  }

  /**
   * What a service is told of its links; its HTTP is on TLS too.
   *
   * @param signIn how it signs in at Kafka; with the password of the user of its name unless told
   */
  serviceLinks(
    name: ServiceName,
    signIn: Settings = this.kafkaSettings(name),
  ): Pick<ServiceEnvironment, 'kafkaBrokers' | 'redisUrl' | 'httpCa' | 'more'> {
    const { KAFKA_BROKERS: kafkaBrokers = '', ...settings } = signIn;
    const writer = WRITERS[name];
    const hasKeys = SERVICE_PURPOSES[name].length > 0;
    const more: Record<string, string> = {
      ...settings,
      ...this.#server('SEALSTREAM_HTTP_TLS'),
      ...(hasKeys ? { SEALSTREAM_REDIS_TLS_CA_FILE: this.files.caFile } : {}),
      ...(writer === undefined ? {} : { REDIS_WRITE_URL: this.redisUrl(writer) }),
      ...(name === 'access' ? this.#accessSettings() : {}),
    };
    const redisUrl = this.redisUrl(READERS[name] ?? name);
    return { kafkaBrokers, redisUrl, httpCa: this.ca, more };
  }

  /** A connection to Kafka as a user. */
  bus(user: string, logger: Logger, other: OtherBus = {}): Promise<Bus> {
    const { ca = this.ca, connectTimeoutMs, password = this.files.kafka[user] ?? '' } = other;
    return openBus({
      brokers: [...(other.brokers ?? this.stack.kafkaBrokers.split(','))],
      clientId: `sealstream-demo-${user}`,
      logger,
      ...(connectTimeoutMs === undefined ? {} : { connectTimeoutMs }),
      ssl: { ca: [ca], minVersion: 'TLSv1.2' },
      sasl: { mechanism: 'scram-sha-512', username: user, password },
    });
  }

  #accessSettings(): Settings {
    return {
      SEALSTREAM_ACCOUNTS_REDIS_URL: this.redisUrl('access'),
      ...this.#server('SEALSTREAM_ACCESS_TLS'),
    };
  }

  #server(prefix: string): Settings {
    return {
      [`${prefix}_CERT_FILE`]: join(this.files.dir, 'server.crt'),
      [`${prefix}_KEY_FILE`]: join(this.files.dir, 'server.key'),
    };
  }
}

/** Gives the users of Kafka the rights of the plan for the policy of a place, as its administrator does. */
export async function grantRights(place: DemoPlace, users: SecureUsers): Promise<void> {
  const args = ['kafka', 'acls', 'apply', '--policy', place.policyFile];
  await sealstream(place, args, users.commandSettings(ADMIN));
}
