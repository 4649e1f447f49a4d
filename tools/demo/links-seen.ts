import type { LinksSeen } from './checks/links.ts';
import { probePort } from './port-probe.ts';
import { socketsOf } from './process-sockets.ts';

/** Whose links are looked at. */
export interface LinksAsked {
  /** Names of processes by their ids. */
  readonly owners: ReadonlyMap<number, string>;
  readonly wanted: LinksSeen['wanted'];
  /** The authority whose certificates every port must show, as PEM. */
  readonly ca: string;
}

/** Asks the kernel where processes listen and what they are connected to, and tries each port. */
export async function linksSeen({ ca, owners, wanted }: LinksAsked): Promise<LinksSeen> {
  const sockets = socketsOf([...owners.keys()]).map((socket) => {
    return { ...socket, owner: owners.get(socket.pid) ?? 'unknown' };
  });
  const ports = sockets
    .filter(({ isListening }) => isListening)
    .map(async ({ localPort, owner }) => {
      return { owner, port: localPort, ...(await probePort(localPort, ca)) };
    });
  const connections = sockets.filter(({ isListening }) => !isListening);
  return { wanted, ports: await Promise.all(ports), connections };
}
