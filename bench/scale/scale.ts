import { stockKafkajs } from '../../tools/stock-kafkajs.ts';
import { onOwnServers } from '../flow/own-servers.ts';
import type { Bench } from '../ground/bench.ts';
import type { Report } from '../ground/report.ts';
import { RAW, RAW_SETTINGS } from '../flow/outcomes.ts';
import { measureConnections } from './connections.ts';
import type { Ground } from './ground.ts';
import { OPTIONS, type RowName, type ScaleOptions, scaleOptions } from './options.ts';
import { measureReplicas } from './replicas.ts';
import { measureTurnover } from './turnover.ts';

interface Row {
  /** Of each topic. */
  readonly partitions: (options: ScaleOptions) => number;
  readonly measure: (ground: Ground) => Promise<void>;
}

const MEASURES: Readonly<Record<RowName, Row>> = {
  replicas: { partitions: ({ partitions }) => partitions, measure: measureReplicas },
  turnover: { partitions: ({ partitions }) => partitions, measure: measureTurnover },
  connections: { partitions: ({ many }) => many, measure: measureConnections },
};

export const SCALE: Bench = {
  name: 'scale',
  summary: 'several processes of a service in one group, while they come and go, and connections',
  about: [
    'replicas: mask in one group of several processes, on a topic that is filled beforehand, beside as',
    '          many plain loops; CPU time and memory are sums over the processes',
    'turnover: mask under a steady load while replicas join, restart and are killed: records that a',
    '          reader of committed records does not see once and in order, and how long partitions',
    '          pause beside the longest pause while nothing happens',
    'connections: to the broker, of one process of a service with many partitions, at most; beside',
    '          stock kafkajs with a transactional producer for each partition. Linux only',
  ],
  options: OPTIONS,
  examples: ['', '--json --rows replicas --replicas 1,2', '--rows turnover --seconds 120'],
  run: async (asked, report) => {
    const options = scaleOptions(asked);
    const kafkajs = await stockKafkajs((line) => report.progress.step(line));
    for (const row of options.rows) await measured(MEASURES[row], options, kafkajs, report);
  },
};

function measured(
  { measure, partitions }: Row,
  options: ScaleOptions,
  kafkajs: string,
  report: Report,
): Promise<void> {
  const count = partitions(options);
  return onOwnServers(report.progress, count, async (servers) => {
    // Made here and not by the flow: ingest then has nothing to delete behind itself.
    await servers.kafka.makeTopics([RAW], RAW_SETTINGS);
    await servers.flow.prepare(count);
    await measure({ ...servers, options, kafkajs, report });
  });
}
