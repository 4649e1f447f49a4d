// Consume only: reads a topic to its end, checked and decoded, and looks at each record's size. A
// process of its own.
//
// Started with one argument, the JSON of ConsumeOptions. Tells of itself as SelfSamples does.
import { SelfSamples } from '../../ground/self-samples.ts';
import { stageBus } from '../stage-bus.ts';

export interface ConsumeOptions {
  readonly brokers: string;
  readonly source: string;
  readonly partitions: number;
  readonly total: number;
  /** Bytes of each value; another size is an error. */
  readonly bytes: number;
}

async function main(options: ConsumeOptions): Promise<void> {
  const { brokers, bytes, partitions, source, total } = options;
  const bus = await stageBus(brokers, 'consume');
  const samples = new SelfSamples(total);
  const starts = Array.from({ length: partitions }, (_, partition) => ({
    topic: source,
    partition,
    offset: 'earliest' as const,
  }));
  for await (const { records } of bus.read({ starts, until: 'end' })) {
    for (const { value } of records)
      if (value?.length !== bytes) throw new RangeError('a record of another size');
    samples.add(records.length);
  }
  await samples.end();
  await bus.stop();
}

await main(JSON.parse(process.argv[2] ?? '{}') as ConsumeOptions);
