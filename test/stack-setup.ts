import type { TestProject } from 'vitest/node';
import { QUICK_BROKER } from '../tools/stack/kafka.ts';
import type { StackDirectories } from '../tools/stack/paths.ts';
import { startStack } from '../tools/stack/stack.ts';

/** What a test of the project `stack` gets from inject('stack'). */
export interface ProvidedStack {
  /** openStack(name) of tools/stack/stack.ts gives kill, start and kafkaData. */
  readonly name: string;
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
  readonly kafkaVersion: string;
  readonly redisVersion: string;
  readonly directories: StackDirectories;
}

declare module 'vitest' {
  interface ProvidedContext {
    stack: ProvidedStack;
  }
}

/**
 * One real Kafka and Redis for the whole run. Never the user's own servers: tests kill brokers.
 * Should this process die, the watchdog ends and removes them.
 */
export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startStack({
    name: `test-${process.pid}`,
    kind: 'java',
    kafkaProperties: QUICK_BROKER,
    forPid: process.pid,
    progress: (line) => process.stderr.write(`sealstream: ${line}\n`),
  });
  const { name, kafkaBrokers, redisUrl, ...rest } = stack;
  const { kafkaVersion, redisVersion, directories } = rest;
  const versions = { kafkaVersion, redisVersion };
  project.provide('stack', { name, kafkaBrokers, redisUrl, ...versions, directories });
  return () => stack.stop({ purge: true });
}
