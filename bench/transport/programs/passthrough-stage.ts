// The bus alone: a stage that passes records on as they are, exactly once, with an event of each
// batch and the offset in the same transaction. No policy, no keys. A process of its own.
//
// Started with one argument, the JSON of PassthroughOptions. Tells of itself as SelfSamples does.
import { emptyParts } from '@sealstream/contracts';
import { SelfSamples } from '../../ground/self-samples.ts';
import { stageBus } from '../stage-bus.ts';

export interface PassthroughOptions {
  readonly brokers: string;
  readonly source: string;
  readonly target: string;
  /** Where the event of each batch goes. */
  readonly audit: string;
  /** It ends after so many records. */
  readonly total: number;
}

/** The event of one batch, as JSON. */
export interface PassthroughEvent {
  readonly partition: number;
  readonly from: string;
  readonly to: string;
  readonly records: number;
}

const EMITTER = Buffer.from('passthrough');
const parts = emptyParts();

async function main({ audit, brokers, source, target, total }: PassthroughOptions): Promise<void> {
  const bus = await stageBus(brokers, 'passthrough');
  const samples = new SelfSamples(total);
  await bus.stage({
    name: 'passthrough',
    groupId: 'passthrough',
    source,
    outputs: [target, audit],
    transform: ({ from, partition, records, to }, out) => {
      const event: PassthroughEvent = {
        partition,
        from: from.toString(),
        to: to.toString(),
        records: records.length,
      };
      for (let index = 0; index < records.length; index += 1) {
        records.read(index, parts);
        out.to(target).add(parts);
      }
      out.to(audit).push({ key: EMITTER, value: Buffer.from(JSON.stringify(event)) });
    },
    observer: { onCommitted: ({ records }) => samples.add(records.length) },
  });
  await samples.end();
  await bus.stop();
}

await main(JSON.parse(process.argv[2] ?? '{}') as PassthroughOptions);
