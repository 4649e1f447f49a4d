import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaRecord } from '@sealstream/bus';
import { ALERT_TOPIC, type ServiceName, SERVICES } from '@sealstream/contracts';
import { freePorts } from '../stack/free-ports.ts';
import { AlertWatch } from './alert-watch.ts';
import type { AlertMeasure } from './checks/alert.ts';
import type { Ground } from './ground.ts';
import { outcomeOf } from './outcomes.ts';
import type { DemoRecord } from './people.ts';
import { Producer } from './producer.ts';
import { RawLedger } from './raw-ledger.ts';
import { SearchedValues } from './searched-values.ts';
import {
  isReady,
  requireRunning,
  type ServiceEnvironment,
  type ServiceProcess,
  startService,
  stopServices,
} from './service-processes.ts';
import { TopicWatch } from './topic-watch.ts';

const READY_MS = 60_000;
const LOOK_MS = 25;

/** The run was ended from outside. */
export class Interrupted extends Error {}

/** When a record was seen on the masked topic by a reader of committed records. */
export interface Arrival {
  readonly partition: number;
  readonly offset: bigint;
  readonly seenMs: number;
}

/** What was measured while records were published. */
export interface Measures {
  /** Of the burst: from the first record to the last one on both outputs. */
  recordsPerSecond: number;
  latencyMsP50: number;
  latencyMsP99: number;
  alert: AlertMeasure;
}

type Outputs = 'accepted' | 'rejected' | 'masked' | 'encrypted';

/** One running demo: services, a producer, and what was seen of the topics so far. */
export class DemoSession {
  readonly ground: Ground;
  readonly producer: Producer;
  /** Raw as it was read from its first record on: ingest deletes behind itself. */
  readonly ledger: RawLedger;
  readonly values: SearchedValues;
  readonly alerts = new AlertWatch();
  readonly arrivals: Arrival[] = [];
  readonly services: ServiceProcess[] = [];
  readonly measures: Measures = {
    recordsPerSecond: 0,
    latencyMsP50: 0,
    latencyMsP99: 0,
    alert: { firedAfterMs: undefined, resolvedAfterMs: undefined, fired: 0, resolved: 0 },
  };
  /** Raw as it was read, where there are no segment files to search; null where there are. */
  readonly rawCopies: Buffer[] | null;
  readonly #signal: AbortSignal;
  readonly #watches: TopicWatch[] = [];
  readonly #outputs = new Map<Outputs, TopicWatch>();

  private constructor(ground: Ground, signal: AbortSignal, raw: RawLedger) {
    this.ground = ground;
    this.#signal = signal;
    this.ledger = raw;
    const { buses, dataset } = ground;
    this.producer = new Producer(buses.producer, dataset.topics.raw, raw.partitions);
    this.values = new SearchedValues(dataset);
    this.rawCopies = ground.stack.kind === 'own' ? [] : null;
    this.#watch(dataset.topics.raw, (partition, record) => {
      raw.add(partition, record);
      if (record.value !== null) this.rawCopies?.push(Buffer.from(record.value));
    });
    this.#watch(ALERT_TOPIC, (_, record, seenMs) => this.alerts.add(record, seenMs), 1);
    for (const output of ['accepted', 'rejected', 'masked', 'encrypted'] as const)
      this.#outputs.set(output, this.#watch(dataset.topics[output], this.#noting(output)));
  }

  /** Begins to read the topics. */
  static async open(ground: Ground, signal: AbortSignal): Promise<DemoSession> {
    const { raw } = ground.dataset.topics;
    const [topic] = await ground.bus.admin.topics([raw]);
    if (topic === undefined) throw new Error(`there is no topic ${raw}`);
    const incarnation = topic.id.subarray(0, 4).toString('hex');
    return new DemoSession(ground, signal, new RawLedger(incarnation, topic.partitions.length));
  }

  get signal(): AbortSignal {
    return this.#signal;
  }

  /** Records of an output seen so far, committed ones only. */
  seen(output: Outputs): number {
    return this.#outputs.get(output)?.count ?? 0;
  }

  /** Notes what will be published, so that it is searched for. */
  expect(records: readonly DemoRecord[]): void {
    for (const record of records) this.values.add(record);
  }

  /** Starts all services, or those named, and waits until each is ready. */
  async start(
    names: readonly ServiceName[] = SERVICES,
    more: Partial<ServiceEnvironment> = {},
  ): Promise<void> {
    const [accessPort = 0, ...ports] = await freePorts(1 + names.length);
    const started = names.map((name, n) => {
      const environment = { ...this.#environmentOf(name, accessPort), ...more };
      return startService(name, ports[n] ?? 0, environment);
    });
    this.services.push(...started);
    for (const service of started)
      await this.until(`${service.name} is ready`, () => isReady(service), READY_MS);
  }

  #environmentOf(name: ServiceName, accessPort: number): ServiceEnvironment {
    const { keys, place, secure, settings, stack } = this.ground;
    const { kafkaBrokers, redisUrl } = stack;
    const common = { place, policyFile: place.policyFile, ...keys };
    if (secure === undefined) return { ...common, kafkaBrokers, redisUrl, more: settings };
    const { more, ...links } = secure.serviceLinks(name);
    // Its port has to be known to be tried.
    const access = name === 'access' ? { SEALSTREAM_ACCESS_PORT: String(accessPort) } : {};
    return { ...common, ...links, more: { ...settings, ...more, ...access } };
  }

  /** Ends some services and forgets them. */
  async stopService(name: ServiceName): Promise<void> {
    const stopped = this.services.filter((service) => service.name === name);
    for (const service of stopped) this.services.splice(this.services.indexOf(service), 1);
    await stopServices(stopped);
  }

  /**
   * Waits for something; resolves to false when it has not come in time. Throws when a service has
   * ended, a topic cannot be read, or the run is interrupted.
   */
  async comes(is: () => boolean | Promise<boolean>, withinMs: number): Promise<boolean> {
    for (const deadline = performance.now() + withinMs; ; await sleep(LOOK_MS)) {
      if (this.#signal.aborted) throw new Interrupted();
      for (const watch of this.#watches) watch.requireReading();
      if (await is()) return true;
      if (performance.now() > deadline) return false;
      for (const service of this.services) requireRunning(service);
    }
  }

  /** The same; throws when it has not come in time. */
  async until(what: string, is: () => boolean | Promise<boolean>, withinMs: number): Promise<void> {
    if (!(await this.comes(is, withinMs)))
      throw new Error(`after ${Math.round(withinMs / 1000)} s still not: ${what}`);
  }

  /** Waits until every published record has come out of both branches, or nothing moves any more. */
  async settle(idleMs = 10_000): Promise<void> {
    let before = '';
    let movedMs = performance.now();
    const isDone = () => {
      const accepted = this.seen('accepted');
      const rejected = this.seen('rejected');
      const read = this.ledger.count;
      const moved = [read, accepted, rejected, this.seen('masked'), this.seen('encrypted')].join();
      if (moved !== before) movedMs = performance.now();
      before = moved;
      const isAll =
        read >= this.producer.published &&
        accepted + rejected >= read &&
        this.seen('masked') >= accepted &&
        this.seen('encrypted') >= accepted;
      return isAll || performance.now() - movedMs > idleMs;
    };
    await this.until('the flow is empty', isDone, 30 * 60_000);
  }

  /** Stops reading; the services go on. */
  async stopReading(): Promise<void> {
    await Promise.all(this.#watches.map((watch) => watch.stop()));
    this.#watches.length = 0;
  }

  #watch(
    topic: string,
    onRecord: (partition: number, record: KafkaRecord, seenMs: number) => void,
    partitions = this.ledger.partitions,
  ): TopicWatch {
    const watch = new TopicWatch(this.ground.buses.readerOf(topic), topic, partitions, onRecord);
    this.#watches.push(watch);
    return watch;
  }

  #noting(output: Outputs): (partition: number, record: KafkaRecord, seenMs: number) => void {
    if (output !== 'masked') return () => undefined;
    return (partition, record, seenMs) => {
      const { source } = outcomeOf(partition, record);
      if (source !== null) this.arrivals.push({ partition, offset: source.offset, seenMs });
    };
  }
}
