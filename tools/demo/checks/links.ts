import type { PortAnswers } from '../port-probe.ts';
import type { Verdict } from './check.ts';

/** A port that a process listens on, and how it answered. */
export interface PortFinding extends PortAnswers {
  /** The server or service that listens. */
  readonly owner: string;
  readonly port: number;
}

/** One end of a connection. */
export interface ConnectionFinding {
  readonly owner: string;
  readonly localPort: number;
  readonly remotePort: number;
  /** The other end is on this machine. */
  readonly isLocal: boolean;
}

/** What was seen of every link. */
export interface LinksSeen {
  /** Where something must listen. */
  readonly wanted: readonly Pick<PortFinding, 'owner' | 'port'>[];
  readonly ports: readonly PortFinding[];
  readonly connections: readonly ConnectionFinding[];
}

/** The verdict, with how much it stands on. */
export interface LinksVerdict extends Verdict {
  readonly ports: number;
  readonly connections: number;
}

/**
 * Every port speaks TLS and nothing else, and every connection has one end at such a port. What is wanted and
 * does not listen, a process without a connection, or nothing seen at all is a fault: nothing was shown then.
 */
export function checkLinks({ wanted, ports, connections }: LinksSeen): LinksVerdict {
  const isTls = ({ tls, plain }: PortFinding) => tls && plain.length === 0;
  const secure = new Set(ports.filter(isTls).map(({ port }) => port));
  const faults = [
    ...wanted
      .filter(({ port }) => !ports.some((each) => each.port === port))
      .map(({ owner, port }) => `${owner} does not listen on ${port}`),
    ...ports
      .filter((each) => !isTls(each))
      .map(({ owner, plain, port }) => {
        const answer = plain.length === 0 ? 'not over TLS' : `${plain.join()} in plaintext`;
        return `${owner} answers on ${port} ${answer}`;
      }),
    ...connections
      .filter(({ isLocal, localPort, remotePort }) => {
        return !secure.has(localPort) && !(isLocal && secure.has(remotePort));
      })
      .map(({ owner, remotePort }) => `${owner} has a connection to port ${remotePort}`),
    ...[...new Set(wanted.map(({ owner }) => owner))]
      .filter((name) => !connections.some(({ owner }) => owner === name))
      .map((name) => `${name} has no connection`),
    ...(wanted.length === 0 ? ['no port was looked at'] : []),
  ];
  const [first] = faults;
  const seen =
    first === undefined
      ? `${ports.length} ports answer TLS alone, ${connections.length} connections end there`
      : `${faults.length} faults`;
  return {
    ok: first === undefined,
    expected: 'every port answers TLS alone, and every connection ends at such a port',
    seen,
    first,
    ports: ports.length,
    connections: connections.length,
  };
}
