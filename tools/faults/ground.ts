import { randomBytes } from 'node:crypto';
import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Bus, openBus } from '@sealstream/bus';
import { type Dataset, datasetOf, parsePolicy } from '@sealstream/policy';
import { sealstream } from '../demo/command-line.ts';
import { QUIET } from '../demo/ground.ts';
import { type DemoKeys, makeKeyFiles, makeKeysets } from '../demo/keys.ts';
import { type DemoPlace, demoPlace, makePlace } from '../demo/place.ts';
import { QUICK_BROKER } from '../stack/kafka.ts';
import { ROOT } from '../stack/paths.ts';
import { startStack, type Stack } from '../stack/stack.ts';
import { type FaultTools, faultTools } from './fault-tools.ts';
import { Network } from './network.ts';

const DATASET = 'people';
const EXAMPLE_POLICY = join(ROOT, 'examples', 'people', 'sealstream.yaml');

const BROKER: Readonly<Record<string, string>> = {
  ...QUICK_BROKER,
  // Laid out ahead for each partition, and all of it is searched for plaintext: a tenth is enough.
  'log.index.size.max.bytes': '1048576',
};

/** What the services stand on, and what faults are done with. */
export interface Ground {
  readonly tools: FaultTools;
  readonly place: DemoPlace;
  readonly stack: Stack;
  readonly network: Network;
  /** host:port,host:port: the proxies, as every client gets them. */
  readonly brokers: string;
  /** Reads and asks past the proxies: what is done to links must not blind the checks. */
  readonly bus: Bus;
  readonly dataset: Dataset;
  readonly keys: DemoKeys;
  /** Settings of all services that this machine makes necessary. */
  readonly settings: Readonly<Record<string, string>>;
  readonly partitions: number;
}

export interface GroundOptions {
  readonly brokers: 1 | 3;
  readonly onProgress: (line: string) => void;
  /** Told of each part as soon as it is there, so that a failure can take it down again. */
  readonly onPart: (part: Partial<Ground>) => void;
  readonly signal: AbortSignal;
}

/** Starts servers and proxies, and makes topics, key files and keysets. Throws MissingTool. */
export async function layGround(options: GroundOptions): Promise<Ground> {
  const { onPart, onProgress, signal } = options;
  const tools = await faultTools(onProgress);
  const place = demoPlace(randomBytes(3).toString('hex'), 'faults');
  makePlace(place);
  onPart({ place });
  const network = await Network.open({
    brokers: options.brokers,
    toxiproxyProgram: tools.toxiproxy,
    logs: place.logs,
  });
  onPart({ network });
  const { advertised } = network;
  const stack = await startStack({
    name: `faults-${place.id}`,
    kind: 'java',
    brokers: options.brokers,
    advertised,
    kafkaProperties: BROKER,
    forPid: process.pid,
    progress: onProgress,
  });
  onPart({ stack });
  await network.lead(stack);
  signal.throwIfAborted();
  const brokers = advertised.join();
  copyFileSync(EXAMPLE_POLICY, place.policyFile);
  const dataset = datasetOf(
    parsePolicy(readFileSync(place.policyFile, 'utf8'), place.policyFile),
    DATASET,
  );
  onProgress('making topics and keys');
  const topics = ['topics', 'apply', '--policy', place.policyFile];
  await sealstream(place, topics, { KAFKA_BROKERS: brokers });
  signal.throwIfAborted();
  const bus = await openBus({
    brokers: stack.internalBrokers.split(','),
    clientId: 'faults-checks',
    logger: QUIET,
  });
  onPart({ bus });
  const keys = await makeKeyFiles(place);
  const { redisUrl } = network;
  const access = { place, bus, redisUrl, redisPrefix: undefined, logger: QUIET };
  const canLock = await makeKeysets(access, DATASET);
  const settings: Record<string, string> = canLock ? {} : { SEALSTREAM_ALLOW_UNLOCKED: 'true' };
  const partitions = await bus.admin.partitionCount(dataset.topics.raw);
  return { tools, place, stack, network, brokers, bus, dataset, keys, settings, partitions };
}
