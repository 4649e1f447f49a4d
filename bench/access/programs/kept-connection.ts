import { connect, type Socket } from 'node:net';

/** What of an answer a load looks at. */
export interface Answer {
  readonly status: number;
  readonly isLast: boolean;
}

const HEAD_END = '\r\n\r\n';

/**
 * One kept connection that asks for the same again and again. It is no client for anything else: it takes
 * answers of a told length alone, and so takes little of the cores that it shares with what it measures.
 */
export class KeptConnection {
  readonly #socket: Socket;
  #head = '';
  #left = 0;
  #status = 0;
  #isLast = false;
  #done: ((answer: Answer) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (bytes: Buffer) => this.#take(bytes));
    socket.on('error', () => this.#end());
    socket.on('close', () => this.#end());
  }

  /** @param localAddress of loopback, where it is not to be the usual one */
  static async open(port: number, localAddress?: string): Promise<KeptConnection> {
    const from = localAddress === undefined ? {} : { localAddress };
    const socket = connect({ port, host: '127.0.0.1', ...from }).setNoDelay(true);
    const opened = Promise.withResolvers<void>();
    socket.once('connect', opened.resolve).once('error', opened.reject);
    await opened.promise;
    return new KeptConnection(socket);
  }

  /** Resolves with status 0 when the connection ended before the answer did. */
  ask(request: Buffer): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#done = resolve;
    this.#socket.write(request);
    return promise;
  }

  close(): void {
    this.#socket.destroy();
  }

  #take(bytes: Buffer): void {
    if (this.#left > 0) this.#left -= bytes.length;
    else this.#takeHead(bytes);
    if (this.#left > 0 || this.#head !== '') return;
    this.#answer({ status: this.#status, isLast: this.#isLast });
  }

  #takeHead(bytes: Buffer): void {
    // As latin1 a character is a byte, of the body too.
    this.#head += bytes.toString('latin1');
    const end = this.#head.indexOf(HEAD_END);
    if (end < 0) return;
    const head = this.#head.slice(0, end);
    const length = /\r\ncontent-length: (\d+)/i.exec(head)?.[1];
    if (length === undefined) throw new Error(`an answer of no told length: ${head}`);
    this.#status = Number(head.slice('HTTP/1.1 '.length, 'HTTP/1.1 200'.length));
    this.#isLast = /\r\nconnection: close/i.test(head);
    this.#left = Number(length) - (this.#head.length - end - HEAD_END.length);
    this.#head = '';
  }

  #end(): void {
    this.#answer({ status: 0, isLast: true });
  }

  #answer(answer: Answer): void {
    const done = this.#done;
    this.#done = undefined;
    done?.(answer);
  }
}
