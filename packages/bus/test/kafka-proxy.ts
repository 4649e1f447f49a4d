import { setTimeout as sleep } from 'node:timers/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Requests of Kafka's protocol by their key: those inside a transaction, which tests go through. */
export const API = {
  produce: 0,
  fetch: 1,
  offsetFetch: 9,
  joinGroup: 11,
  heartbeat: 12,
  syncGroup: 14,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;
export const FIND_COORDINATOR = 10;
export const JOIN_GROUP = 11;

/** A larger frame is not kept. */
const KEPT_BYTES = 4096;
const LENGTH_BYTES = 4;

/** A request that went through, and what became of it. */
export interface Exchange {
  /** The client.id that the request names. */
  readonly client: string;
  readonly apiKey: number;
  /** The whole frame; empty when it is larger than 4 KiB. */
  readonly request: Buffer;
  readonly askedAtMs: number;
  /** The whole frame; null until the broker answered, and for good when it is larger than 4 KiB. */
  answer: Buffer | null;
  answeredAtMs: number;
}

/** Which requests a fault is for. */
interface Fault {
  readonly apiKey: number;
  readonly client: string | null;
  times: number;
}

/** A request that is on its way and kept from the broker. */
export interface HeldRequest {
  readonly came: Promise<void>;
  release(): void;
}

/** What happens to the answer of one request. */
interface Fate {
  readonly exchange: Exchange;
  readonly isDropped: boolean;
  readonly delayMs: number;
}

/**
 * Stands between clients and one broker, looks at the frames and counts them. When told to, it loses
 * answers after the broker has carried the request out and cuts the connection, holds them back, or
 * answers a request itself, which the broker then never sees.
 */
export class KafkaProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #fetching = new Set<Socket>();
  readonly #clients = new Map<Socket, string>();
  readonly #drops: Fault[] = [];
  readonly #losses: Fault[] = [];
  readonly #holds: (Fault & { came: () => void; released: Promise<void> })[] = [];
  readonly #delays: (Fault & { readonly delayMs: number })[] = [];
  #exchanges: Exchange[] = [];
  #own: { readonly apiKey: number; readonly answer: Buffer } | null = null;
  #target = 0;
  dropped = 0;
  /** Requests that it answered itself. */
  answered = 0;
  /** Connections that clients have made so far. */
  joined = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#join(client));
  }

  static async listen(port: number): Promise<KafkaProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    const address = server.address();
    return new KafkaProxy(server, typeof address === 'object' && address ? address.port : port);
  }

  forwardTo(port: number): void {
    this.#target = port;
  }

  /** Loses the answers to the next requests of that kind, by one client or by any. */
  dropNextAnswer(apiKey: number, client: string | null = null, times = 1): void {
    this.#drops.push({ apiKey, client, times });
  }

  /** Cuts the connection when the next request of that kind comes, before the broker has it. */
  loseNextRequest(apiKey: number, client: string): void {
    this.#losses.push({ apiKey, client, times: 1 });
  }

  /** Keeps the next request of that kind from the broker until it is released. */
  holdNextRequest(apiKey: number, client: string): HeldRequest {
    const [came, released] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    this.#holds.push({ apiKey, client, times: 1, came: came.resolve, released: released.promise });
    return { came: came.promise, release: released.resolve };
  }

  /** Holds back the answers to the next requests of that kind. */
  delayNextAnswer(apiKey: number, client: string, delayMs: number, times = 1): void {
    this.#delays.push({ apiKey, client, times, delayMs });
  }

  /** What one client asked of one kind since the last `forget`, in order. */
  exchanges(client: string, apiKey: number): Exchange[] {
    return this.#exchanges.filter((one) => one.client === client && one.apiKey === apiKey);
  }

  forget(): void {
    this.#exchanges = [];
  }

  /** Connections of one client that are open now; those that asked nothing yet are not counted. */
  connectionsOf(client: string): number {
    return [...this.#clients.values()].filter((name) => name === client).length;
  }

  /** Answers the next request of that kind itself; `answer` is what follows the correlation id. */
  answerNext(apiKey: number, answer: Buffer): void {
    this.#own = { apiKey, answer };
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Cuts every connection over which no fetch has gone. */
  cutAllButFetches(): void {
    for (const socket of this.#sockets) if (!this.#fetching.has(socket)) socket.destroy();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    this.joined += 1;
    const broker = connect(this.#target, '127.0.0.1');
    const fates = new Map<number, Fate>();
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        this.#clients.delete(socket);
        client.destroy();
        broker.destroy();
      });
    }
    client.on(
      'data',
      frames((frame) => {
        if (this.#own?.apiKey === frame.readInt16BE(4)) {
          client.write(answerTo(frame, this.#own.answer));
          this.#own = null;
          this.answered += 1;
          return;
        }
        const fate = this.#fateOf(frame);
        fates.set(frame.readInt32BE(8), fate);
        this.#clients.set(client, fate.exchange.client);
        if (fate.exchange.apiKey === API.fetch) this.#fetching.add(client).add(broker);
        void this.#ask(client, broker, frame, fate.exchange);
      }),
    );
    broker.on(
      'data',
      frames((frame) => {
        const correlation = frame.readInt32BE(LENGTH_BYTES);
        const fate = fates.get(correlation);
        fates.delete(correlation);
        void this.#answer(client, frame, fate);
      }),
    );
  }

  #fateOf(frame: Buffer): Fate {
    const apiKey = frame.readInt16BE(LENGTH_BYTES);
    const client = frame.toString('utf8', 14, 14 + Math.max(0, frame.readInt16BE(12)));
    const request = kept(frame) ?? Buffer.alloc(0);
    const askedAtMs = performance.now();
    const exchange: Exchange = {
      client,
      apiKey,
      request,
      askedAtMs,
      answer: null,
      answeredAtMs: 0,
    };
    this.#exchanges.push(exchange);
    const isDropped = claimed(this.#drops, exchange) !== undefined;
    return { exchange, isDropped, delayMs: claimed(this.#delays, exchange)?.delayMs ?? 0 };
  }

  async #ask(client: Socket, broker: Socket, frame: Buffer, exchange: Exchange): Promise<void> {
    if (claimed(this.#losses, exchange) !== undefined) {
      client.destroy();
      return;
    }
    const hold = claimed(this.#holds, exchange);
    if (hold !== undefined) {
      hold.came();
      await hold.released;
    }
    broker.write(frame);
  }

  async #answer(client: Socket, frame: Buffer, fate: Fate | undefined): Promise<void> {
    if (fate !== undefined) {
      fate.exchange.answeredAtMs = performance.now();
      fate.exchange.answer = kept(frame);
      if (fate.delayMs > 0) await sleep(fate.delayMs);
    }
    if (fate?.isDropped !== true) {
      client.write(frame);
      return;
    }
    this.dropped += 1;
    client.destroy();
  }
}

/** A copy, since a view would keep all that came with it. */
function kept(frame: Buffer): Buffer | null {
  return frame.length > KEPT_BYTES ? null : Buffer.from(frame);
}

/** Takes one use of the first fault that is for this request. */
function claimed<F extends Fault>(faults: F[], { client, apiKey }: Exchange): F | undefined {
  const fault = faults.find(
    (one) => one.apiKey === apiKey && (one.client === null || one.client === client),
  );
  if (fault === undefined) return undefined;
  fault.times -= 1;
  if (fault.times <= 0) faults.splice(faults.indexOf(fault), 1);
  return fault;
}

function answerTo(request: Buffer, answer: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt32BE(4 + answer.length, 0);
  request.copy(head, 4, 8, 12);
  return Buffer.concat([head, answer]);
}

/** Calls back for each whole frame: an int32 length and that many bytes. */
function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let waiting: Buffer[] = [];
  let sizeBytes = 0;
  // Nothing is put together before the frame is whole, however many pieces it comes in.
  let wanted = LENGTH_BYTES;
  return (chunk) => {
    waiting.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes < wanted) return;
    let bytes = Buffer.concat(waiting);
    for (;;) {
      wanted = LENGTH_BYTES;
      if (bytes.length < wanted) break;
      wanted += bytes.readInt32BE(0);
      if (bytes.length < wanted) break;
      onFrame(bytes.subarray(0, wanted));
      bytes = bytes.subarray(wanted);
    }
    waiting = bytes.length === 0 ? [] : [bytes];
    sizeBytes = bytes.length;
  };
}
