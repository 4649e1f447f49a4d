import { connect, createServer, type Server, type Socket } from 'node:net';
import { type AnswerLoss, requestHead } from './answer-loss.ts';

const LENGTH_BYTES = 4;

/** Calls back for each whole frame: an int32 length and that many bytes. */
export function frames(onFrame: (frame: Buffer) => void): (chunk: Buffer) => void {
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
      wanted = LENGTH_BYTES + bytes.readInt32BE(0);
      if (bytes.length < wanted) break;
      onFrame(bytes.subarray(0, wanted));
      bytes = bytes.subarray(wanted);
    }
    waiting = bytes.length === 0 ? [] : [bytes];
    sizeBytes = bytes.length;
  };
}

/**
 * Stands between clients and one broker and looks at the frames, which toxiproxy cannot.
 *
 * Promises: every frame passes unchanged and in order, but for answers that a loss claims. Such an
 * answer is thrown away after the broker has done what was asked, and its connection is cut.
 */
export class FrameProxy {
  readonly port: number;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #losses: ReadonlySet<AnswerLoss>;
  #target = 0;

  private constructor(server: Server, losses: ReadonlySet<AnswerLoss>) {
    const address = server.address();
    this.port = address !== null && typeof address === 'object' ? address.port : 0;
    this.#server = server;
    this.#losses = losses;
    server.on('connection', (client) => this.#join(client));
  }

  /** @param losses what is to be lost at any time; several proxies may share them */
  static async listen(losses: ReadonlySet<AnswerLoss>): Promise<FrameProxy> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return new FrameProxy(server, losses);
  }

  /** Where connections made from now on lead; a port of 127.0.0.1. */
  forwardTo(port: number): void {
    this.#target = port;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket): void {
    const broker = connect(this.#target, '127.0.0.1');
    const claimed = new Map<number, AnswerLoss>();
    const cut = () => {
      for (const loss of claimed.values()) loss.missed();
      claimed.clear();
      client.destroy();
      broker.destroy();
    };
    for (const socket of [client, broker]) {
      this.#sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        this.#sockets.delete(socket);
        cut();
      });
    }
    const onRequest = (frame: Buffer) => {
      const head = requestHead(frame);
      for (const loss of this.#losses) {
        if (!loss.claims(head)) continue;
        claimed.set(head.correlationId, loss);
        break;
      }
      broker.write(frame);
    };
    const onAnswer = (frame: Buffer) => {
      const correlationId = frame.readInt32BE(LENGTH_BYTES);
      const loss = claimed.get(correlationId);
      if (loss === undefined) {
        client.write(frame);
        return;
      }
      claimed.delete(correlationId);
      loss.dropped();
      cut();
    };
    client.on('data', frames(onRequest));
    // Nothing is taken from the client before there is somebody to pass it on to.
    client.pause();
    broker.once('connect', () => client.resume());
    broker.on('data', frames(onAnswer));
  }
}
