import { join } from 'node:path';
import { type ServiceName, stageGroup } from '@sealstream/contracts';
import { stockKafkajs } from '../stock-kafkajs.ts';
import type { Progress as StageProgress } from './checks/flow.ts';
import { FaultTally } from './fault-tally.ts';
import { FlowWatch, type OutputName, OUTPUTS } from './flow-watch.ts';
import type { Ground } from './ground.ts';
import type { Victims } from './injections/injection.ts';
import { READY_MS } from './injections/injection.ts';
import { KcatReader } from './kcat-reader.ts';
import { STAGES, type StageName } from './kinds.ts';
import type { FaultsOptions } from './options.ts';
import type { PeopleOptions } from './raw-people.ts';
import { SendLedger } from './send-ledger.ts';
import { servicesOf } from './services.ts';
import type { StockWorkerOptions } from './stock-worker.ts';
import type { SupervisedService, UnaskedEnd } from './supervised-service.ts';
import { TestProducer } from './test-producer.ts';
import { Turns } from './turns.ts';

/** Every such record is cut short, so that ingest rejects it. */
const BAD_EVERY = 40;
const BURST = 5;
/**
 * A plain client loses records whose batch is as large as the one before. Requests of 20 records, none
 * of them rejected, and transactions of 10 make all batches of the same size.
 */
const STOCK_BURST = 20;
const STOCK_BATCH = 10;

/** A running flow, the load on it, and who reads it. */
export class FaultsSession implements Victims {
  readonly ground: Ground;
  readonly ledger = new SendLedger();
  readonly tally = new FaultTally();
  readonly turns = new Turns();
  readonly people: PeopleOptions;
  readonly services: ReadonlyMap<ServiceName, SupervisedService>;
  readonly producer: TestProducer;
  readonly watch: FlowWatch;
  readonly signal: AbortSignal;
  /** Stages whose work is judged: all, but for one that a stock worker does. */
  readonly audited: readonly StageName[];
  #kcats: ReadonlyMap<OutputName, KcatReader>;

  private constructor(
    ground: Ground,
    options: FaultsOptions,
    parts: { watch: FlowWatch; people: PeopleOptions; stock: StockWorkerOptions | undefined },
    signal: AbortSignal,
  ) {
    const { brokers, dataset, keys, network, partitions, place, settings } = ground;
    const { people, stock, watch } = parts;
    this.ground = ground;
    this.people = people;
    this.watch = watch;
    this.signal = signal;
    this.audited = stock === undefined ? STAGES : STAGES.filter((stage) => stage !== 'mask');
    const { policyFile } = place;
    const { redisUrl } = network;
    const common = { place, policyFile, kafkaBrokers: brokers, redisUrl, more: settings, ...keys };
    const { isShort } = options;
    this.services = servicesOf({ environment: common, isShort, stock });
    this.producer = new TestProducer(
      {
        ...people,
        brokers,
        topic: dataset.topics.raw,
        partitions,
        perSecond: options.perSecond,
        burst: stock === undefined ? BURST : STOCK_BURST,
      },
      this.ledger,
      join(place.logs, 'producer.log'),
    );
    this.#kcats = this.#startKcats();
  }

  /** Begins to read; nothing runs yet. */
  static async open(
    ground: Ground,
    options: FaultsOptions,
    signal: AbortSignal,
    onProgress: (line: string) => void,
  ): Promise<FaultsSession> {
    const isStock = options.client === 'stock';
    const people = { seed: options.seed, badEvery: isStock ? 0 : BAD_EVERY };
    const { brokers, bus, dataset, partitions } = ground;
    const stock = isStock
      ? {
          kafkajs: await stockKafkajs(onProgress),
          brokers,
          clientId: 'sealstream-mask',
          groupId: stageGroup('mask', dataset.name),
          source: dataset.topics.accepted,
          target: dataset.topics.masked,
          partitions,
          batchRecords: STOCK_BATCH,
        }
      : undefined;
    const watch = await FlowWatch.open({ bus, dataset, partitions, people });
    return new FaultsSession(ground, options, { watch, people, stock }, signal);
  }

  get kcats(): ReadonlyMap<OutputName, KcatReader> {
    return this.#kcats;
  }

  /** Ends of processes that nobody had asked for. */
  get unasked(): UnaskedEnd[] {
    return [...this.services.values()].flatMap(({ unasked }) => unasked);
  }

  /** What each service says of itself now. */
  async metrics(): Promise<(readonly [name: string, text: string])[]> {
    return Promise.all(
      [...this.services.values()].map(async (service) => {
        return [service.name, await service.metrics()] as const;
      }),
    );
  }

  /** Starts services and producer; resolves when all services work. */
  async start(): Promise<void> {
    await Promise.all([...this.services.values()].map((service) => service.start()));
    await this.ready();
    this.producer.start();
  }

  /** Throws with the end of a log when a service does not work again in time. */
  async ready(): Promise<void> {
    await Promise.all([...this.services.values()].map((service) => service.untilReady(READY_MS)));
  }

  /** How far each stage has committed, by partition. */
  async progress(): Promise<StageProgress> {
    const { bus, dataset, partitions } = this.ground;
    const { raw, accepted } = dataset.topics;
    const of = (stage: StageName) =>
      Promise.all(
        Array.from({ length: partitions }, async (_, partition) => {
          const group = stageGroup(stage, dataset.name);
          const source = stage === 'ingest' ? raw : accepted;
          const { offset } = await bus.admin.committed(group, source, partition);
          return Math.max(0, Number(offset));
        }),
      );
    return { ingest: await of('ingest'), mask: await of('mask'), encrypt: await of('encrypt') };
  }

  /** Lets all readers begin again, as after a record was deleted that they had seen. */
  async restartReaders(): Promise<void> {
    await this.stopKcats();
    this.#kcats = this.#startKcats();
    await Promise.all(OUTPUTS.map((output) => this.watch.readAgain(output)));
  }

  async stopKcats(): Promise<void> {
    await Promise.all([...this.#kcats.values()].map((kcat) => kcat.stop()));
  }

  /** Ends the producer and the services, in the order in which records flow. */
  async stopFlow(): Promise<void> {
    await this.producer.stop();
    const { audit, rest } = Object.groupBy([...this.services.values()], ({ name }) =>
      name === 'audit' ? 'audit' : 'rest',
    );
    await Promise.all((rest ?? []).map((service) => service.stop()));
    await Promise.all((audit ?? []).map((service) => service.stop()));
  }

  /** Ends all that this session began. */
  async stop(): Promise<void> {
    // One that fails keeps no other from being ended; the first failure is told.
    const flow = await Promise.allSettled([this.stopFlow()]);
    const ends = [...flow, ...(await Promise.allSettled([this.stopKcats(), this.watch.stop()]))];
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
  }

  #startKcats(): ReadonlyMap<OutputName, KcatReader> {
    const { brokers, dataset, partitions, place, tools } = this.ground;
    return new Map(
      OUTPUTS.map((output) => {
        const topic = dataset.topics[output];
        const log = join(place.logs, `kcat-${output}.log`);
        return [output, new KcatReader({ program: tools.kcat, brokers, topic, partitions, log })];
      }),
    );
  }
}
