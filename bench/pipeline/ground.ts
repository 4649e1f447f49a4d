import { join } from 'node:path';
import type { Stack } from '../../tools/stack/stack.ts';
import type { FlowSide } from '../flow/flow-side.ts';
import type { KafkaView } from '../ground/kafka-view.ts';
import type { Report } from '../ground/report.ts';
import type { PipelineOptions } from './options.ts';

/** What a row is measured with: servers of its own, which held nothing before. */
export interface Ground {
  readonly options: PipelineOptions;
  /** Of a raw record. */
  readonly bytes: number;
  readonly stack: Stack;
  readonly flow: FlowSide;
  readonly kafka: KafkaView;
  /** Folder with an unpatched kafkajs in node_modules. */
  readonly kafkajs: string;
  readonly report: Report;
}

export const PLAIN_LOOP = join(import.meta.dirname, '..', 'ground', 'programs', 'plain-loop.ts');
export const AGAINST = 'plain loop on stock kafkajs';
