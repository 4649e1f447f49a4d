import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../stack/free-ports.ts';
import { end, type ProcessRecord, runs, startDetached } from '../stack/processes.ts';
import { tailOf } from '../stack/readiness.ts';

/**
 * What can be done to the bytes on a link. All are of the direction from the server to its client,
 * but `timeout`, which is of both.
 * Source: toxiproxy 2.5.0, README.md, "Toxics".
 */
export type Toxic =
  | { readonly type: 'latency'; readonly latency: number; readonly jitter: number }
  /** KB a second. */
  | { readonly type: 'bandwidth'; readonly rate: number }
  /** 0: until it is taken away, which ends the connections. */
  | { readonly type: 'timeout'; readonly timeout: number };

/** Names a link to put something on; toxiproxy calls it a proxy. */
export interface Link {
  readonly name: string;
  readonly listenPort: number;
  readonly serverPort: number;
}

const START_MS = 10_000;
const ANSWER_MS = 5_000;

/** A toxiproxy server of our own. */
export class Toxiproxy {
  readonly process: ProcessRecord;
  readonly #url: string;

  private constructor(process: ProcessRecord, url: string) {
    this.process = process;
    this.#url = url;
  }

  static async start(program: string, log: string, cwd: string): Promise<Toxiproxy> {
    const [port = 0] = await freePorts(1);
    const process = startDetached(program, ['-host', '127.0.0.1', '-port', String(port)], {
      cwd,
      log,
    });
    const toxiproxy = new Toxiproxy(process, `http://127.0.0.1:${port}`);
    for (const deadline = performance.now() + START_MS; ; await sleep(25)) {
      if (await toxiproxy.#answers()) return toxiproxy;
      if (performance.now() > deadline || !runs(process))
        throw new Error(`toxiproxy did not start; its log ends:\n${tailOf(log, 5)}`);
    }
  }

  async add({ name, listenPort, serverPort }: Link): Promise<void> {
    await this.#post('/proxies', {
      name,
      listen: `127.0.0.1:${listenPort}`,
      upstream: `127.0.0.1:${serverPort}`,
      enabled: true,
    });
  }

  /** Off cuts what stands and refuses what comes. */
  async turn(link: string, isOn: boolean): Promise<void> {
    await this.#post(`/proxies/${link}`, { enabled: isOn });
  }

  /** Bytes from the server meet them in this order. */
  async put(link: string, ...toxics: readonly Toxic[]): Promise<void> {
    for (const { type, ...attributes } of toxics)
      for (const stream of streamsOf(type))
        await this.#post(`/proxies/${link}/toxics`, {
          name: `${type}-${stream}`,
          type,
          stream,
          attributes,
        });
  }

  /**
   * Takes away what was put, the last one first: toxiproxy answers once all that waits in a toxic has
   * gone on through those behind it, which takes minutes where one of them lets little through.
   */
  async take(link: string, ...toxics: readonly Toxic[]): Promise<void> {
    for (const { type } of toxics.toReversed())
      for (const stream of streamsOf(type))
        await this.#ask('DELETE', `/proxies/${link}/toxics/${type}-${stream}`);
  }

  /** Every link as it was made. */
  async reset(): Promise<void> {
    await this.#post('/reset', {});
  }

  async stop(): Promise<void> {
    await end(this.process, ANSWER_MS);
  }

  #post(path: string, body: unknown): Promise<void> {
    return this.#ask('POST', path, JSON.stringify(body));
  }

  async #ask(method: string, path: string, body?: string): Promise<void> {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const request = { method, signal, ...(body === undefined ? {} : { body }) };
    const answer = await fetch(`${this.#url}${path}`, request);
    const said = await answer.text();
    if (!answer.ok)
      throw new Error(`toxiproxy: ${method} ${path}: ${answer.status} ${said.trim()}`);
  }

  async #answers(): Promise<boolean> {
    try {
      await this.#ask('GET', '/version');
      return true;
    } catch {
      return false;
    }
  }
}

function streamsOf(type: Toxic['type']): readonly string[] {
  return type === 'timeout' ? ['upstream', 'downstream'] : ['downstream'];
}
