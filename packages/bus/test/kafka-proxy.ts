import { connect, createServer, type Server, type Socket } from 'node:net';

/** Requests of Kafka's protocol by their key, as far as the tests name them. */
export const API = {
  produce: 0,
  fetch: 1,
  offsetFetch: 9,
  initProducerId: 22,
  addPartitionsToTxn: 24,
  addOffsetsToTxn: 25,
  endTxn: 26,
  txnOffsetCommit: 28,
} as const;

/**
 * Stands between clients and one broker and looks at the frames. When told to, it swallows the
 * answer to one request of a kind, after the broker has carried it out, and cuts the connection.
 */
export class KafkaProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #fetching = new Set<Socket>();
  #target = 0;
  #dropKey: number | null = null;
  dropped = 0;
  /** Connections that clients have made so far. */
  joined = 0;

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.port = port;
    server.on('connection', (client) => this.#join(client));
  }

  static async listen(port: number): Promise<KafkaProxy> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
    const address = server.address();
    return new KafkaProxy(server, typeof address === 'object' && address ? address.port : port);
  }

  forwardTo(port: number): void {
    this.#target = port;
  }

  /** Loses the answer to the next request of that kind. */
  dropNextAnswer(apiKey: number): void {
    this.#dropKey = apiKey;
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
    const marked = new Set<number>();
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        client.destroy();
        broker.destroy();
      });
    }
    client.on(
      'data',
      frames((frame) => {
        if (frame.readInt16BE(4) === this.#dropKey) {
          this.#dropKey = null;
          marked.add(frame.readInt32BE(8));
        }
        if (frame.readInt16BE(4) === API.fetch) this.#fetching.add(client).add(broker);
        broker.write(frame);
      }),
    );
    broker.on(
      'data',
      frames((frame) => {
        if (!marked.has(frame.readInt32BE(4))) {
          client.write(frame);
          return;
        }
        this.dropped += 1;
        client.destroy();
        broker.destroy();
      }),
    );
  }
}

/** Calls back for each whole frame: an int32 length and that many bytes. */
function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
  let waiting = Buffer.alloc(0);
  return (chunk) => {
    waiting = Buffer.concat([waiting, chunk]);
    while (waiting.length >= 4 && waiting.length >= 4 + waiting.readInt32BE(0)) {
      const end = 4 + waiting.readInt32BE(0);
      onFrame(Buffer.from(waiting.subarray(0, end)));
      waiting = waiting.subarray(end);
    }
  };
}
