import { MEASURED_JAVA } from '../../tools/stack/kafka.ts';
import { type Stack, startStack } from '../../tools/stack/stack.ts';
import type { Progress } from './progress.ts';

let started = 0;

/**
 * Starts a Kafka and a Redis for one measurement and removes them after it: none finds the pages of
 * another in memory. Should this process die, a watchdog removes them.
 *
 * Throws MissingTool when something has to be installed first.
 */
export async function withServers<T>(
  progress: Progress,
  work: (stack: Stack) => Promise<T>,
): Promise<T> {
  progress.step('starting Kafka and Redis');
  started += 1;
  const stack = await startStack({
    name: `bench-${process.pid}-${started}`,
    kind: 'java',
    javaFlags: MEASURED_JAVA,
    forPid: process.pid,
    progress: (line) => progress.step(line),
  });
  try {
    return await work(stack);
  } finally {
    progress.step('stopping Kafka and Redis');
    await stack.stop({ purge: true });
  }
}
