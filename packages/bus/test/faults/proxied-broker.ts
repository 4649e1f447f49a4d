import { inject } from 'vitest';
import { freePorts } from '../../../../tools/stack/free-ports.ts';
import { QUICK_BROKER } from '../../../../tools/stack/kafka.ts';
import { openStack, startStack } from '../../../../tools/stack/stack.ts';
import { readState } from '../../../../tools/stack/state.ts';
import type { Bus } from '../../src/index.ts';
import { KafkaProxy } from '../kafka-proxy.ts';
import { connect } from '../workers.ts';

/** A broker that is reached through the proxy alone, and a bus of the test's own, through it too. */
export interface ProxiedBroker {
  readonly proxy: KafkaProxy;
  /** The proxy's address: what clients are given. */
  readonly brokers: string;
  readonly bus: Bus;
  close(): Promise<void>;
}

const portOf = (address: string) => Number(address.slice(address.lastIndexOf(':') + 1));

/** One broker serves all files of a run: its data and port stay when the proxy of a file is gone. */
export async function proxiedBroker(): Promise<ProxiedBroker> {
  const run = inject('stack').name;
  const name = `${run}-proxied`;
  const known = readState(name)?.kafkaProperties['advertised.listeners'];
  const port = known === undefined ? (await freePorts(1))[0] : portOf(known);
  const proxy = await KafkaProxy.listen(port);
  const stack =
    known === undefined
      ? await startStack({
          name,
          kind: 'java',
          // The process of the whole run, by which its stack is named.
          forPid: Number(run.slice(run.lastIndexOf('-') + 1)),
          kafkaProperties: {
            ...QUICK_BROKER,
            'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
          },
        })
      : openStack(name);
  proxy.forwardTo(portOf(stack.kafkaBrokers));
  const brokers = `127.0.0.1:${port}`;
  const bus = await connect(brokers);
  return {
    proxy,
    brokers,
    bus,
    close: async () => {
      await bus.stop();
      await proxy.close();
    },
  };
}
