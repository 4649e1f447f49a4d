import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENING = '0A';
/** 127.0.0.1 and ::1 as the kernel writes them: words of four bytes, each the last byte first. */
const LOOPBACKS = [
  '0100007F',
  '0000000000000000FFFF00000100007F',
  '00000000000000000000000001000000',
];

/** A TCP socket that a process has open. */
export interface ProcessSocket {
  readonly pid: number;
  readonly localPort: number;
  /** 0 of one that listens. */
  readonly remotePort: number;
  readonly isListening: boolean;
  /** The other end is on this machine; true of one that listens. */
  readonly isLocal: boolean;
}

/** Whether the sockets of a process can be seen here: only Linux shows them so. */
export const seesSockets = process.platform === 'linux';

/**
 * All TCP sockets of processes, as the kernel lists them: none can be forgotten by who lists them.
 * Throws where a process is gone or may not be looked into. Source: proc(5), /proc/net/tcp.
 */
export function socketsOf(pids: readonly number[]): ProcessSocket[] {
  return pids.flatMap((pid) => {
    const own = inodesOf(pid);
    const tables = ['tcp', 'tcp6'].map((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8'));
    return tables.flatMap((table) => parsed(table, pid, own));
  });
}

function parsed(table: string, pid: number, own: ReadonlySet<string>): ProcessSocket[] {
  const [, ...lines] = table.trim().split('\n');
  return lines.flatMap((line) => {
    const cells = line.trim().split(/\s+/);
    const [, local = '', remote = '', state = ''] = cells;
    if (!own.has(cells[9] ?? '')) return [];
    const [address = '', port = ''] = remote.split(':');
    const isListening = state === LISTENING;
    return [
      {
        pid,
        localPort: Number.parseInt(local.split(':')[1] ?? '', 16),
        remotePort: Number.parseInt(port, 16),
        isListening,
        isLocal: isListening || LOOPBACKS.includes(address),
      },
    ];
  });
}

/** Inodes of a process's sockets. */
function inodesOf(pid: number): Set<string> {
  const found = readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
    try {
      const inode = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1];
      return inode === undefined ? [] : [inode];
    } catch (error) {
      // Closed between the two looks.
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
      throw error;
    }
  });
  return new Set(found);
}
