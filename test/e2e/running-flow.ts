import { randomBytes } from 'node:crypto';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Bus, type KafkaRecord, openBus } from '@sealstream/bus';
import { type Logger, type ServiceName, stageGroup } from '@sealstream/contracts';
import { decodeSourceMark, markBytes } from '@sealstream/flow';
import { type Dataset, datasetOf, parsePolicy } from '@sealstream/policy';
import { besidePolicy } from '@sealstream/service';
import { sealstream } from '../../tools/demo/command-line.ts';
import {
  type DemoKeys,
  type KeysetAccess,
  makeKeyFiles,
  makeKeysets,
} from '../../tools/demo/keys.ts';
import { type DemoPlace, demoPlace, makePlace } from '../../tools/demo/place.ts';
import {
  isReady,
  type ServiceProcess,
  startService,
  stopServices,
} from '../../tools/demo/service-processes.ts';
import { freePorts } from '../../tools/stack/free-ports.ts';
import { end } from '../../tools/stack/processes.ts';
import { tailOf } from '../../tools/stack/readiness.ts';

const nothing = () => undefined;
const quiet: Logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** The stages of one dataset as real processes, with topics, keys and policy of their own. */
export class RunningFlow {
  readonly place: DemoPlace;
  readonly bus: Bus;
  readonly dataset: Dataset;
  readonly keys: DemoKeys;
  readonly access: KeysetAccess;
  /** What stands before every name of this flow on the servers. */
  readonly namePrefix: string;
  readonly #servers: { kafkaBrokers: string; redisUrl: string };
  readonly #services = new Set<ServiceProcess>();
  readonly #more: Record<string, string>;

  private constructor(
    parts: Pick<RunningFlow, 'place' | 'bus' | 'dataset' | 'keys' | 'access'>,
    servers: { kafkaBrokers: string; redisUrl: string; namePrefix: string },
    canLock: boolean,
  ) {
    this.place = parts.place;
    this.bus = parts.bus;
    this.dataset = parts.dataset;
    this.keys = parts.keys;
    this.access = parts.access;
    const { namePrefix, ...addresses } = servers;
    this.namePrefix = namePrefix;
    this.#servers = addresses;
    this.#more = {
      SEALSTREAM_NAME_PREFIX: namePrefix,
      ...(canLock ? {} : { SEALSTREAM_ALLOW_UNLOCKED: 'true' }),
    };
  }

  /**
   * Makes everything but starts no service.
   *
   * @param files the policy of a dataset `people`, sealstream.yaml, and what it names; the example if absent
   */
  static async open(
    servers: { kafkaBrokers: string; redisUrl: string },
    files: Readonly<Record<string, string>> = {},
  ): Promise<RunningFlow> {
    const place = demoPlace(randomBytes(3).toString('hex'));
    makePlace(place);
    const example = join(import.meta.dirname, '../../examples/people/sealstream.yaml');
    const { 'sealstream.yaml': text = readFileSync(example, 'utf8'), ...beside } = files;
    writeFileSync(place.policyFile, text);
    for (const [name, content] of Object.entries(beside))
      writeFileSync(join(dirname(place.policyFile), name), content);
    // Other tests share these servers: names of its own keep topics, groups and keysets apart.
    const namePrefix = `test-${place.id}.`;
    const { kafkaBrokers, redisUrl } = servers;
    const bus = await openBus({
      brokers: [kafkaBrokers],
      clientId: 'test',
      logger: quiet,
      namePrefix,
    });
    await sealstream(place, ['topics', 'apply', '--policy', place.policyFile], {
      KAFKA_BROKERS: kafkaBrokers,
      SEALSTREAM_NAME_PREFIX: namePrefix,
    });
    const keys = await makeKeyFiles(place);
    const access = { place, bus, redisUrl, redisPrefix: namePrefix, logger: quiet };
    const canLock = await makeKeysets(access, 'people');
    const policy = parsePolicy(text, place.policyFile, besidePolicy(place.policyFile));
    const dataset = datasetOf(policy, 'people');
    return new RunningFlow(
      { place, bus, dataset, keys, access },
      { ...servers, namePrefix },
      canLock,
    );
  }

  /** Starts a service without waiting for it. */
  async launch(
    name: ServiceName,
    more: Readonly<Record<string, string>> = {},
  ): Promise<ServiceProcess> {
    const [port = 0] = await freePorts(1);
    const service = startService(name, port, {
      place: this.place,
      policyFile: this.place.policyFile,
      ...this.#servers,
      ...this.keys,
      more: { ...this.#more, ...more },
    });
    this.#services.add(service);
    return service;
  }

  /** Starts a service and waits until it is ready. */
  async start(
    name: ServiceName,
    more: Readonly<Record<string, string>> = {},
  ): Promise<ServiceProcess> {
    const service = await this.launch(name, more);
    await until(() => isReady(service)).catch(() => {
      throw new Error(`${name} is not ready; ${service.log}:\n${tailOf(service.log, 10)}`);
    });
    return service;
  }

  /** Ends a service without warning, as a crash does. */
  async crash(service: ServiceProcess): Promise<void> {
    await end(service.process, 0);
    this.#services.delete(service);
  }

  async close(): Promise<void> {
    await stopServices([...this.#services]);
    await this.bus.stop();
    rmSync(this.place.root, { recursive: true, force: true, maxRetries: 5 });
  }

  async partitions(): Promise<number> {
    return this.bus.admin.partitionCount(this.dataset.topics.raw);
  }

  /** All committed records of a topic, partition after partition. */
  readAll(topic: string): Promise<(KafkaRecord & { partition: number })[]> {
    return recordsOf(this.bus, topic);
  }

  /** Whether a stage has committed everything of its source. */
  async isDrained(stage: 'ingest' | 'mask' | 'encrypt'): Promise<boolean> {
    const { raw, accepted } = this.dataset.topics;
    const source = stage === 'ingest' ? raw : accepted;
    for (let partition = 0; partition < (await this.partitions()); partition += 1) {
      const last = await this.bus.admin.offset(source, partition, 'latest');
      const group = stageGroup(stage, this.dataset.name);
      const { offset } = await this.bus.admin.committed(group, source, partition);
      if (offset < last) return false;
    }
    return true;
  }
}

/** All committed records of a topic, partition after partition. */
export async function recordsOf(
  bus: Bus,
  topic: string,
): Promise<(KafkaRecord & { partition: number })[]> {
  const count = await bus.admin.partitionCount(topic);
  const starts = Array.from({ length: count }, (_, partition) => ({
    topic,
    partition,
    offset: 'earliest' as const,
  }));
  const all: (KafkaRecord & { partition: number })[] = [];
  for await (const { partition, records } of bus.read({ starts, until: 'end' })) {
    for (const record of records) all.push({ ...record, partition });
  }
  return all.toSorted((a, b) => a.partition - b.partition || Number(a.offset - b.offset));
}

/** `partition:offset` of where a record came from. */
export function coordinate(record: KafkaRecord): string {
  const { partition, offset } = decodeSourceMark(markBytes(record.headers));
  return `${partition}:${offset}`;
}

/**
 * Waits until something holds. Asking may itself meet the fault that a test has made: then the answer
 * is not yet, and what went wrong is told when it never comes to hold.
 */
export async function until(
  what: () => Promise<boolean> | boolean,
  withinMs = 90_000,
): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    let failure: unknown = new Error('it did not come to pass in time');
    try {
      if (await what()) return;
    } catch (error) {
      failure = error;
    }
    if (Date.now() > deadline) throw failure;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
