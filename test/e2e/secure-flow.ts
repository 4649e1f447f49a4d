import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { once } from 'node:events';
import { get } from 'node:https';
import { join } from 'node:path';
import { type ServiceName, SERVICE_PURPOSES } from '@sealstream/contracts';
import { sealstream } from '../../tools/demo/command-line.ts';
import { type DemoKeys, makeKeyFiles } from '../../tools/demo/keys.ts';
import { type DemoPlace, demoPlace, makePlace } from '../../tools/demo/place.ts';
import {
  requireRunning,
  type ServiceProcess,
  startService,
  stopServices,
} from '../../tools/demo/service-processes.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { QUICK_BROKER } from '../../tools/stack/kafka.ts';
import type { SecureFiles } from '../../tools/stack/secure-files.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import { until } from './running-flow.ts';

type Settings = Readonly<Record<string, string>>;

/** The user of Redis that a service reads as, where it is not called as the service is. */
const READERS: Partial<Record<ServiceName, string>> = { access: 'access-read' };
/** And the one that it writes as, beside that. */
const WRITERS: Partial<Record<ServiceName, string>> = {
  encrypt: 'encrypt-write',
  access: 'access-write',
};

/** The flow of the example on servers that speak TLS alone, each program under a user of its own. */
export class SecureFlow {
  readonly stack: Stack;
  readonly files: SecureFiles;
  readonly place: DemoPlace;
  readonly #keys: DemoKeys;
  readonly #services = new Set<ServiceProcess>();

  private constructor(stack: Stack, files: SecureFiles, place: DemoPlace, keys: DemoKeys) {
    this.stack = stack;
    this.files = files;
    this.place = place;
    this.#keys = keys;
  }

  /** Starts the servers, gives the users their rights, and makes topics and keys as the operator. */
  static async open(): Promise<SecureFlow> {
    const stack = await startStack({
      name: `secure-${randomBytes(3).toString('hex')}`,
      kind: 'java',
      secure: true,
      kafkaProperties: QUICK_BROKER,
      forPid: process.pid,
      progress: (line) => process.stderr.write(`sealstream: ${line}\n`),
    });
    const { secure } = stack;
    if (secure === undefined) throw new Error('the stack is not secure');
    const place = demoPlace(randomBytes(3).toString('hex'));
    makePlace(place);
    const example = join(import.meta.dirname, '../../examples/people/sealstream.yaml');
    copyFileSync(example, place.policyFile);
    const flow = new SecureFlow(stack, secure, place, await makeKeyFiles(place));
    await flow.command('admin', 'kafka', 'acls', 'apply');
    await flow.command('operator', 'topics', 'apply');
    await flow.command('operator', 'keys', 'rotate');
    return flow;
  }

  get ca(): string {
    return readFileSync(this.files.caFile, 'utf8');
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
    const port = new URL(this.stack.redisUrl).port;
    return `rediss://${user}:${this.files.redis[user]}@127.0.0.1:${port}`;
  }

  /** Runs `sealstream …` as a user; its stdout. */
  command(user: string, ...args: string[]): Promise<string> {
    return sealstream(this.place, args, {
      ...this.kafkaSettings(user),
      REDIS_URL: this.redisUrl('operator'),
      SEALSTREAM_REDIS_TLS_CA_FILE: this.files.caFile,
      SEALSTREAM_KEY_DIR: this.place.keys,
      SEALSTREAM_EPOCH_DIR: this.place.epochs,
      SEALSTREAM_POLICY_FILE: this.place.policyFile,
    });
  }

  /** Starts a service as its own user, or with other settings, without waiting for it. */
  async launch(
    name: ServiceName,
    more: Settings = {},
    onExit: (code: number | null) => void = () => undefined,
  ): Promise<ServiceProcess> {
    const [port = 0] = await freePorts(1);
    const writer = WRITERS[name];
    const isKafkaGiven = more['KAFKA_BROKERS'] !== undefined;
    const { KAFKA_BROKERS: kafkaBrokers = '', ...settings } = {
      ...(isKafkaGiven ? {} : this.kafkaSettings(name)),
      ...more,
    };
    const common = {
      place: this.place,
      policyFile: this.place.policyFile,
      kafkaBrokers,
      redisUrl: more['REDIS_URL'] ?? this.redisUrl(READERS[name] ?? name),
      ...this.#keys,
      more: {
        ...settings,
        SEALSTREAM_HTTP_TLS_CERT_FILE: join(this.files.dir, 'server.crt'),
        SEALSTREAM_HTTP_TLS_KEY_FILE: join(this.files.dir, 'server.key'),
        ...(SERVICE_PURPOSES[name].length === 0
          ? {}
          : {
              SEALSTREAM_REDIS_TLS_CA_FILE: this.files.caFile,
              SEALSTREAM_ALLOW_UNLOCKED: 'true',
            }),
        ...(writer === undefined ? {} : { REDIS_WRITE_URL: this.redisUrl(writer) }),
        ...(name === 'access' ? this.#accessSettings() : {}),
      },
    };
    const service = startService(name, port, common, { onExit });
    this.#services.add(service);
    return service;
  }

  #accessSettings(): Settings {
    return {
      SEALSTREAM_ACCOUNTS_REDIS_URL: this.redisUrl('access'),
      SEALSTREAM_ACCESS_TLS_CERT_FILE: join(this.files.dir, 'server.crt'),
      SEALSTREAM_ACCESS_TLS_KEY_FILE: join(this.files.dir, 'server.key'),
    };
  }

  /** Starts a service and waits until it is ready, over TLS. */
  async start(name: ServiceName, more: Settings = {}): Promise<ServiceProcess> {
    const service = await this.launch(name, more);
    await until(async () => {
      requireRunning(service);
      return (await this.ask(service, '/readyz')).status === 200;
    });
    return service;
  }

  /** Asks a service over HTTP, believing the stack's authority alone. */
  async ask({ url }: ServiceProcess, path: string): Promise<{ status: number; text: string }> {
    const { port } = new URL(url);
    const request = get({ host: '127.0.0.1', port, path, ca: this.ca, servername: 'localhost' });
    const [response] = await once(request, 'response');
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') };
  }

  async close(): Promise<void> {
    await stopServices([...this.#services]);
    await this.stack.stop({ purge: true });
    rmSync(this.place.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
