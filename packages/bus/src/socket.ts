import net from 'node:net';
import tls from 'node:tls';
import type { ISocketFactoryArgs } from 'kafkajs';

const KEEP_ALIVE_DELAY_MS = 60_000;
/** Read with one system call. */
const READ_BYTES = 256 * 1024;

/**
 * Connects to a broker. Without TLS all that comes is read into one buffer of the socket's own, and
 * `data` is told a view of it that stands until its listeners return; so reading makes no garbage.
 */
export function connectSocket({ host, port, ssl, onConnect }: ISocketFactoryArgs): net.Socket {
  if (ssl) {
    const named = net.isIP(host) === 0 ? { servername: host } : {};
    const secure = tls.connect({ host, port, ...named, ...ssl }, onConnect);
    return secure.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
  }
  const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
  const callback = (sizeBytes: number): boolean => {
    socket.emit('data', buffer.subarray(0, sizeBytes));
    return true;
  };
  const socket = net.connect({ host, port, onread: { buffer, callback } }, onConnect);
  return socket.setKeepAlive(true, KEEP_ALIVE_DELAY_MS);
}
