import type { Stack } from '../../tools/stack/stack.ts';
import type { FlowSide } from '../flow/flow-side.ts';
import type { KafkaView } from '../ground/kafka-view.ts';
import type { Report } from '../ground/report.ts';
import type { ScaleOptions } from './options.ts';

/** What a row is measured with: servers of its own, which held nothing before. */
export interface Ground {
  readonly options: ScaleOptions;
  readonly stack: Stack;
  /** Its keys and topics are made. */
  readonly flow: FlowSide;
  /** Raw is made, with as many partitions as this view has. */
  readonly kafka: KafkaView;
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly report: Report;
}
