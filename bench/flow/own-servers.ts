import type { Stack } from '../../tools/stack/stack.ts';
import { KafkaView } from '../ground/kafka-view.ts';
import type { Progress } from '../ground/progress.ts';
import { withServers } from '../ground/servers.ts';
import { FlowSide } from './flow-side.ts';

/** A flow on servers of its own, with nothing made yet, and the bench's view of them. */
export interface OwnServers {
  readonly stack: Stack;
  readonly flow: FlowSide;
  readonly kafka: KafkaView;
}

/** Starts servers for one measurement of a flow and removes them after it. */
export function onOwnServers<T>(
  progress: Progress,
  partitions: number,
  work: (servers: OwnServers) => Promise<T>,
): Promise<T> {
  return withServers(progress, async (stack) => {
    const kafka = await KafkaView.open(stack.kafkaBrokers, partitions);
    try {
      return await work({ stack, flow: new FlowSide(stack), kafka });
    } finally {
      await kafka.close();
    }
  });
}
