import { setImmediate as turn } from 'node:timers/promises';
import { countedAllocations } from './counting.ts';
import type { Allocations } from './fault-client.ts';

/** A request as kafkajs's connections send it, as far as they look at it. */
interface Request {
  readonly request: {
    readonly apiKey: number;
    readonly apiVersion: number;
    readonly apiName: string;
    readonly encode: () => Promise<{ buf: Buffer; buffer: Buffer }>;
  };
  readonly response: object;
}

/** kafkajs's connection, with what stands around it put in by hand. */
interface Connection {
  connectionStatus: string;
  socket: object;
  readonly requestQueue: { fulfillRequest(answer: { payload: Buffer }): void };
  connect(): Promise<unknown>;
  disconnect(): Promise<unknown>;
  processData(bytes: Buffer): void;
  send(request: Request): Promise<unknown>;
}

const silent = () => undefined;
const logger = { namespace: () => ({ debug: silent, info: silent, warn: silent, error: silent }) };

/** A connection, of the kafkajs that `load` finds, to nowhere: its sockets connect and do nothing. */
function newConnection(load: NodeJS.Require): Connection {
  const Connection = load('kafkajs/src/network/connection') as new (o: object) => Connection;
  const socketFactory = ({ onConnect }: { onConnect: () => void }) => {
    setImmediate(onConnect);
    return { on: silent, end: silent, unref: silent, destroy: silent };
  };
  const times = { requestTimeout: 1000, connectionTimeout: 1000, enforceRequestTimeout: false };
  return new Connection({ host: 'nowhere', port: 1, logger, socketFactory, ...times });
}

/**
 * The answers that a connection finds in what its sockets bring, one after the other. The bytes of
 * each come piece by piece in one buffer of the socket's.
 */
export async function answersInPieces(
  load: NodeJS.Require,
  sockets: readonly Buffer[],
  pieceBytes: number,
): Promise<readonly Buffer[]> {
  const connection = newConnection(load);
  const answers: Buffer[] = [];
  connection.requestQueue.fulfillRequest = ({ payload }) => answers.push(payload);
  for (const bytes of sockets) {
    await connection.connect();
    const piece = Buffer.alloc(pieceBytes);
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      const sizeBytes = bytes.copy(piece, 0, at);
      connection.processData(piece.subarray(0, sizeBytes));
    }
    await connection.disconnect();
  }
  return answers;
}

/** Buffers that are made while a connection sends a request that ends with this batch. */
export async function sendingAllocations(
  load: NodeJS.Require,
  request: Request,
  batch: Buffer,
): Promise<Allocations> {
  const connection = newConnection(load);
  const written: Buffer[] = [];
  const write = (bytes: Buffer) => written.push(bytes);
  connection.socket = { write, cork: silent, uncork: silent };
  connection.connectionStatus = 'connected';
  const made = await countedAllocations(async () => {
    // No answer comes, so this never resolves.
    void connection.send(request);
    await turn();
  });
  const frame = Buffer.concat(written);
  const isWhole = frame.length > batch.length && frame.readInt32BE(0) === frame.length - 4;
  if (!isWhole || !frame.subarray(-batch.length).equals(batch))
    throw new Error('the frame is not whole');
  return made;
}

/** The first line of what an error says, for a caller in another process. */
export function refusal(error: unknown): { readonly refused: string } {
  return { refused: String(error).split('\n')[0] };
}
