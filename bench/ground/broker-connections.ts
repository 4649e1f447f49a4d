import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const ESTABLISHED = '01';

/**
 * Established TCP connections of a process of ours to a port of 127.0.0.1, as the kernel counts them
 * (proc_pid_net(5), proc_pid_fd(5)); 0 when the process is gone. Linux only.
 */
export function brokerConnections(pid: number, port: number): number {
  try {
    const own = new Set(readdirSync(`/proc/${pid}/fd`).map((fd) => targetOf(pid, fd)));
    const table = readFileSync(`/proc/${pid}/net/tcp`, 'utf8');
    return connectionsTo(table, port).filter((inode) => own.has(`socket:[${inode}]`)).length;
  } catch {
    return 0;
  }
}

/** What a descriptor stands for; '' when it was closed since it was listed. */
function targetOf(pid: number, fd: string): string {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`);
  } catch {
    return '';
  }
}

/** Inodes of the established connections to a port, from the text of /proc/net/tcp. */
export function connectionsTo(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table
    .split('\n')
    .slice(1)
    .filter((row) => row.trim() !== '')
    .map((row) => row.trim().split(/\s+/))
    .filter(([, , remote, state]) => remote.endsWith(wanted) && state === ESTABLISHED)
    .map((fields) => fields[9]);
}
