import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Bus, KafkaRecord } from '@sealstream/bus';
import type { ServiceName } from '@sealstream/contracts';
import { sealstream } from '../../tools/demo/command-line.ts';
import { QUIET } from '../../tools/demo/ground.ts';
import { type DemoKeys, makeKeyFiles } from '../../tools/demo/keys.ts';
import { type DemoPlace, demoPlace, makePlace } from '../../tools/demo/place.ts';
import { grantRights, SecureUsers } from '../../tools/demo/secure-users.ts';
import {
  isReady,
  type ServiceEnvironment,
  type ServiceProcess,
  settingsOf,
  startService,
  stopServices,
} from '../../tools/demo/service-processes.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { QUICK_BROKER } from '../../tools/stack/kafka.ts';
import { ADMIN } from '../../tools/stack/secure-files.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import { recordsOf, until } from './running-flow.ts';

type Settings = Readonly<Record<string, string>>;

/** Far more than a start needs where the machine does nothing else. */
const READY_MS = 240_000;

/** What a service is told otherwise than as its own users. */
export interface OtherLinks {
  readonly redisUrl?: string;
  readonly more?: Settings;
}

/** The flow of the example on servers that speak TLS alone, each program under a user of its own. */
export class SecureFlow {
  readonly stack: Stack;
  readonly users: SecureUsers;
  readonly place: DemoPlace;
  readonly #keys: DemoKeys;
  readonly #services = new Set<ServiceProcess>();

  private constructor(users: SecureUsers, place: DemoPlace, keys: DemoKeys) {
    this.stack = users.stack;
    this.users = users;
    this.place = place;
    this.#keys = keys;
  }

  /**
   * Starts the servers, gives the users their rights, and makes topics and keys as the operator.
   *
   * @param policyOf what becomes of the example's policy; it stays unless told
   */
  static async open(policyOf: (example: string) => string = (same) => same): Promise<SecureFlow> {
    const stack = await startStack({
      name: `secure-${randomBytes(3).toString('hex')}`,
      kind: 'java',
      secure: true,
      kafkaProperties: QUICK_BROKER,
      forPid: process.pid,
      progress: (line) => process.stderr.write(`sealstream: ${line}\n`),
    });
    const users = new SecureUsers(stack);
    const place = demoPlace(randomBytes(3).toString('hex'));
    makePlace(place);
    const example = join(import.meta.dirname, '../../examples/people/sealstream.yaml');
    writeFileSync(place.policyFile, policyOf(readFileSync(example, 'utf8')));
    const flow = new SecureFlow(users, place, await makeKeyFiles(place));
    await grantRights(place, users);
    await flow.command('operator', 'topics', 'apply');
    await flow.command('operator', 'keys', 'rotate');
    return flow;
  }

  /** Runs `sealstream …` as a user; its stdout. */
  command(user: string, ...args: string[]): Promise<string> {
    return sealstream(this.place, args, {
      ...this.users.commandSettings(user),
      SEALSTREAM_KEY_DIR: this.place.keys,
      SEALSTREAM_EPOCH_DIR: this.place.epochs,
      SEALSTREAM_POLICY_FILE: this.place.policyFile,
    });
  }

  /** Starts a service as its own user at Kafka, or signing in as told, without waiting for it. */
  async launch(
    name: ServiceName,
    signIn?: Settings,
    onExit: (code: number | null) => void = () => undefined,
    other: OtherLinks = {},
  ): Promise<ServiceProcess> {
    const [port = 0] = await freePorts(1);
    const environment = this.#environment(name, signIn, other);
    const service = startService(name, port, environment, { onExit });
    this.#services.add(service);
    return service;
  }

  /** What a service is told, for whoever starts it within this process. */
  settings(name: ServiceName, signIn?: Settings, other: OtherLinks = {}): Record<string, string> {
    return settingsOf(name, 0, this.#environment(name, signIn, other));
  }

  /** Starts a service and waits until it is ready, over TLS. */
  async start(
    name: ServiceName,
    signIn?: Settings,
    other: OtherLinks = {},
  ): Promise<ServiceProcess> {
    const service = await this.launch(name, signIn, undefined, other);
    await until(() => isReady(service), READY_MS);
    return service;
  }

  /** Does something as a user of Kafka. */
  async as<T>(user: string, work: (bus: Bus) => Promise<T>): Promise<T> {
    const bus = await this.users.bus(user, QUIET);
    try {
      return await work(bus);
    } finally {
      await bus.stop();
    }
  }

  /** All committed records of a topic, partition after partition. */
  readAll(topic: string): Promise<(KafkaRecord & { partition: number })[]> {
    return this.as(ADMIN, (bus) => recordsOf(bus, topic));
  }

  #environment(
    name: ServiceName,
    signIn: Settings | undefined,
    other: OtherLinks,
  ): ServiceEnvironment {
    const { more, redisUrl, ...links } = this.users.serviceLinks(name, signIn);
    return {
      place: this.place,
      policyFile: this.place.policyFile,
      ...this.#keys,
      ...links,
      redisUrl: other.redisUrl ?? redisUrl,
      more: { ...more, ...other.more, SEALSTREAM_ALLOW_UNLOCKED: 'true' },
    };
  }

  async close(): Promise<void> {
    await stopServices([...this.#services]);
    await this.stack.stop({ purge: true });
    rmSync(this.place.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
