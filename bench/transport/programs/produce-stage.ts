// Produce only: a stage whose source holds one small record a transaction, so that nearly all of its
// work is encoding and the transaction session. Each transaction is the records, an event and the
// offset. A process of its own.
//
// Started with one argument, the JSON of ProduceOptions. Tells of itself as SelfSamples does, with
// the time of each transaction.
import { RecordBatchWriter } from '@sealstream/bus';
import { emptyParts } from '@sealstream/contracts';
import { SelfSamples } from '../../ground/self-samples.ts';
import { loadEvent, loadRecords, type ProduceOptions } from '../produce-load.ts';
import { stageBus } from '../stage-bus.ts';

async function main(options: ProduceOptions): Promise<void> {
  const { audit, brokers, source, target, total } = options;
  const written = new RecordBatchWriter().reset(Number.MAX_SAFE_INTEGER, Date.now());
  for (const record of loadRecords(options)) written.push(record);
  const load = written.columns(0);
  const parts = emptyParts();
  const bus = await stageBus(brokers, 'produce');
  const samples = new SelfSamples(total);
  await bus.stage({
    name: 'produce',
    groupId: target,
    source,
    outputs: [target, audit],
    batchRecords: 1,
    lingerMs: 0,
    transform: ({ from, partition }, out) => {
      for (let index = 0; index < load.length; index += 1) {
        load.read(index, parts);
        out.to(target).add(parts);
      }
      out.to(audit).push(loadEvent(partition, from, load.length));
    },
    observer: {
      onCommitted: (_batch, _outputs, seconds) => {
        samples.latenciesMs.push(seconds * 1000);
        samples.add(load.length);
      },
    },
  });
  await samples.end();
  await bus.stop();
}

await main(JSON.parse(process.argv[2] ?? '{}') as ProduceOptions);
