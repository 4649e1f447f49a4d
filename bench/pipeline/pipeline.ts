import { stockKafkajs } from '../../tools/stock-kafkajs.ts';
import type { Bench } from '../ground/bench.ts';
import { STAGES } from '../flow/outcomes.ts';
import { onOwnServers } from '../flow/own-servers.ts';
import { measureAlone } from './alone.ts';
import type { Ground } from './ground.ts';
import { measureLatency } from './latency.ts';
import { OPTIONS, pipelineOptions } from './options.ts';
import { measureTogether } from './together.ts';

export const PIPELINE: Bench = {
  name: 'pipeline',
  summary: 'the services alone and as a whole flow, beside plain loops on stock kafkajs',
  about: [
    'ingest, mask, encrypt: one process on a topic that is filled beforehand: records a second,',
    '          CPU-seconds per million records and peak memory',
    'together: all services and the broker on this machine, from raw to masked and encrypted, fed as',
    '          fast as they go; CPU of each, and whether memory grows. Needs some 2 kB of disk a record',
    'latency:  from the write to raw until a reader of committed records sees the masked record, as it',
    '          comes and in the low-latency setting',
  ],
  options: OPTIONS,
  examples: ['', '--json --rows mask --bytes 350', '--rows together --seconds 60 --least 100000'],
  run: async (asked, report) => {
    const options = pipelineOptions(asked);
    const kafkajs = await stockKafkajs((line) => report.progress.step(line));
    const measured = (bytes: number, work: (ground: Ground) => Promise<void>) =>
      onOwnServers(report.progress, options.partitions, (servers) =>
        work({ ...servers, options, bytes, kafkajs, report }),
      );
    const stages = STAGES.filter((stage) => options.rows.includes(stage));
    if (stages.length > 0)
      for (const bytes of options.bytes)
        await measured(bytes, (ground) => measureAlone(ground, stages));
    const [bytes] = options.bytes;
    if (options.rows.includes('latency')) await measured(bytes, measureLatency);
    if (options.rows.includes('together')) await measured(bytes, measureTogether);
  },
};
