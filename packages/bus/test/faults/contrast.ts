import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { stockKafkajs } from '../../../../tools/stock-kafkajs.ts';
import type { FaultClient } from './fault-client.ts';
import { type RemoteClient, startClient } from './remote.ts';

export type Side = 'stock' | 'bus';

const running = new Map<Side, Promise<RemoteClient>>();

afterAll(async () => {
  await Promise.all([...running.values()].map(async (client) => (await client).stop()));
  running.clear();
});

/** Starts one of the two clients as a process that the caller ends. */
export async function startClientOf(side: Side): Promise<RemoteClient> {
  const program = (name: string) => join(import.meta.dirname, name);
  if (side === 'bus') return startClient(program('bus-worker.ts'), [], {});
  const folder = await stockKafkajs((line) => process.stderr.write(`sealstream: ${line}\n`));
  const env = { KAFKAJS_NO_PARTITIONER_WARNING: '1' };
  return startClient(program('stock-kafkajs-worker.ts'), [folder], env);
}

/** One of the two clients as a process of its own, which lives as long as the file of tests. */
export function clientOf(side: Side): Promise<FaultClient> {
  const known = running.get(side) ?? startClientOf(side);
  running.set(side, known);
  return known;
}

/** One fault: the same scenario for both clients, and what comes of it. */
export interface Fault<Outcome> {
  scenario(client: FaultClient, side: Side): Promise<Outcome>;
  /** What stock kafkajs does, as the end of a sentence that begins with its name. */
  readonly stock: string;
  /** Fails when stock kafkajs does not have the fault: then the scenario shows nothing. */
  shows(outcome: Outcome): void;
  /** What the bus does, as the end of a sentence that begins with its name. */
  readonly bus: string;
  /** Fails when the bus has the fault. */
  holds(outcome: Outcome): void;
}

/**
 * Two tests of one fault: that stock kafkajs has it, and that the bus does not. The first is what
 * keeps the second from passing for another reason.
 */
export function contrast<Outcome>(fault: Fault<Outcome>): void {
  test(`stock kafkajs ${fault.stock}`, async () => {
    fault.shows(await fault.scenario(await clientOf('stock'), 'stock'));
  });
  test(`the bus ${fault.bus}`, async () => {
    const outcome = await fault.scenario(await clientOf('bus'), 'bus');
    fault.holds(outcome);
    // What is right is never what the fault looks like.
    expect(() => fault.shows(outcome)).toThrow();
  });
}
