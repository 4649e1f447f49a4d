import { join } from 'node:path';
import { freePorts } from '../stack/free-ports.ts';
import type { AnswerLoss } from './answer-loss.ts';
import { FrameProxy } from './frame-proxy.ts';
import { ALL_BROKERS, REDIS } from './kinds.ts';
import { Toxiproxy } from './toxiproxy.ts';

const brokerLink = (node: number) => `broker-${node}`;
const REDIS_LINK = 'redis';

/** Who shows links to servers whose ports are known only once they were started. */
interface Servers {
  /** host:port,host:port: the brokers' own listeners for clients. */
  readonly kafkaBrokers: string;
  readonly redisUrl: string;
}

export interface NetworkOptions {
  readonly brokers: number;
  readonly toxiproxyProgram: string;
  /** Folder for its log. */
  readonly logs: string;
}

/**
 * What stands between every client and the servers: for each broker a proxy that looks at frames, and
 * behind it a link of toxiproxy; for Redis a link alone. Brokers tell clients the proxies' addresses.
 */
export class Network {
  readonly toxiproxy: Toxiproxy;
  readonly losses: Set<AnswerLoss>;
  readonly #proxies: readonly FrameProxy[];
  #redisPort = 0;

  private constructor(
    toxiproxy: Toxiproxy,
    proxies: readonly FrameProxy[],
    losses: Set<AnswerLoss>,
  ) {
    this.toxiproxy = toxiproxy;
    this.#proxies = proxies;
    this.losses = losses;
  }

  /** Listens for clients of the brokers; nothing is behind it yet. */
  static async open({ brokers, toxiproxyProgram, logs }: NetworkOptions): Promise<Network> {
    const losses = new Set<AnswerLoss>();
    const log = join(logs, 'toxiproxy.log');
    const toxiproxy = await Toxiproxy.start(toxiproxyProgram, log, logs);
    const proxies = Array.from({ length: brokers }, () => FrameProxy.listen(losses));
    return new Network(toxiproxy, await Promise.all(proxies), losses);
  }

  /** Where clients find the brokers, by node. */
  get advertised(): string[] {
    return this.#proxies.map(({ port }) => `127.0.0.1:${port}`);
  }

  get redisUrl(): string {
    return `redis://127.0.0.1:${this.#redisPort}`;
  }

  /** Leads to the servers. */
  async lead({ kafkaBrokers, redisUrl }: Servers): Promise<void> {
    const servers = kafkaBrokers.split(',').map(portOf);
    const [redisPort = 0, ...ports] = await freePorts(1 + servers.length);
    for (const [index, serverPort] of servers.entries()) {
      const listenPort = ports[index];
      await this.toxiproxy.add({ name: brokerLink(index + 1), listenPort, serverPort });
      this.#proxies[index].forwardTo(listenPort);
    }
    const serverPort = portOf(redisUrl);
    await this.toxiproxy.add({ name: REDIS_LINK, listenPort: redisPort, serverPort });
    this.#redisPort = redisPort;
  }

  /** The links that a fault's target means: `redis`, `broker 2`, `all brokers`. */
  linksOf(target: string): string[] {
    if (target === REDIS) return [REDIS_LINK];
    const all = this.#proxies.map((_, index) => brokerLink(index + 1));
    return target === ALL_BROKERS ? all : all.filter((link) => link === target.replace(' ', '-'));
  }

  /** Every link as it was made, and no answer is lost any more. */
  async heal(): Promise<void> {
    for (const loss of this.losses) loss.end();
    this.losses.clear();
    await this.toxiproxy.reset();
  }

  async close(): Promise<void> {
    await Promise.all(this.#proxies.map((proxy) => proxy.close()));
    await this.toxiproxy.stop();
  }
}

function portOf(address: string): number {
  return Number(address.slice(address.lastIndexOf(':') + 1));
}
